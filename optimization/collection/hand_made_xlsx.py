"""A plan changed by hand in the workbook that the product wrote: a sheet per truck, rows in the order of driving.

Rows count as they stand, whatever "No." says; clocks, loads and breaks are not read, they follow from the order. A
sheet whose name is a truck's is that truck's; the summary says it of sheets whose names Excel made shorter.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import fastexcel

from city.collection_problem import CollectionProblem, PointKey
from city.errors import UnreadableInputError, raise_all
from city.ids import PlanId, TruckId
from optimization.collection.hand_made import PlanByHand, RouteByHand, TripByHand
from optimization.collection.hand_made_names import Names

SUMMARY, UNSERVED, INDICATORS = "Summary", "Unserved", "Indicators"
OTHER_SHEETS: Final = (SUMMARY, UNSERVED, INDICATORS)
MOST_BYTES: Final = 50_000_000
MOST_ROWS: Final = 20_000
_PLAN: Final = re.compile(r"Plan ([A-Za-z0-9][A-Za-z0-9._-]*)")
Cells = list[tuple[str | None, ...]]


@dataclass(slots=True, kw_only=True)
class _Rows:
    """The rows of one sheet on the way to trips."""

    where: str
    names: Names
    trips: list[TripByHand] = field(default_factory=list)
    stops: list[PointKey] = field(default_factory=list)

    def take(self, line: int, what: str, place: str | None, stream: str | None) -> None:
        where, word = f"{self.where}, row {line}", what.casefold()
        if word == "collect":
            key = self.names.point(place or "", stream, where)
            if key is not None:
                self.stops.append(key)
        elif word == "tip":
            self._tip(where, place)
        elif word not in ("leave", "break", "return"):
            self.names.refuse(where, f"What is {what!r}, expected Leave, Collect, Tip, Break or Return")

    def _tip(self, where: str, place: str | None) -> None:
        site_id = self.names.site(place, where) if place is not None else None
        if self.stops:
            self.trips.append(TripByHand(stops=tuple(self.stops), site_id=site_id))
        else:
            self.names.refuse(where, "it tips, but nothing was collected before", "Delete the row.")
        self.stops = []

    def whole(self) -> tuple[TripByHand, ...]:
        if self.stops:
            self.trips.append(TripByHand(stops=tuple(self.stops), tips=False))
            self.stops = []
        return tuple(self.trips)


def hand_made_from_xlsx(path: Path, problem: CollectionProblem) -> PlanByHand:
    """Raises one CityError that names every row that cannot be read."""
    names = Names(problem)
    sheets = _sheets(path)
    trucks = _trucks_of_sheets(sheets.get(SUMMARY, []))
    routes = []
    for title, cells in sheets.items():
        if title in OTHER_SHEETS:
            continue
        where = f"{path.name}, sheet {title}"
        truck_id = names.truck(trucks.get(title, title), where)
        rows = _read(cells, where, names)
        if truck_id is not None and rows:
            routes.append(RouteByHand(truck_id=truck_id, trips=rows))
    _once_each(path, [route.truck_id for route in routes], names)
    raise_all(path.name, names.errors)
    return PlanByHand(routes=tuple(routes), plan_id=plan_id_of(path, sheets))


def plan_id_of(path: Path, sheets: dict[str, Cells] | None = None) -> PlanId | None:
    """Of the plan that the workbook was made from, as its summary says."""
    cells = (sheets or _sheets(path)).get(SUMMARY, [])
    texts = [cell for row in cells for cell in row if cell is not None]
    found = next((match for text in texts if (match := _PLAN.fullmatch(text))), None)
    return PlanId(found[1]) if found is not None else None


def _once_each(path: Path, trucks: list[TruckId], names: Names) -> None:
    for truck_id in dict.fromkeys(trucks):
        if trucks.count(truck_id) > 1:
            names.refuse(path.name, f"truck {truck_id} has {trucks.count(truck_id)} sheets, expected one")


def _trucks_of_sheets(cells: Cells) -> dict[str, str]:
    header = next((k for k, row in enumerate(cells) if "Truck" in row and "Sheet" in row), None)
    if header is None:
        return {}
    truck, sheet = cells[header].index("Truck"), cells[header].index("Sheet")
    pairs = [(row[sheet], row[truck]) for row in cells[header + 1 :]]
    return {name: of for name, of in pairs if name is not None and of is not None}


def _read(cells: Cells, where: str, names: Names) -> tuple[TripByHand, ...]:
    header = next((k for k, row in enumerate(cells) if "What" in row and "Place" in row), None)
    if header is None:
        names.refuse(where, "no row names the columns What and Place", "Keep the heading that the product wrote.")
        return ()
    what, place = cells[header].index("What"), cells[header].index("Place")
    stream = cells[header].index("Stream") if "Stream" in cells[header] else None
    rows = _Rows(where=where, names=names)
    for line, row in enumerate(cells[header + 1 :], header + 2):
        if row[what] is not None:
            rows.take(line, row[what] or "", row[place], row[stream] if stream is not None else None)
        elif row[place] is not None:
            names.refuse(f"{where}, row {line}", f"it names {row[place]!r} and not what to do there")
    return rows.whole()


def _sheets(path: Path) -> dict[str, Cells]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableInputError(source=path.name, problem=f"it is larger than {MOST_BYTES // 1_000_000} MB")
        book = fastexcel.read_excel(path)
        return {name: _cells(book, name) for name in book.sheet_names}
    except (fastexcel.FastExcelError, OSError) as cause:
        first = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise UnreadableInputError(source=path.name, problem=f"it cannot be read as a workbook ({first})") from cause


def _cells(book: fastexcel.ExcelReader, name: str) -> Cells:
    loaded = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=MOST_ROWS, dtypes="string").to_polars()
    return [tuple(cell.strip() or None if cell is not None else None for cell in row) for row in loaded.rows()]
