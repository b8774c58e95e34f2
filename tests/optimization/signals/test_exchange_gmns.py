"""GMNS timing tables and SUMO programs hold the plan: what is read back is what was written."""

from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest

from city.errors import BrokenRuleError, UnknownIdError, UnreadableInputError
from optimization.signals.exchange_files import read_csv, read_xlsx, tables_json, tables_of_json, write_csv, write_xlsx
from optimization.signals.exchange_gmns import COLUMNS, day_plans_of_gmns, gmns_tables
from optimization.signals.exchange_sumo import program_id, sumo_programs
from optimization.signals.exchange_sumo_reading import read_programs, sorted_greens
from optimization.signals.exchange_tables import OFFSET_REFERENCE
from optimization.signals.transitions import begins_s
from tests.optimization.signals.cases import junction, schedule
from tests.optimization.signals.test_exchange_tables import whole_day


def test_gmns_tables_are_read_back(tmp_path: Path) -> None:
    given, junctions = whole_day()
    tables = gmns_tables(given, junctions)

    write_csv(tables, tmp_path / "gmns")
    write_xlsx(tables, tmp_path / "gmns.xlsx")

    assert day_plans_of_gmns(read_csv(tmp_path / "gmns")) == given.day_plans
    assert day_plans_of_gmns(read_xlsx(tmp_path / "gmns.xlsx")) == given.day_plans
    assert day_plans_of_gmns(tables_of_json(tables_json(tables), "gmns.json")) == given.day_plans


def test_gmns_fields_say_what_the_specification_means() -> None:
    given, junctions = whole_day()
    tables = gmns_tables(given, junctions)
    plans, phases = tables.rows("signal_timing_plan"), tables.rows("signal_timing_phase")
    coordination = tables.rows("signal_coordination")[0]
    movements = {str(row["mvmt_id"] or row["link_id"]): row for row in tables.rows("signal_phase_mvmt")}

    # 2 March 2026 is a Monday; the first place of the bitmap is Sunday.
    assert [row["time_day"] for row in plans[:2]] == ["01000000_0000_0700", "01000000_0700_2400"]
    assert (coordination["coord_ref_to"], coordination["offset"]) == ("begin_of_green", 7)
    assert coordination["opt_offset_reference"] == OFFSET_REFERENCE
    assert movements["N-right"]["protection"] == "permitted"
    assert movements["N-left"]["protection"] == "protected"
    assert movements["N-walk"]["mvmt_id"] is None
    for plan in plans:
        own = [row for row in phases if row["timing_plan_id"] == plan["timing_plan_id"]]
        for ring in {row["ring"] for row in own}:
            spans = [range(int(r["opt_start_s"] or 0), int(r["opt_end_s"] or 0)) for r in own if r["ring"] == ring]
            assert sum(map(len, spans)) == len({second % 100 for span in spans for second in span})
    assert {table.name: table.columns for table in tables.tables} == COLUMNS


def test_what_gmns_cannot_hold_or_lacks_is_said() -> None:
    given, junctions = whole_day()
    tables = gmns_tables(given, junctions)
    phases = next(table for table in tables.tables if table.name == "signal_timing_phase")
    bare = replace(phases, columns=tuple(c.replace("opt_start_s", "start") for c in phases.columns))
    crowded = schedule(junction())
    day = crowded.day_plans[0]
    green = replace(day.plans[0].greens[0], start_s=0, end_s=9)
    many = replace(day, plans=(replace(day.plans[0], greens=(green,) * 13),))

    with pytest.raises(UnreadableInputError, match="signal_timing_phase: it lacks opt_start_s"):
        day_plans_of_gmns(replace(tables, tables=tuple(bare if t is phases else t for t in tables.tables)))
    with pytest.raises(BrokenRuleError, match="13 signal groups are green together, GMNS knows 12 rings"):
        gmns_tables(replace(crowded, day_plans=(many,)), (junction(),))
    with pytest.raises(UnknownIdError, match="there is no junction 'J1'"):
        gmns_tables(given, (junction("J2"),))


def test_sumo_programs_are_read_back() -> None:
    given, junctions = whole_day()

    text = sumo_programs(given, junctions)
    programs, days = read_programs(text, junctions)

    assert given.certificate is not None
    assert f"certificate {given.certificate.sha256}" in text
    plans = [(day.junction_id, plan) for day in given.day_plans for plan in day.plans]
    read = {(program.junction_id, program.program_id): program for program in programs}
    first = given.day_plans[0]
    steps = first.entries[1].steps
    assert steps
    assert len(programs) == len(plans) + len(steps)
    for junction_id, plan in plans:
        program = read[junction_id, program_id(given, plan.plan_number)]
        assert (program.junction_id, program.cycle_s, program.offset_s) == (
            plan.junction_id,
            plan.cycle_s,
            plan.offset_s,
        )
        assert program.greens == sorted_greens(plan.greens)
    moments = list(accumulate((step.cycle_s for step in steps), initial=begins_s(first.plans[0], 25_200)))
    for number, step in enumerate(steps, start=1):
        program = read[first.junction_id, f"P1-5-25200-{number}"]
        assert (program.cycle_s, program.greens) == (step.cycle_s, sorted_greens(step.greens))
        assert program.offset_s == moments[number - 1] % step.cycle_s
    names = [*(f"P1-5-25200-{number}" for number in range(1, len(steps) + 1)), "P1-5"]
    changes = ((0, "P1-2"), *zip(moments, names, strict=True))
    assert [(day.junction_id, day.switches) for day in days] == [("J1", changes), ("007", ((0, "P1-9"),))]


def test_a_lamp_that_no_group_shows_is_refused() -> None:
    given, junctions = whole_day()
    text = sumo_programs(given, junctions)
    state = text.split('state="')[1].split('"')[0]
    # N-through is the first link, N-right another of the same group.
    broken = text.replace(f'state="{state}"', f'state="r{state[1:]}"', 1)

    with pytest.raises(BrokenRuleError, match="the links of signal group N differ in green"):
        read_programs(broken, junctions)
    with pytest.raises(UnreadableInputError, match="it is no XML"):
        read_programs("plan", junctions)
