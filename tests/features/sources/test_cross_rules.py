"""Rules between rows: the row that contradicts beside the one that does not, in a batch and against what is stored."""

import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from city.frame_rules import CROSS_RULES
from city.frames import (
    ComplaintEvents,
    Detectors,
    Nodes,
    TrafficCounts,
    WorkZones,
)
from city.ledger import Ledger
from city.store import History
from features.sources.cross_rules import crossed
from tests.features.sources.cross_rows import (
    HOUR,
    NOON,
    SEVERAL_EXAMPLES,
    count,
    event,
    frame,
    reason,
    wrong,
)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))


def test_contracts_without_such_rules_are_not_even_looked_at() -> None:
    class Never:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            pytest.fail(f"{name} was asked")

    node = frame(Nodes, [{"node_id": "1", "lon": 0.0, "lat": 1.0}])
    flow_only = frame(TrafficCounts, [count("D1", 900.0, None, None)])

    assert crossed(Nodes, node, Never()) is None  # type: ignore[arg-type]
    assert crossed(TrafficCounts, flow_only, Never()) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flow", "speed", "occupancy", "good"),
    [
        (900.0, 50.0, 0.12, True),
        (900.0, 50.0, 0.0, False),  # 900 vehicles of 2 m at 50 km/h cover one lane for 3.6 %
        (900.0, None, 0.02, True),
        (2400.0, None, 0.01, False),  # even at 150 km/h: 3.2 %
        (200.0, 50.0, 0.0, True),  # 0.8 % may be rounded to 0
        (0.0, None, 0.0, True),
        (0.0, 0.0, 1.0, True),  # a queue that stands on it
        (900.0, 50.0, None, True),
    ],
)
def test_occupancy_is_not_below_what_the_flow_covers(
    history: History, flow: float, speed: float | None, occupancy: float | None, *, good: bool
) -> None:
    history.append(Detectors, frame(Detectors, [{"detector_id": "D1", "lanes": 1}]))

    found = wrong(history, TrafficCounts, count("D1", 1.0, 50.0, 0.01), {**count("D1", flow, speed, occupancy)})

    assert found == ([] if good else [(1, "occupancy_below_flow")])


def test_the_same_flow_on_more_lanes_covers_each_for_less(history: History) -> None:
    lanes = [{"detector_id": "one", "lanes": 1}, {"detector_id": "three", "lanes": 3}]
    history.append(Detectors, frame(Detectors, lanes))
    rows = [count(name, 900.0, 50.0, 0.005) for name in ("one", "three", "unknown")]

    assert wrong(history, TrafficCounts, *rows) == [(0, "occupancy_below_flow")]
    assert "on the 1 lanes of this detector" in reason(history, TrafficCounts, *rows)


@given(
    lanes=st.integers(1, 12),
    flow_lane=st.floats(0, 2500),
    speed=st.floats(3, 120),
    length_m=st.floats(2.0, 20.0),
    decimals=st.integers(2, 4),
)
@SEVERAL_EXAMPLES
def test_no_stream_of_real_vehicles_is_refused(
    history: History, lanes: int, flow_lane: float, speed: float, length_m: float, decimals: int
) -> None:
    """Vehicles of any length over the detector, whatever was rounded in the export."""
    covered = flow_lane * length_m / 1000 / speed
    assume(covered <= 1 and flow_lane * lanes <= 20_000)
    row = count("D1", round(flow_lane * lanes, 1), round(speed), round(covered, decimals))

    assert TrafficCounts.is_valid(frame(TrafficCounts, [row]))
    with history.writing(rehearsal=True) as writing:
        writing.append(Detectors, frame(Detectors, [{"detector_id": "D1", "lanes": lanes}]))
        assert crossed(TrafficCounts, frame(TrafficCounts, [row]), writing) is None


def test_what_loops_in_a_simulated_city_count_passes_and_a_tenth_of_their_occupancy_does_not(
    shared_data: Path, tmp_path: Path
) -> None:
    """SUMO's loops know nothing of our rule: every lane of a real junction, minute by minute."""
    sumo = pytest.importorskip("sumo", reason="the extra `sim` is not installed")
    case = shared_data / "signals" / "cologne1"
    lanes = [
        (lane.attrib["id"], float(lane.attrib["length"]))
        for edge in ET.parse(case / "cologne1.net.xml").iter("edge")  # noqa: S314  -- a file of our own
        if edge.get("function") != "internal"
        for lane in edge.iter("lane")
    ]
    loops = "".join(
        f'<inductionLoop id="{name}" lane="{name}" pos="{max(1.0, length - 6)}" period="60" file="loops.xml"/>'
        for name, length in lanes
    )
    (tmp_path / "loops.add.xml").write_text(f"<additional>{loops}</additional>", encoding="utf-8")
    command = [
        str(Path(sumo.SUMO_HOME) / "bin" / "sumo"), "-n", str(case / "cologne1.net.xml"),
        "-r", str(case / "cologne1.rou.xml"), "-a", str(tmp_path / "loops.add.xml"),
        "-b", "25200", "-e", "28800", "--no-step-log", "--no-warnings", "--seed", "1",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    rows = [
        count(loop["id"], float(loop["flow"]), speed_of(loop), round(float(loop["occupancy"]) / 100, 2))
        for interval in ET.parse(tmp_path / "loops.xml").getroot()  # noqa: S314  -- written by SUMO just now
        if (loop := interval.attrib)
    ]
    simulated = frame(TrafficCounts, rows).with_columns(
        start_at=NOON + pl.int_range(pl.len()).over("detector_id") * timedelta(minutes=1), step_s=60
    )
    history = History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))
    history.append(Detectors, frame(Detectors, [{"detector_id": name, "lanes": 1} for name, _ in lanes]))
    busy = simulated.filter(pl.col("flow_veh_h") > 300)
    with history.writing(rehearsal=True) as writing:
        wrong_unit = crossed(TrafficCounts, busy.with_columns(pl.col("occupancy") / 10), writing)

        assert TrafficCounts.is_valid(simulated.cast({"step_s": pl.Int64}))
        assert crossed(TrafficCounts, simulated, writing) is None
        assert busy.height > 200
        assert wrong_unit is not None
        assert wrong_unit.height > 0.8 * busy.height


def speed_of(loop: dict[str, str]) -> float | None:
    """In whole km/h, as many feeds say it; SUMO says -1 m/s where nothing passed."""
    return None if float(loop["speed"]) < 0 else round(float(loop["speed"]) * 3.6)


def test_a_complaint_is_closed_after_it_was_opened_in_one_batch(history: History) -> None:
    rows = [
        event("good", "opened", NOON), event("good", "changed", NOON), event("good", "closed", NOON + HOUR),
        event("bad", "closed", NOON - HOUR), event("bad", "opened", NOON),
        event("also bad", "opened", NOON), event("also bad", "changed", NOON - HOUR),
    ]  # fmt: skip

    assert wrong(history, ComplaintEvents, *rows) == [(3, "closed_before_opened"), (6, "changed_before_opened")]


def test_across_files_the_event_that_comes_later_is_refused(history: History) -> None:
    stored = [event("a", "opened", NOON), event("b", "closed", NOON), event("c", "changed", NOON)]
    history.append(ComplaintEvents, frame(ComplaintEvents, stored))

    assert wrong(history, ComplaintEvents, event("a", "closed", NOON - HOUR)) == [(0, "closed_before_opened")]
    assert wrong(history, ComplaintEvents, event("a", "closed", NOON)) == []
    assert wrong(history, ComplaintEvents, event("b", "opened", NOON + HOUR)) == [(0, "closed_before_opened")]
    assert wrong(history, ComplaintEvents, event("b", "opened", NOON - HOUR)) == []
    assert wrong(history, ComplaintEvents, event("c", "opened", NOON + HOUR)) == [(0, "changed_before_opened")]
    said = reason(history, ComplaintEvents, event("b", "opened", NOON + HOUR))
    assert said == "opened at 2026-03-02 13:00 UTC, after it was closed at 2026-03-02 12:00 UTC"


def test_what_was_closed_may_be_opened_again_and_what_nobody_opened_may_be_closed(history: History) -> None:
    once = [event("a", "opened", NOON), event("a", "closed", NOON + HOUR)]
    history.append(ComplaintEvents, frame(ComplaintEvents, once))

    again = [event("a", "opened", NOON + 2 * HOUR), event("a", "closed", NOON + 3 * HOUR), event("x", "closed", NOON)]

    assert wrong(history, ComplaintEvents, *again) == []


def test_a_row_that_is_stored_already_is_not_judged_again(history: History) -> None:
    """The opening of a complaint that was closed before it came with a publication of its own, earlier."""
    closed = event("a", "closed", NOON)
    history.append(ComplaintEvents, frame(ComplaintEvents, [closed]))
    history.append(ComplaintEvents, frame(ComplaintEvents, [event("a", "opened", NOON + HOUR)]))

    assert wrong(history, ComplaintEvents, closed) == []
    assert wrong(history, ComplaintEvents, event("a", "closed", NOON - HOUR)) == [(0, "closed_before_opened")]


def test_a_work_zone_ends_after_it_was_announced(history: History) -> None:
    def zone(what: str, at: datetime) -> dict[str, Any]:
        impact = {"vehicle_impact": "some_lanes_closed", "start_at": NOON}
        return {"work_zone_id": "W1", "event": what, "at": at, **impact}

    history.append(WorkZones, frame(WorkZones, [zone("opened", NOON)]))

    assert wrong(history, WorkZones, zone("closed", NOON + HOUR)) == []
    assert wrong(history, WorkZones, zone("closed", NOON - HOUR)) == [(0, "closed_before_opened")]


@given(
    first=st.lists(st.tuples(st.sampled_from(["opened", "changed", "closed"]), st.integers(0, 6)), max_size=5),
    then=st.lists(st.tuples(st.sampled_from(["opened", "changed", "closed"]), st.integers(0, 6)), max_size=5),
)
@SEVERAL_EXAMPLES
def test_whatever_order_files_come_in_nothing_stored_was_closed_before_it_was_opened(
    history: History, first: list[tuple[str, int]], then: list[tuple[str, int]]
) -> None:
    with history.writing(rehearsal=True) as writing:
        for events in (first, then):
            rows = frame(
                ComplaintEvents, [event("a", what, NOON + hour * HOUR) for what, hour in dict.fromkeys(events)]
            )
            found = crossed(ComplaintEvents, rows, writing)
            refused = [] if found is None else found["__row"].to_list()
            kept = rows.filter(~pl.int_range(pl.len()).is_in(refused))
            writing.append(ComplaintEvents, kept)
        stored = list(writing.records(ComplaintEvents).select("event", "at").collect().iter_rows())

    opened = [at for what, at in stored if what == "opened"]
    assert not opened or all(at >= min(opened) for what, at in stored)


def test_every_rule_in_words_is_one_that_was_shown_to_refuse() -> None:
    """The page lists what the tests here, in test_cross_bins.py and test_recorded_feeds.py have seen, no more."""
    seen = {"occupancy_below_flow", "closed_before_opened", "changed_before_opened", "ticket_above_bins"}
    seen.add("finer_than_seconds")

    assert {rule.name for rule in CROSS_RULES} == seen
