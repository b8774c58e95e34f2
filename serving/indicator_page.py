"""Writes docs/indicators.md from the catalogue: `python -m serving.indicator_page`; `--check` says if it is current."""

import sys
from collections.abc import Iterator
from pathlib import Path

from serving.indicator_catalogue import DEFINITIONS
from serving.indicator_definitions import Definition

PAGE = Path(__file__).parents[1] / "docs" / "indicators.md"
HEAD = """# Indicators

What each figure means. This page is made from the catalogue (`python -m serving.indicator_page`), which is also what
`city indicators catalogue` and `GET /v1/indicators/catalogue` tell.

- `city indicators show --period week` computes those over time, per district and for the whole city;
  `city indicators export --out indicators.xlsx` writes them for other tools (CSV, XLSX, Parquet), one row per value.
- `GET /v1/indicators` tells those of now, `GET /v1/indicators/series` those over time.
- Days are those of the city's clock, weeks begin on Monday. `--at` computes a figure as it could be known then.
- What cannot be computed says why in place of a number. Counts of complaints from 1 to 4 are withheld, and so many
  others that no total gives them away.
"""


def page(definitions: tuple[Definition, ...] = DEFINITIONS) -> str:
    over_time = [one for one in definitions if one.periods]
    of_now = [one for one in definitions if not one.periods]
    parts = [HEAD, "## Over days, weeks and months\n", *_sections(over_time), "## Of now\n", *_sections(of_now)]
    return "\n".join(parts).rstrip() + "\n"


def _sections(definitions: list[Definition]) -> Iterator[str]:
    for one in definitions:
        yield f"### `{one.indicator_id}`: {one.name}\n"
        yield f"{one.definition[0].upper()}{one.definition[1:]}.\n"
        yield f"- formula: `{one.formula}`"
        yield f"- unit: {one.unit or 'plain number'}; better: {one.better}"
        if one.part:
            yield f"- told apart by: {one.part}"
        yield f"- source: {one.source}"
        yield f"- owner: {one.owner}; since version {one.since}\n"


def main(words: list[str]) -> int:
    wanted = page()
    if "--check" not in words:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write("docs/indicators.md is not current. Write it anew: python -m serving.indicator_page\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
