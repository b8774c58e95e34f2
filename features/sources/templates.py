"""`city template`: files for what a department has never handed over, to be filled in and imported.

Each comes with a mapping that reads it back. Rows marked `example` are passed over on import.
"""

from pathlib import Path
from typing import Literal

import xlsxwriter

from city.errors import InvalidValueError, UnreadableInputError
from city.places import CityInfo
from city.store import History
from features.sources.junction_template import junction_files
from features.sources.template_sheets import DEPOTS, FLEET_NOTES, POINTS, SITE_NOTES, SITES, TRUCKS, Sheet

TemplateKind = Literal["junctions", "fleet", "sites"]
KINDS: tuple[TemplateKind, ...] = ("junctions", "fleet", "sites")
_UNNAMED_ZONE = "Asia/Shanghai"
_LEAVE_OUT = """[[feed.leave_out]]
column = "use"
equals = ["example"]
reason = "an example row of the template"
"""


def write_template(kind: TemplateKind, path: Path, history: History | None = None) -> tuple[Path, Path]:
    """Write the file to fill in and, beside it, the mapping that imports it; both paths.

    With a history, its time zone and districts go into the mapping, and its detectors into the junctions.
    """
    if kind not in KINDS:
        raise InvalidValueError(subject="Template", field="kind", found=kind, expected=f"one of {', '.join(KINDS)}")
    wanted = ".json" if kind == "junctions" else ".xlsx"
    if path.suffix != wanted:
        raise InvalidValueError(
            subject="Template", field="path", found=path.name, expected=f"a name ending in {wanted}"
        )
    mapping = path.with_suffix(".toml")
    for file in (path, mapping):
        if file.exists():
            raise UnreadableInputError(
                source=file.name,
                problem="it is there already, perhaps filled in",
                todo="Name another file, or move it.",
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    known = history.entities(CityInfo) if history is not None else ()
    head = _head(known[0].time_zone if known else None)
    if kind == "junctions":
        document, feeds = junction_files(path.name, history, known[0] if known else None)
        path.write_text(document, encoding="utf-8")
    else:
        sheets = (TRUCKS, DEPOTS) if kind == "fleet" else (SITES, POINTS)
        _workbook(path, sheets, FLEET_NOTES if kind == "fleet" else SITE_NOTES)
        feeds = "".join(_feed(path.name, sheet) for sheet in sheets)
    mapping.write_text(head + feeds, encoding="utf-8")
    return path, mapping


def _head(time_zone: str | None) -> str:
    hint = "" if time_zone else "  # the zone of your city"
    return (
        "# Reads the filled file of the same name; docs/mapping.md explains every key.\n"
        f'[city]\ntime_zone = "{time_zone or _UNNAMED_ZONE}"{hint}\n'
    )


def _feed(file: str, sheet: Sheet) -> str:
    lines = [
        "",
        "[[feed]]",
        f'name = "{sheet.name}"',
        f'entity = "{sheet.entity}"',
        f'path = "{file}"',
        f'sheet = "{sheet.name}"',
    ]
    if sheet.has_place:
        lines.append('crs = "WGS84"  # GCJ-02 or BD-09, if the coordinates come from such a map')
    lines.append("[feed.columns]")
    for field in sheet.fields:
        source = f'{{ column = "{field.header}", unit = "{field.unit}" }}' if field.unit else f'"{field.header}"'
        lines.append(f'"{field.path}" = {source}')
    return "\n".join(lines) + "\n" + _LEAVE_OUT


def _workbook(path: Path, sheets: tuple[Sheet, ...], notes: tuple[str, ...]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        grey = book.add_format({"italic": True, "font_color": "#808080"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            headers = ["use", *(field.header for field in sheet.fields)]
            page.write_row(0, 0, headers, bold)
            page.write_row(1, 0, ["example", *(field.example for field in sheet.fields)], grey)
            page.freeze_panes(1, 2)
            page.set_column(0, len(headers) - 1, 16)
        page = book.add_worksheet("notes")
        page.set_column(0, 0, 120)
        lines = [*notes, *(f"{s.name} / {f.header}: {f.meaning}" for s in sheets for f in s.fields)]
        for row, line in enumerate(lines):
            page.write_string(row, 0, line)
