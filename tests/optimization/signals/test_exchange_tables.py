"""Every form of a plan's tables is read back to the day plans it was written from."""

import csv
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import BrokenRuleError, InvalidValueError, UnknownIdError, UnreadableInputError
from city.ids import DistrictId, StageId
from city.signal_plans import DayKind, DayPlanEntry, SignalSchedule
from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.actuation import with_actuation
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified
from optimization.signals.exchange_files import (
    meant_text,
    plain_text,
    read_csv,
    read_xlsx,
    tables_json,
    tables_of_json,
    write_csv,
    write_xlsx,
)
from optimization.signals.exchange_tables import OFFSET_REFERENCE, Tables, day_plans, schedule_tables
from optimization.signals.exchange_words import VOCABULARIES, said_in, understood, vocabulary
from optimization.signals.transitions import with_transitions
from tests.optimization.signals.cases import junction, plan, schedule

FORMS = ("json", "csv", "xlsx")


def whole_day() -> tuple[SignalSchedule, tuple[Junction, ...]]:
    """Two junctions, three plans, two chains, a name that is a formula, an id that looks like a number.

    One of them comes to its offsets by longer and shorter cycles, and may run by traffic.
    """
    a, b = junction("J1"), replace(junction("007"), name='=HYPERLINK("http://x", "click")', running_plan=None)
    chain = tuple(StageId(s) for s in ("NS", "EW", "NS-turn"))
    splits = {StageId("NS"): 40, StageId("EW"): 41, StageId("NS-turn"): 19}
    other = build_plan(a, plan_number=5, offset_s=24, splits_s=splits, chain=chain)
    days = (
        schedule(a, plan(a, number=2, offset_s=7), other, starts_s=(0, 25_200)).day_plans[0],
        schedule(b, plan(b, (35, 25, 40), number=9, offset_s=99)).day_plans[0],
    )
    stepped = with_transitions(a, with_actuation(a, days[0]))
    given = replace(schedule(a), day_plans=(stepped, days[1]), day_kind=DayKind.HOLIDAY)
    return certified(given, (a, b), (), check_schedule(given, (a, b))), (a, b)


def written_and_read(tables: Tables, form: str, folder: Path) -> Tables:
    if form == "json":
        return tables_of_json(tables_json(tables), "signals.json")
    if form == "csv":
        write_csv(tables, folder / "signals")
        return read_csv(folder / "signals")
    write_xlsx(tables, folder / "signals.xlsx")
    return read_xlsx(folder / "signals.xlsx")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("words", VOCABULARIES.values(), ids=list(VOCABULARIES))
def test_what_is_written_is_read_back(form: str, words: object, tmp_path: Path) -> None:
    given, junctions = whole_day()
    chosen = next(v for v in VOCABULARIES.values() if v is words)
    tables = schedule_tables(given, junctions)

    back = understood(written_and_read(said_in(tables, chosen), form, tmp_path), chosen)

    assert any(entry.steps for entry in given.day_plans[0].entries)
    assert given.day_plans[0].introduction
    assert given.day_plans[0].plans[0].actuation is not None
    assert day_plans(back) == given.day_plans
    assert sorted(t.name for t in back.tables) == sorted(t.name for t in tables.tables)
    assert {t.name: t.rows for t in back.tables} == {t.name: t.rows for t in tables.tables}
    assert dict(back.about)["offset_reference"] == OFFSET_REFERENCE
    assert given.certificate is not None
    assert dict(back.about)["certificate_sha256"] == given.certificate.sha256


@pytest.mark.parametrize("form", FORMS)
def test_a_schedule_that_changes_nothing_has_empty_tables(form: str, tmp_path: Path) -> None:
    given = replace(schedule(junction()), day_plans=())
    words = VOCABULARIES["gbt20999"]

    back = understood(written_and_read(said_in(schedule_tables(given, ()), words), form, tmp_path), words)

    assert day_plans(back) == ()


def test_standards_names_stand_over_the_tables() -> None:
    given, junctions = whole_day()
    tables = schedule_tables(given, junctions)
    ntcip, gbt = (said_in(tables, words) for words in VOCABULARIES.values())

    assert ntcip.rows("patternTable")[0] == {
        "x_controllerId": "J1",
        "patternNumber": 2,
        "patternCycleTime": 100,
        "patternOffsetTime": 7,
        "x_offsetReference": OFFSET_REFERENCE,
        "x_coordinatedPhase": 1,
        "patternSequenceNumber": 1,
        "patternSplitNumber": 1,
    }
    assert [row["sequenceData"] for row in ntcip.rows("sequenceTable")] == ["1 2 3", "1 3 2", "1 2 3"]
    assert gbt.rows("阶段链")[1] == {"路口编号": "J1", "阶段链编号": 2, "环编号": 1, "阶段顺序": "1 3 2"}
    assert gbt.rows("日计划")[1] == {
        "路口编号": "J1", "日计划编号": 1, "时段编号": 2, "时": 7, "分": 0, "秒": 0, "方案编号": 5, "过渡方式": "add",
    }  # fmt: skip
    assert [row["x_coordCorrectionMode"] for row in ntcip.rows("timeBaseDayPlanTable")] == ["subtract", "add", "dwell"]
    assert gbt.rows("调度表")[0] == {
        "路口编号": "J1", "调度编号": 1, "日期": "2026-03-02", "日期类型": "holiday", "日计划编号": 1,
    }  # fmt: skip


def test_actuated_parameters_are_phases_times_where_a_standard_has_a_name_for_them() -> None:
    given, junctions = whole_day()
    row = said_in(schedule_tables(given, junctions), VOCABULARIES["ntcip"]).rows("x_patternPhaseTable")[0]
    actuation = given.day_plans[0].plans[0].actuation
    assert actuation is not None
    stage, split_s = actuation.stages[0], given.day_plans[0].plans[0].splits[0].split_s

    change_s = split_s - stage.force_off_s
    assert row["phaseMinimumGreen"] == stage.min_s - change_s
    assert row["phaseMaximum1"] == stage.max_s - change_s
    assert row["phasePassage"] == 30  # tenths of a second
    assert row["x_forceOff"] == stage.force_off_s


def test_a_name_that_is_a_formula_stays_a_text(tmp_path: Path) -> None:
    given, junctions = whole_day()
    tables = schedule_tables(given, junctions)
    write_xlsx(tables, tmp_path / "signals.xlsx")
    write_csv(tables, tmp_path / "csv")

    with zipfile.ZipFile(tmp_path / "signals.xlsx") as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/")]
        links = [name for name in parts.namelist() if "rels" in name and "sheet" in name.rsplit("/", 1)[-1]]
    with (tmp_path / "csv" / "junction.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]

    assert sheets
    assert not any("<f>" in sheet for sheet in sheets)
    assert not links
    assert [cell for cell in cells if "HYPERLINK" in cell] == ['\'=HYPERLINK("http://x", "click")']


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@x", "\tx", "'x", "''", "plain", "", "中文", "007", "1e5"])
def test_guarding_a_text_can_be_undone(text: str) -> None:
    assert meant_text(plain_text(text)) == text
    assert not plain_text(text).startswith(("=", "+", "-", "@", "\t"))


def test_what_ntcip_cannot_hold_is_refused() -> None:
    of = junction()
    given = schedule(of)
    entries = (given.day_plans[0].entries[0], DayPlanEntry(start_s=25_230, plan_number=2))
    odd = replace(given, day_plans=(replace(given.day_plans[0], entries=entries),))
    tables = schedule_tables(odd, (of,))

    with pytest.raises(BrokenRuleError, match="changes at second 30 of a minute"):
        said_in(tables, VOCABULARIES["ntcip"])
    assert day_plans(understood(said_in(tables, VOCABULARIES["gbt20999"]), VOCABULARIES["gbt20999"])) == odd.day_plans


def test_tables_that_are_missing_or_wrong_are_said_so(tmp_path: Path) -> None:
    given, junctions = whole_day()
    words = VOCABULARIES["ntcip"]
    write_csv(said_in(schedule_tables(given, junctions), words), tmp_path)
    file = tmp_path / "patternTable.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",100,", ",many,"), encoding="utf-8")

    with pytest.raises(UnreadableInputError, match="'many' is no whole number"):
        understood(read_csv(tmp_path), words)
    file.unlink()
    with pytest.raises(UnreadableInputError, match="table patternTable is missing"):
        understood(read_csv(tmp_path), words)
    with pytest.raises(InvalidValueError, match="one of ntcip, gbt20999"):
        vocabulary("klingon")
    with pytest.raises(UnknownIdError, match="there is no junction 'J1'"):
        schedule_tables(given, (junction("J2", district_id=DistrictId("d1")),))
