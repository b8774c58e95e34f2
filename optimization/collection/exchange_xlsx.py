"""A collection plan as an Excel workbook: a summary, and a sheet per truck that a driver can follow."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from city.clock import clock_text
from city.collection_problem import CollectionProblem
from city.waste_plans import CollectionPlan, CollectionRoute, StopReason, Trip
from optimization.collection.indicators import PlanIndicators, TruckIndicators, indicators

Row = tuple[str | float | None, ...]
# The full-width signs too: some spreadsheets read them as the plain ones.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
CELL_BREAKS = ("\t", "\r", "\n")
A4 = 9
ROW_POINTS = 21
NOTE_WIDTH = 70  # characters of a note on one line of the summary
LONGEST_SHEET_NAME = 31
NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
TRUCK_COLUMNS = (
    ("No.", 8),
    ("Clock", 12),
    ("Until", 12),
    ("What", 12),
    ("Place", 24),
    ("Stream", 15),
    ("Expected kg", 14),
    ("Load after, kg", 14),
    ("Load after, m3", 14),
    ("Longitude, WGS 84", 15),
    ("Latitude, WGS 84", 15),
)
INDICATOR_COLUMNS = (
    ("Truck", 18),
    ("Stops", 9),
    ("Stops/h", 10),
    ("t", 9),
    ("km", 10),
    ("Hours", 10),
    ("Driving h", 11),
    ("Service h", 11),
    ("Sites h", 10),
    ("Waiting h", 11),
    ("Waiting %", 11),
    ("Of shift %", 11),
    ("Fullest trip %", 13),
    ("Fuel l", 10),
    ("CO2 kg", 10),
)
UNITS = (
    "Places are WGS 84 (EPSG:4326); clocks are the city's, +1 is the next day; kg and m3 are expected, m3 are loose.",
    "To change the plan move, delete or add rows of the trucks' sheets: rows count as they stand, whatever No. says.",
    "`city check FILE.xlsx` then tells the new clocks, the rules that are broken and the cost.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looks:
    title: Any
    header: Any
    text: Any
    count: Any
    note: Any
    number: Any
    volume: Any
    degree: Any


def to_xlsx(plan: CollectionPlan, problem: CollectionProblem, path: Path) -> None:
    """Write the workbook. Text is written as text: nothing in it can become a formula."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        looks = _looks(book)
        names = _sheet_names([route.truck_id for route in plan.routes])
        _summary(book.add_worksheet("Summary"), plan, names, looks)
        for route, name in zip(plan.routes, names, strict=True):
            _truck(book.add_worksheet(name), route, plan, problem, looks)
        _unserved(book.add_worksheet("Unserved"), plan, looks)
        _indicators(book.add_worksheet("Indicators"), plan, indicators(plan, problem), looks)


def plain_text(text: str) -> str:
    """Text that no spreadsheet, nor one that reads a copy as CSV, takes for a formula."""
    return f"'{text}" if text.lstrip().startswith(FORMULA_STARTS) or text.startswith(CELL_BREAKS) else text


def _looks(book: Any) -> _Looks:  # noqa: ANN401  -- xlsxwriter has no types
    large = {"font_size": 14, "valign": "vcenter"}
    return _Looks(
        title=book.add_format({"bold": True, "font_size": 20}),
        header=book.add_format(
            {**large, "bold": True, "bottom": 2, "text_wrap": True, "align": "left", "bg_color": "#E8EEF4"}
        ),
        text=book.add_format({**large, "bottom": 4, "align": "left"}),
        count=book.add_format({**large, "bottom": 4, "align": "left"}),
        note=book.add_format({**large, "text_wrap": True}),
        number=book.add_format({**large, "bottom": 4, "num_format": "#,##0"}),
        volume=book.add_format({**large, "bottom": 4, "num_format": "#,##0.00"}),
        degree=book.add_format({**large, "bottom": 4, "num_format": "0.000000"}),
    )


def _sheet_names(truck_ids: list[str]) -> list[str]:
    """Excel allows 31 characters, not all of them, and no name twice whatever the case."""
    taken = {"summary", "unserved", "indicators", "history"}
    names = []
    for truck_id in truck_ids:
        base = truck_id.translate(NOT_IN_SHEET_NAMES) or "truck"
        name, number = base[:LONGEST_SHEET_NAME], 1
        while name.lower() in taken:
            number += 1
            ending = f" ({number})"
            name = base[: LONGEST_SHEET_NAME - len(ending)] + ending
        taken.add(name.lower())
        names.append(name)
    return names


def _page(sheet: Any, title: str, columns: tuple[tuple[str, int], ...], looks: _Looks) -> None:  # noqa: ANN401
    """Title, header, and a print set-up that repeats the header on each A4 page."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(0, 1)
    sheet.freeze_panes(2, 0)
    sheet.set_footer("&L&A&RPage &P of &N")
    sheet.set_row(0, 30)
    sheet.set_row(1, 2 * ROW_POINTS)
    sheet.write_string(0, 0, plain_text(title), looks.title)
    for column, (name, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, name, looks.header)


def _rows(sheet: Any, rows: list[Row], looks: _Looks, numbers: dict[int, Any]) -> None:  # noqa: ANN401
    for line, row in enumerate(rows, 2):
        sheet.set_row(line, ROW_POINTS)
        for column, value in enumerate(row):
            if value is None:
                sheet.write_blank(line, column, None, looks.text)
            elif isinstance(value, str):
                sheet.write_string(line, column, plain_text(value), looks.text)
            else:
                sheet.write_number(line, column, value, numbers.get(column, looks.number))


def _summary(sheet: Any, plan: CollectionPlan, names: list[str], looks: _Looks) -> None:  # noqa: ANN401
    columns = (
        *(("Truck", 18), ("Leaves", 12), ("Returns", 12), ("Trips", 9), ("Stops", 9), ("kg", 12), ("km", 10)),
        ("Sheet", 18),
    )
    _page(sheet, f"Collection routes, {plan.service_date.isoformat()} ({plan.time_zone})", columns, looks)
    rows: list[Row] = [
        (
            route.truck_id,
            clock_text(route.depart_s),
            clock_text(route.return_s),
            len(route.trips),
            len(route.stops),
            sum(stop.kg for stop in route.stops),
            route.metres / 1000,
            name,
        )
        for route, name in zip(plan.routes, names, strict=True)
    ]
    _rows(sheet, rows, looks, {6: looks.volume})
    notes = [f"Plan {plan.plan_id}", f"Points left today: {len(plan.unserved)} (sheet Unserved)"]
    notes += [f"Assumed: {sentence}" for sentence in plan.assumed]
    notes += [f"Degraded: {sentence}" for sentence in plan.degraded]
    notes += UNITS
    notes += ["Cost: " + ", ".join(f"{name} {value:,.1f}" for name, value in plan.cost)]
    for line, note in enumerate(notes, len(rows) + 3):
        sheet.set_row(line, ROW_POINTS * -(-len(note) // NOTE_WIDTH))
        sheet.merge_range(line, 0, line, len(columns) - 1, plain_text(note), looks.note)


def _truck(
    sheet: Any,  # noqa: ANN401
    route: CollectionRoute,
    plan: CollectionPlan,
    problem: CollectionProblem,
    looks: _Looks,
) -> None:
    title = f"{route.truck_id}: {plan.service_date.isoformat()}, {route.metres / 1000:.1f} km, {len(route.stops)} stops"
    _page(sheet, title, TRUCK_COLUMNS, looks)
    _rows(
        sheet, _truck_rows(route, problem), looks, {0: looks.count, 8: looks.volume, 9: looks.degree, 10: looks.degree}
    )


def _truck_rows(route: CollectionRoute, problem: CollectionProblem) -> list[Row]:
    timed: list[tuple[int, Row]] = []
    for trip in route.trips:
        timed += _trip_rows(trip, problem)
    if route.break_taken is not None:
        rest = route.break_taken
        timed.append((rest.start_s, (clock_text(rest.end_s), "Break", *(None,) * 7)))
    timed.sort(key=lambda entry: entry[0])
    depot = next(depot for depot in problem.depots if depot.depot_id == route.depot_id)
    where: Row = (f"Depot {depot.depot_id}", None, None, None, None, depot.lon, depot.lat)
    day: list[tuple[int, Row]] = [
        (route.depart_s, (None, "Leave", *where)),
        *timed,
        (route.return_s, (None, "Return", *where)),
    ]
    return [(number, clock_text(second), *row) for number, (second, row) in enumerate(day, 1)]


def _trip_rows(trip: Trip, problem: CollectionProblem) -> list[tuple[int, Row]]:
    rows: list[tuple[int, Row]] = []
    for stop in trip.stops:
        point = problem.point_of[stop.point_id, stop.stream]
        audit = " (audit: note the fill found)" if stop.reason is StopReason.AUDIT else ""
        until, name = clock_text(stop.depart_s), f"Point {stop.point_id}{audit}"
        figures: Row = (stop.stream.value, stop.kg, stop.load_kg, stop.load_m3, point.lon, point.lat)
        rows.append((stop.arrive_s, (until, "Collect", name, *figures)))
    if trip.tip is not None:
        site = next(site for site in problem.sites if site.site_id == trip.tip.site_id)
        until, name = clock_text(trip.tip.depart_s), f"Site {site.site_id}"
        figures = (trip.stream.value, trip.tip.kg, 0.0, 0.0, site.lon, site.lat)
        rows.append((trip.tip.arrive_s, (until, "Tip", name, *figures)))
    return rows


def _unserved(sheet: Any, plan: CollectionPlan, looks: _Looks) -> None:  # noqa: ANN401
    columns = (("Point", 26), ("Stream", 14), ("Rule broken", 14), ("Reason", 24), ("Why", 90))
    _page(sheet, f"Points not served, {plan.service_date.isoformat()}", columns, looks)
    rows: list[Row] = [
        (entry.point_id, entry.stream.value, "yes" if entry.mandatory else "no", entry.reason.value, entry.sentence)
        for entry in sorted(plan.unserved, key=lambda entry: (not entry.mandatory, entry.point_id))
    ]
    _rows(sheet, rows, looks, {})


def _indicators(sheet: Any, plan: CollectionPlan, told: PlanIndicators, looks: _Looks) -> None:  # noqa: ANN401
    _page(sheet, f"How the trucks work, {plan.service_date.isoformat()}", INDICATOR_COLUMNS, looks)
    rows = [_indicator_row(one) for one in told.trucks]
    shares = (100 * told.waiting_share, 100 * told.shift_share, None)
    sums = ("all", told.stops, told.stops_per_h, told.t, told.km, told.hours)
    rows.append((*sums, None, None, None, None, *shares, told.fuel_l, told.co2_kg))
    _rows(sheet, rows, looks, dict.fromkeys(range(2, len(INDICATOR_COLUMNS)), looks.volume))
    balance = (
        f"Longest {told.longest_h:.1f} h, {told.hours_spread:.1f} h more than the shortest; "
        f"{told.kg_co2_per_t:.1f} kg CO2 per t collected."
    )
    for line, note in enumerate((balance, *told.assumed), len(rows) + 3):
        sheet.set_row(line, ROW_POINTS * -(-len(note) // (2 * NOTE_WIDTH)))
        sheet.merge_range(line, 0, line, len(INDICATOR_COLUMNS) - 1, plain_text(note), looks.note)


def _indicator_row(one: TruckIndicators) -> Row:
    hours = (one.hours, one.drive_h, one.service_h, one.site_h, one.waiting_h)
    shares = (100 * one.waiting_share, 100 * one.shift_share, 100 * one.fullest_share)
    return (one.truck_id, one.stops, one.stops_per_h, one.t, one.km, *hours, *shares, one.fuel_l, one.co2_kg)
