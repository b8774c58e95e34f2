"""Templates are filled in and come back through the mapping that was written beside them."""

from pathlib import Path

import fastexcel
import pytest
import xlsxwriter

from city.documents import decode, parse_json, to_json
from city.errors import CityError, InvalidValueError, UnreadableInputError
from city.junction_form import DrivesOn, JunctionForm
from city.signals import Junction
from city.store import History
from city.waste import CollectionPoint, Depot, DisposalSite, ServiceKind, SiteKind, Truck
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from features.sources.template_sheets import DEPOTS, POINTS, SITES, TRUCKS, Sheet
from features.sources.templates import TemplateKind, write_template
from tests.features.sources.conftest import NOW, Desk


def fill(path: Path, *sheets: Sheet, change: dict[str, str | float] | None = None) -> None:
    """Copy each example row once more, as a department would, with the column `use` left empty."""
    rows = {
        sheet.name: fastexcel.read_excel(path).load_sheet(sheet.name, dtypes="string").to_polars() for sheet in sheets
    }
    with xlsxwriter.Workbook(path) as book:
        for name, frame in rows.items():
            page = book.add_worksheet(name)
            page.write_row(0, 0, frame.columns)
            for number, row in enumerate(frame.iter_rows(named=True), 1):
                page.write_row(number, 0, [value or "" for value in row.values()])
            example = {**frame.row(0, named=True), "use": "", **(change or {})}
            page.write_row(frame.height + 1, 0, [example[column] or "" for column in frame.columns])


def load(desk: Desk, mapping: Path) -> None:
    import_mapping(load_mapping(mapping), desk.history, now=NOW)


def test_a_filled_fleet_comes_back(desk: Desk) -> None:
    path, mapping = write_template("fleet", desk.folder / "fleet.xlsx")
    fill(path, TRUCKS, DEPOTS)

    load(desk, mapping)

    (truck,) = desk.history.entities(Truck, as_of=NOW)
    assert (truck.payload_kg, truck.compartments[0].body_m3, truck.wash_s) == (8000.0, 16.0, 1200)
    assert (truck.shift.start_s, truck.shift.break_s, str(truck.shift.break_window)) == (21_600, 1800, "09:30-11:00")
    assert desk.history.entities(Depot, as_of=NOW)[0].depot_id == "D-1"


def test_filled_sites_and_points_come_back(desk: Desk) -> None:
    path, mapping = write_template("sites", desk.folder / "sites.xlsx")
    fill(path, SITES, POINTS)

    load(desk, mapping)

    (point,) = desk.history.entities(CollectionPoint, as_of=NOW)
    assert point.capacity_m3 == pytest.approx(0.66)
    assert (point.rule.kind, len(point.windows)) == (ServiceKind.DAILY, 2)
    (site,) = desk.history.entities(DisposalSite, as_of=NOW)
    assert (site.kind, site.tip_s, site.throughput_kg_h) == (SiteKind.DISPOSAL, 600, 40_000.0)


def test_a_truck_that_can_carry_nothing_is_refused_by_name(desk: Desk) -> None:
    path, mapping = write_template("fleet", desk.folder / "fleet.xlsx")
    fill(path, TRUCKS, DEPOTS, change={"payload (kg)": "0"})

    with pytest.raises(CityError, match=r"Truck T-01: payload_kg is 0\.0, expected a payload above 0 kg"):
        load(desk, mapping)


def test_a_sheet_that_is_not_needed_may_stay_blank(desk: Desk) -> None:
    path, mapping = write_template("sites", desk.folder / "sites.xlsx")
    fill(path, SITES)
    write_template("sites", desk.folder / "blank.xlsx")
    points = 'path = "sites.xlsx"\nsheet = "points"'
    text = mapping.read_text("utf-8")
    assert points in text
    mapping.write_text(text.replace(points, points.replace("sites.xlsx", "blank.xlsx")), "utf-8")

    load(desk, mapping)

    assert len(desk.history.entities(DisposalSite, as_of=NOW)) == 1
    assert desk.history.entities(CollectionPoint, as_of=NOW) == ()


def test_an_unfilled_workbook_is_refused(desk: Desk) -> None:
    _, mapping = write_template("fleet", desk.folder / "fleet.xlsx")

    with pytest.raises(CityError, match="1 an example row of the template"):
        load(desk, mapping)


def test_the_example_junction_comes_back(desk: Desk) -> None:
    _, mapping = write_template("junctions", desk.folder / "junctions.json")

    load(desk, mapping)

    assert [junction.junction_id for junction in desk.history.entities(Junction, as_of=NOW)] == ["J-1"]
    assert desk.ledger.assumptions()[0].startswith("Junction J-1: an example")


def test_junctions_are_prefilled_with_the_detectors_of_the_history(desk: Desk) -> None:
    desk.file(
        "detectors.csv",
        "id,junction,approach,lat,lon\n1,970,HIGH_ST N of WARRIGAL_RD,-37.8,145.0\n"
        "2,970,HIGH_ST S of WARRIGAL_RD,-37.8,145.2\n"
        "3,970,HIGH_ST NE of WARRIGAL_RD,-37.8,145.1\n4,980,,,\n",
    )
    desk.run(
        """
[[feed]]
name = "detectors"
contract = "Detectors"
path = "detectors.csv"
crs = "WGS84"
[feed.columns]
detector_id = "id"
junction_id = "junction"
approach = "approach"
lanes = 2
lat = "lat"
lon = "lon"
""",
        city='[city]\nname = "B"\ntime_zone = "Australia/Melbourne"\nnational_profile = "DE"\n'
        'districts = { b = "B" }\n',
    )

    path, mapping = write_template("junctions", desk.folder / "junctions.json", History(desk.history.url, desk.ledger))
    first, second = (decode(JunctionForm, form) for form in parse_json(path.read_text("utf-8"), "x")["junctions"])

    assert {arm.arm: arm.detector_ids for arm in first.approaches} == {"N": ("1",), "E": ("3",), "S": ("2",)}
    assert first.lon == pytest.approx(145.1)
    assert (first.drives_on, first.approaches[0].lanes_through) == (DrivesOn.LEFT, 2)
    assert "the place of this junction is not known: longitude and latitude are 0" in second.assumed
    load(desk, mapping)
    assert len(desk.history.entities(Junction, as_of=NOW)) == 2


def test_an_arm_that_nobody_counts_waits_for_somebodys_estimate(desk: Desk) -> None:
    desk.file("detectors.csv", "id,junction,approach\n1,970,N\n")
    desk.run(
        """
[[feed]]
name = "detectors"
contract = "Detectors"
path = "detectors.csv"
[feed.columns]
detector_id = "id"
junction_id = "junction"
approach = "approach"
lanes = 1
"""
    )
    path, mapping = write_template("junctions", desk.folder / "junctions.json", desk.history)
    document = parse_json(path.read_text("utf-8"), "x")
    north, south = document["junctions"][0]["approaches"]

    assert (north["uncounted_peak_veh_h"], south["uncounted_peak_veh_h"]) == (None, None)
    (said,) = [sentence for sentence in document["junctions"][0]["assumed"] if "has no detector" in sentence]
    assert said.startswith("arm S has no detector: without its uncounted_peak_veh_h")
    assert said.endswith("this junction cannot be planned")

    north["uncounted_peak_veh_h"] = 250
    path.write_text(to_json(document), "utf-8")
    with pytest.raises(CityError, match="Approach N: uncounted_peak_veh_h is 250 although 1 count there"):
        load(desk, mapping)
    north["uncounted_peak_veh_h"], south["uncounted_peak_veh_h"] = None, 250
    path.write_text(to_json(document), "utf-8")
    load(desk, mapping)
    (junction,) = desk.history.entities(Junction, as_of=NOW)
    assert {m.movement_id: m.uncounted_peak_veh_h for m in junction.movements} == {
        "N-through": None,
        "N-walk": None,
        "S-through": 250.0,
        "S-walk": None,
    }


def test_a_busy_arm_is_given_the_lanes_that_its_counts_need(desk: Desk) -> None:
    desk.file("detectors.csv", "id,junction,approach\n1,970,N\n2,970,S\n")
    desk.file("counts.csv", "id,at,veh\n1,2026-03-02 08:00,1700\n2,2026-03-02 08:00,300\n")
    desk.run(
        """
[[feed]]
name = "detectors"
contract = "Detectors"
path = "detectors.csv"
[feed.columns]
detector_id = "id"
junction_id = "junction"
approach = "approach"
lanes = 1
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts.csv"
step = "1h"
delay = "0s"
[feed.columns]
detector_id = "id"
start_at = "at"
flow_veh_h = { column = "veh", unit = "veh/h" }
"""
    )

    path, _ = write_template("junctions", desk.folder / "junctions.json", desk.history)
    (form,) = (decode(JunctionForm, form) for form in parse_json(path.read_text("utf-8"), "x")["junctions"])

    assert {arm.arm: arm.lanes_through for arm in form.approaches} == {"N": 3, "S": 1}
    assert any("3 from N" in sentence for sentence in form.assumed)


@pytest.mark.parametrize(("kind", "name"), [("junctions", "j.xlsx"), ("fleet", "f.json"), ("depots", "d.xlsx")])
def test_a_template_needs_a_known_kind_and_a_fitting_name(tmp_path: Path, kind: TemplateKind, name: str) -> None:
    with pytest.raises(InvalidValueError, match="Template"):
        write_template(kind, tmp_path / name)


def test_a_file_that_may_be_filled_in_is_never_overwritten(tmp_path: Path) -> None:
    write_template("fleet", tmp_path / "fleet.xlsx")

    with pytest.raises(UnreadableInputError, match="it is there already, perhaps filled in"):
        write_template("fleet", tmp_path / "fleet.xlsx")
