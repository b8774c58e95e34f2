"""Where plans and models came from, and what a file reached: by table version, and never by guessing."""

import shutil
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from city.errors import NotFoundError
from city.frames import BinReadings, Entities, TrafficCounts
from serving.cli import app
from serving.lineage import Lineage
from serving.lineage_affected import Affected
from serving.lineage_records import Records, gather
from serving.lineage_subjects import AmbiguousNameError, affected, lineage
from tests.serving.conftest import Answer
from tests.serving.lived_in import (
    DAY,
    EARLY,
    FIRST,
    LATE,
    SECOND,
    THIRD,
    LivedIn,
    copied,
    counts,
    entities,
    live,
    readings,
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> LivedIn:
    return live(tmp_path_factory.mktemp("lived-in"))


@pytest.fixture(scope="module")
def records(lived: LivedIn) -> Records:
    return gather(lived.desk)


def city(lived: LivedIn, *words: str) -> Answer:
    result = CliRunner().invoke(app, ["--home", str(lived.desk.settings.home), *words])
    return Answer(result.exit_code, result.stdout, result.stderr)


def reads(found: Lineage) -> dict[str, dict[str, int]]:
    known: dict[str, dict[str, int]] = {}
    for one in found.tables:
        known.setdefault(one.of.split(" ")[0], {})[one.table] = one.version
    return known


def plans(found: Affected) -> set[str]:
    return {one.plan.plan_id for one in found.plans}


def models(found: Affected) -> set[str]:
    return {one.model.label for one in found.models}


def test_a_plan_goes_back_to_its_forecast_its_model_and_their_files(records: Records) -> None:
    found = lineage(records, "signals-early")

    assert [(issue.what, issue.issued_at, issue.models) for issue in found.issues] == [
        ("congestion", EARLY, ("congestion v1",))
    ]
    assert [model.label for model in found.models] == ["congestion v1"]
    assert reads(found) == {
        "plan": {"Entities": 0},
        "forecast": {"TrafficCounts": 0},
        "model": {"Entities": 0, "TrafficCounts": 0},
    }
    assert [one.import_id for one in found.imports] == [FIRST]
    assert {file.source: file.sha256 for file in found.imports[0].files}.keys() == {"monday.csv", "city.json"}
    assert found.unknown == ()


def test_a_later_plan_goes_back_to_both_imports_but_not_to_the_one_after_it(records: Records) -> None:
    found = lineage(records, "signals-late")

    assert [model.label for model in found.models] == ["congestion v2"]
    assert [one.import_id for one in found.imports] == [FIRST, SECOND]
    by_table = {one.table: one.import_ids for one in found.tables if one.of.startswith("model")}
    assert by_table == {"Entities": (FIRST,), "TrafficCounts": (FIRST, SECOND)}


def test_a_forecast_of_the_baseline_has_no_model_behind_it(records: Records) -> None:
    found = lineage(records, "routes-late")

    assert (found.models, found.unknown) == ((), ())
    assert reads(found) == {"plan": {"BinReadings": 0, "Entities": 0}, "forecast": {"BinReadings": 0}}


def test_a_model_without_a_version_is_the_champion(records: Records) -> None:
    assert lineage(records, "congestion").subject == "congestion v2"
    assert lineage(records, "congestion@1").subject == "congestion v1"
    assert lineage(records, "congestion@champion").subject == "congestion v2"
    assert lineage(records, "congestion v1").imports[0].import_id == FIRST


def test_what_was_never_recorded_is_said_and_not_guessed(records: Records) -> None:
    found = lineage(records, "signals-ancient")

    assert (found.issues, found.models, found.imports) == ((), (), ())
    assert found.unknown == (
        "Plan signals-ancient does not say from which forecast it was made.",
        "The plan signals-ancient is from before table versions were recorded with it: what it read is not known.",
    )


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("signals-erly", "signals-early"),
        ("congestion@3", "congestion@"),
        ("nothing at all", "`city train` makes models"),
    ],
)
def test_an_unknown_name_is_met_with_what_was_probably_meant(records: Records, asked: str, meant: str) -> None:
    with pytest.raises(NotFoundError, match="There is no plan or model") as refused:
        lineage(records, asked)

    assert meant in str(refused.value)


def test_a_file_reaches_what_read_its_table_at_its_version_or_later(records: Records) -> None:
    found = affected(records, "tuesday.csv")

    assert [(one.table, one.first, one.last, one.rows) for one in found.tables] == [("TrafficCounts", 1, 1, 3)]
    assert models(found) == {"congestion v2"}
    assert [one.issue.issued_at for one in found.issues] == [LATE]
    assert found.issues[0].because == ("read TrafficCounts version 1", "made by congestion v2")
    assert plans(found) == {"signals-late"}


def test_the_first_file_reaches_everything_made_after_it(records: Records) -> None:
    found = affected(records, "monday.csv")

    assert models(found) == {"congestion v1", "congestion v2"}
    assert plans(found) == {"signals-early", "signals-late"}


def test_a_file_of_one_table_leaves_alone_what_read_the_others(records: Records) -> None:
    found = affected(records, "bins.csv")

    assert (models(found), plans(found)) == (set(), {"routes-late"})
    assert [one.issue.what for one in found.issues] == ["waste"]


def test_master_data_reach_every_plan_that_read_them_and_none_before(records: Records) -> None:
    assert plans(affected(records, FIRST)) == {"signals-early", "signals-late", "routes-late"}
    assert plans(affected(records, THIRD[:8])) == set()


def test_a_model_reaches_the_plans_made_from_its_forecasts(records: Records) -> None:
    found = affected(records, "congestion@1")

    assert plans(found) == {"signals-early"}
    assert found.plans[0].because == (f"made from the congestion forecast issued at {EARLY:%Y-%m-%d %H:%M} UTC",)
    assert plans(affected(records, "congestion")) == {"signals-early", "signals-late"}


def test_a_file_is_known_by_its_content_whatever_it_is_called(records: Records, lived: LivedIn, tmp_path: Path) -> None:
    copy = tmp_path / "copy of something.csv"
    shutil.copy(lived.file("tuesday.csv"), copy)
    digest = records.imports[1].files[0].sha256
    assert digest is not None

    by_content, by_hash = affected(records, str(copy)), affected(records, digest[:10])

    assert [file.source for file in by_content.files] == ["tuesday.csv"]
    assert (plans(by_content), plans(by_hash)) == ({"signals-late"}, {"signals-late"})


def test_a_file_on_disk_with_other_content_was_not_imported(records: Records, tmp_path: Path) -> None:
    other = tmp_path / "tuesday.csv"
    other.write_text("something else", encoding="utf-8")

    with pytest.raises(NotFoundError, match="was never imported") as refused:
        affected(records, str(other))

    assert "A file of this name was imported with other content" in str(refused.value)


def test_one_name_with_two_contents_is_asked_back(records: Records) -> None:
    with pytest.raises(AmbiguousNameError, match=r"'city\.json' means 2 things") as refused:
        affected(records, "city.json")

    for one in (records.imports[0], records.imports[2]):
        digest = next(file.sha256 for file in one.files if file.source == "city.json")
        assert digest is not None
        assert digest[:12] in str(refused.value)
        assert affected(records, digest[:12]).imports == (one,)


def test_a_content_read_by_several_imports_is_one_candidate_on_the_citys_clock(records: Records) -> None:
    twice = replace(records, imports=(*records.imports, replace(records.imports[0], import_id="f" * 32)))

    with pytest.raises(AmbiguousNameError, match=r"'city\.json' means 2 things") as refused:
        affected(twice, "city.json", ZoneInfo("Asia/Shanghai"))

    local = records.imports[0].imported_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"imported {local:%Y-%m-%d %H:%M}" in str(refused.value)
    assert "UTC" not in str(refused.value)


def test_one_content_of_a_name_says_that_another_brought_rows_too(records: Records) -> None:
    first, second = (
        next(file.sha256 for file in one.files if file.source == "city.json")
        for one in (records.imports[0], records.imports[2])
    )
    assert first is not None
    assert second is not None

    (said,) = affected(records, second[:12]).besides

    assert said.startswith(f"Another content of this name brought rows: {first[:12]} (city.json, imported ")
    assert affected(records, "tuesday.csv").besides == ()


def test_the_lineage_of_a_file_is_pointed_to_what_it_affected(records: Records) -> None:
    with pytest.raises(NotFoundError, match=r"`city affected-by tuesday\.csv` says what it reached"):
        lineage(records, "tuesday.csv")


def test_a_file_that_brought_nothing_touches_nothing(lived: LivedIn, tmp_path: Path) -> None:
    again = copied(lived, tmp_path)
    rows = counts(100.0, day=0, source="monday again.csv", imported_at=LATE)
    again.bring("dddd4444", LATE, [("monday again.csv", TrafficCounts, rows)])
    again.issue_congestion(LATE + DAY, "congestion v2")

    found = affected(gather(again.desk), "monday again.csv")

    assert (found.tables, found.issues, found.plans) == ((), (), ())


def test_of_two_files_in_one_import_only_the_one_with_news_touches_anything(lived: LivedIn, tmp_path: Path) -> None:
    both = copied(lived, tmp_path)
    old = counts(100.0, day=0, source="old news.csv", imported_at=LATE)
    new = counts(80.0, day=4, source="news.csv", imported_at=LATE)
    both.bring("dddd4444", LATE, [("old news.csv", TrafficCounts, old), ("news.csv", TrafficCounts, new)])
    both.issue_congestion(LATE + DAY, "congestion v2")
    records = gather(both.desk)

    silent, heard = affected(records, "old news.csv"), affected(records, "news.csv")

    assert (silent.tables, silent.issues) == ((), ())
    assert [(one.table, one.first, one.rows) for one in heard.tables] == [("TrafficCounts", 2, 3)]
    assert [one.issue.issued_at for one in heard.issues] == [LATE + DAY]


def test_a_forecast_issued_twice_is_told_apart_by_the_table_version(lived: LivedIn, tmp_path: Path) -> None:
    twice = copied(lived, tmp_path)
    twice.bring(
        "eeee5555", LATE, [("more.csv", TrafficCounts, counts(90.0, day=2, source="more.csv", imported_at=LATE))]
    )
    twice.issue_congestion(LATE, "congestion v2", flow=200.0)
    twice.plan_signals("signals-again", LATE, LATE, "congestion v2")
    records = gather(twice.desk)

    first, second = lineage(records, "signals-late"), lineage(records, "signals-again")

    assert [issue.read for issue in first.issues] == [(("TrafficCounts", 1),)]
    assert [issue.read for issue in second.issues] == [(("TrafficCounts", 2),)]
    assert plans(affected(records, "more.csv")) == {"signals-again"}


def test_rows_let_out_of_quarantine_later_belong_to_their_file(lived: LivedIn, tmp_path: Path) -> None:
    released = copied(lived, tmp_path)
    rows = counts(77.0, day=3, source="tuesday.csv", imported_at=LATE)
    released.bring("abcd7777", LATE, [("tuesday.csv", TrafficCounts, rows)], hashed=False)
    records = gather(released.desk)

    by_name, by_content = affected(records, "tuesday.csv"), affected(records, str(released.file("tuesday.csv")))

    assert by_name == by_content
    assert [one.import_id for one in by_name.imports] == [SECOND, "abcd7777"]
    assert by_name.unknown == ()


def test_rows_let_out_of_quarantine_of_one_of_two_files_leave_a_doubt(lived: LivedIn, tmp_path: Path) -> None:
    released = copied(lived, tmp_path)
    rows = entities("North Side", source="city.json", imported_at=LATE + 2 * DAY)
    released.bring("abcd7777", LATE + 2 * DAY, [("city.json", Entities, rows)], hashed=False)
    records = gather(released.desk)
    digest = records.imports[0].files[1].sha256
    assert digest is not None

    assert affected(records, digest[:12]).unknown == (
        "Which of the 2 files of this name import abcd7777 took its rows from is not recorded.",
    )


def test_an_import_from_before_files_were_recorded_says_so(lived: LivedIn, tmp_path: Path) -> None:
    older = copied(lived, tmp_path)
    rows = readings(0.9, source="old.csv", imported_at=LATE)
    older.bring("ffff6666", LATE, [("old.csv", BinReadings, rows)], noted=False)
    older.issue_waste(LATE + DAY)
    older.plan_routes("routes-old", LATE + DAY, LATE + DAY)
    records = gather(older.desk)

    found = lineage(records, "routes-old")

    assert found.unknown == (
        "Import ffff6666 is from before files were recorded: of its files only the names are known.",
    )
    assert plans(affected(records, "old.csv")) == {"routes-old"}


def test_versions_that_no_import_wrote_are_said(lived: LivedIn, tmp_path: Path) -> None:
    by_hand = copied(lived, tmp_path)
    by_hand.desk.history.append(BinReadings, readings(0.7, source="by hand", imported_at=LATE))
    by_hand.issue_waste(LATE + DAY)
    by_hand.plan_routes("routes-by-hand", LATE + DAY, LATE + DAY)

    found = lineage(gather(by_hand.desk), "routes-by-hand")

    (said,) = found.unknown
    assert said.startswith("BinReadings version 1: the newest import on record wrote version 0; what wrote the later")


def test_the_command_draws_the_tree_and_gives_the_document(lived: LivedIn) -> None:
    drawn, document = city(lived, "lineage", "signals-late"), city(lived, "lineage", "signals-late", "--json")

    assert drawn.code == 0, drawn.err
    for word in ("signals-late", "congestion v2", "TrafficCounts version 1", "monday.csv", "sha256", "testburg.toml"):
        assert word in drawn.out
    found = document.json()
    assert found["plan"]["plan_id"] == "signals-late"
    assert [one["import_id"] for one in found["imports"]] == [FIRST, SECOND]


def test_the_command_lists_what_is_affected(lived: LivedIn) -> None:
    drawn, document = city(lived, "affected-by", "tuesday.csv"), city(lived, "affected-by", "tuesday.csv", "--json")

    assert drawn.code == 0, drawn.err
    assert "1 models, 1 forecasts and 1 plans are touched" in drawn.out
    assert [one["plan"]["plan_id"] for one in document.json()["plans"]] == ["signals-late"]


def test_an_unknown_file_is_refused_with_exit_code_1(lived: LivedIn) -> None:
    answer = city(lived, "affected-by", "wednesday.csv")

    assert answer.code == 1
    assert "Did you mean" in answer.err
