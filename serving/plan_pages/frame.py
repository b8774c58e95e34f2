"""One frame for the pages of a plan's folder: the service's own look, and diagrams that open without a network."""

import json
import re
import shutil
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from city.clock import clock_text
from optimization.signals.explaining import Delay
from serving.pages.layout import PRODUCT, STYLE, Markup, html

PLOTLY: Final = "plotly.min.js"
DRAW: Final = files("serving.plan_pages").joinpath("draw.js").read_text(encoding="utf-8")
OWN_STYLE: Final = files("serving.plan_pages").joinpath("plan.css").read_text(encoding="utf-8")


def put_plotly(folder: Path) -> None:
    """Beside the pages, once per folder: they load nothing from elsewhere."""
    with as_file(files("plotly").joinpath("package_data", PLOTLY)) as source:
        shutil.copyfile(source, folder / PLOTLY)


def page(title: str, lead: str, parts: Iterable[str], figures: Sequence[dict[str, Any]] = (), *, back: str = "") -> str:
    """`figures` are drawn into the places that `figure(k)` leaves, in order."""
    nav = f'<nav><a href="{escape(back)}">All junctions</a></nav>' if back else ""
    # "</" would end the script element.
    drawn = json.dumps(figures, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("</", "<\\/")
    scripts = (
        f'<script src="{PLOTLY}"></script><script type="application/json" id="figures">{drawn}</script>'
        f"<script>{DRAW}</script>"
        if figures
        else ""
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {PRODUCT}</title>
<link rel="icon" href="data:,">
<style>{STYLE}{OWN_STYLE}</style>
</head>
<body><main>
<header><h1>{escape(title)}</h1><p>{escape(lead)}</p>{nav}</header>
{"".join(parts)}
</main>{scripts}</body></html>
"""


def answers(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table that becomes a list of cards where the screen is narrow."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{escape(heading)}"><span>{html(cell)}</span></td>'
            for heading, cell in zip(headings, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return Markup(
        f'<div class="scroll"><table class="answers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def figure(position: int, label: str) -> Markup:
    return Markup(f'<div class="figure" id="figure-{position}" role="img" aria-label="{escape(label)}"></div>')


def legend(entries: Iterable[tuple[str, str]]) -> Markup:
    shown = "".join(f'<span><i style="background:{colour}"></i>{escape(word)}</span>' for word, colour in entries)
    return Markup(f'<p class="legend">{shown}</p>')


def file_name(kind: str, name: str, position: int) -> str:
    """Of an id, whatever characters it has."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "", name)
    return f"{kind}-{plain}.html" if plain == name else f"{kind}-{plain}-{position}.html"


def delay_text(delay: Delay | None) -> Markup:
    """The expected delay with its level of service; below, from little to much traffic."""
    if delay is None:
        return Markup("-")
    low, expected, high = delay.levels
    levels = low if low == high else f"{low} to {high}"
    between = f"{delay.low_s:.0f} to {delay.high_s:.0f} s, {levels}"
    return Markup(f'{delay.expected_s:.0f} s <b>{expected}</b><br><span class="soft">{between}</span>')


def hours_text(runs_s: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{clock_text(start)}-{'24:00' if end == 86_400 else clock_text(end)}" for start, end in runs_s)
