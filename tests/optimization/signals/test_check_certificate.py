"""A plan's certificate says that nothing was changed since the check; verify_plan.py says so anywhere."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from city.documents import from_json, to_json
from city.errors import BrokenRuleError
from city.signal_plans import Green, SignalSchedule
from city.signals import Junction
from optimization.signals.actuation import with_actuation
from optimization.signals.build_verifier import COMMITTED, verifier_text
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certificate_report, certified, check_sha256
from optimization.signals.check_offline import JunctionRecords, recheck
from optimization.signals.check_rules import RULES
from optimization.signals.transitions import with_transitions
from tests.optimization.signals.cases import junction, plan, schedule

OF = junction()


def signed(of: Junction = OF) -> SignalSchedule:
    given = schedule(of, plan(of, (41, 21, 41)))
    return certified(given, (of,), (), check_schedule(given, (of,)))


def with_longer_green(given: SignalSchedule, group_id: str, seconds: int) -> SignalSchedule:
    day = given.day_plans[0]
    one = day.plans[0]
    greens = tuple(
        Green(group_id=g.group_id, start_s=g.start_s, end_s=g.end_s + seconds * (g.group_id == group_id))
        for g in one.greens
    )
    return replace(given, day_plans=(replace(day, plans=(replace(one, greens=greens),)),))


def broken(given: SignalSchedule, *junctions: Junction) -> tuple[str, ...]:
    return certificate_report(given, junctions, (), check_schedule(given, junctions)).broken


def test_a_certificate_names_what_was_checked_and_by_which_check() -> None:
    certificate = signed().certificate
    assert certificate is not None

    assert certificate.rules == RULES
    assert len(set(RULES)) == len(RULES)
    assert certificate.check_sha256 == check_sha256()
    shortest_s = min(g.end_s - g.start_s for g in signed().day_plans[0].plans[0].greens)
    assert dict(certificate.measures) == {"plans": 1.0, "switches": 1.0, "longest_red_s": 103.0 - shortest_s}
    assert broken(signed(), OF) == ()


def test_a_certificate_survives_being_written_and_read() -> None:
    assert broken(from_json(SignalSchedule, to_json(signed()), "plan.json"), OF) == ()


def test_junctions_that_the_plan_does_not_name_are_no_part_of_it() -> None:
    assert broken(signed(), junction("J0"), OF, junction("J2")) == ()


def test_a_changed_plan_record_or_certificate_is_found() -> None:
    given = signed()
    certificate = given.certificate
    assert certificate is not None

    (plan_changed,) = broken(with_longer_green(given, "N-walk", -1), OF)
    (record_changed,) = broken(given, replace(OF, cycle_max_s=OF.cycle_max_s + 1))
    (seal_changed,) = broken(replace(given, certificate=replace(certificate, measures=(("plans", 2.0),))), OF)

    assert plan_changed == "The plan was changed after it was certified."
    assert "other records of its junctions" in record_changed
    assert seal_changed == "The certificate itself was changed after it was issued."
    assert broken(replace(given, certificate=None), OF) == ("The plan carries no certificate.",)


def test_a_later_check_judges_anew_and_says_so() -> None:
    given = signed()
    assert given.certificate is not None
    earlier = replace(given.certificate, check_sha256="0" * 64)

    report = certificate_report(replace(given, certificate=earlier), (OF,), (), check_schedule(given, (OF,)))

    assert report.broken == ("The certificate itself was changed after it was issued.",)
    assert "issued by check 000000000000" in report.notes[0]


def test_a_plan_that_breaks_a_rule_is_not_certified() -> None:
    given = with_longer_green(schedule(OF), "E", 2)

    with pytest.raises(BrokenRuleError, match="only a plan that breaks none is certified"):
        certified(given, (OF,), (), check_schedule(given, (OF,)))


def test_the_committed_verifier_is_built_from_these_sources() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == verifier_text(), "run python -m optimization.signals.build_verifier"


def verified(folder: Path, given: SignalSchedule, *junctions: Junction) -> tuple[int, str]:
    """As somebody else would run it: another folder, no packages, no environment."""
    (folder / "plan.json").write_text(to_json(given), encoding="utf-8")
    (folder / "junctions.json").write_text(to_json(JunctionRecords(junctions=junctions)), encoding="utf-8")
    (folder / "verify_plan.py").write_text(verifier_text(), encoding="utf-8")
    words = [sys.executable, "-I", "-S", "verify_plan.py", "plan.json", "junctions.json"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONUTF8": "1"})
    return done.returncode, done.stdout + done.stderr


def test_the_verifier_needs_nothing_but_python(tmp_path: Path) -> None:
    given = signed()
    assert given.certificate is not None

    code, said = verified(tmp_path, given, OF)

    assert code == 0, said
    assert "Plan P1 breaks no rule: 1 plans and 1 switches of 1 junctions" in said
    assert f"certificate {given.certificate.sha256} holds" in said
    assert check_sha256()[:12] in said


@pytest.mark.parametrize(
    ("group_id", "seconds", "rule"),
    [
        ("E", 1, "intergreen"),
        ("N-walk", 7, "intergreen"),
        ("S-turn", -13, "minimum-green"),
        ("N", 61, "prohibited-overlap"),
    ],
)
def test_the_verifier_names_the_rule_that_a_changed_second_breaks(
    tmp_path: Path, group_id: str, seconds: int, rule: str
) -> None:
    code, said = verified(tmp_path, with_longer_green(signed(), group_id, seconds), OF)

    assert code == 1
    assert f"{rule}: Plan 2 of junction J1: " in said
    assert "Do not run it." in said
    assert "The plan was changed after it was certified." in said


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ('"split_s": 21', '"split_s": 22', "splits-fill-cycle"),
        ('"cycle_s": 103', '"cycle_s": 104', "splits-fill-cycle"),
        ('"cycle_s": 103', '"cycle_s": 0', "cycle-range"),
        ('"offset_s": 0', '"offset_s": 103', "offset-range"),
        ('"start_s": 0,\n          "plan_number": 2', '"start_s": 1,\n          "plan_number": 2', "day-covered"),
        ('"stage_id": "NS-turn"', '"stage_id": "X"', "known-stage"),
    ],
)
def test_a_document_that_contradicts_itself_is_judged_by_rule_too(before: str, after: str, rule: str) -> None:
    text = to_json(signed())
    assert before in text

    done = recheck(
        text.replace(before, after, 1),
        to_json(JunctionRecords(junctions=(OF,))),
        plan_name="plan.json",
        records_name="junctions.json",
    )

    assert not done.passed
    assert rule in {finding.rule for finding in done.report.findings}


def test_steps_and_parameters_that_contradict_themselves_are_judged_by_rule_too() -> None:
    """A switch to itself at midnight by longer cycles, and greens that traffic may stretch."""
    one = plan(OF, (41, 21, 41))
    day = with_transitions(OF, with_actuation(OF, schedule(OF, one).day_plans[0]))
    assert day.entries[0].steps
    given = replace(schedule(OF), day_plans=(day,))
    records = to_json(JunctionRecords(junctions=(OF,)))
    document = json.loads(to_json(certified(given, (OF,), (), check_schedule(given, (OF,)))))

    def rules(of: object) -> set[str]:
        done = recheck(json.dumps(of), records, plan_name="plan.json", records_name="junctions.json")
        assert done.passed is not bool(done.report.findings)
        return {finding.rule for finding in done.report.findings}

    assert rules(document) == set()
    step = document["day_plans"][0]["entries"][0]["steps"][0]
    step["splits"][0]["split_s"] = 0
    assert rules(document) >= {"transition-step", "transition-offset"}
    stage = document["day_plans"][0]["plans"][0]["actuation"]["stages"][0]
    stage["max_s"] = stage["min_s"] - 1
    assert "actuation-range" in rules(document)


def test_the_verifier_says_what_it_cannot_read(tmp_path: Path) -> None:
    code, said = verified(tmp_path, signed(), OF)
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    words = [sys.executable, "-I", "-S", "verify_plan.py", "plan.json", "junctions.json"]

    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert code == 0, said
    assert done.returncode == 2
    assert "plan.json" in done.stderr
    assert "Traceback" not in done.stderr
