"""`city compare`, `city effects` and `city report month` as a user starts them."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from serving.cli import app
from tests.serving.loop.small_city import DAY, SmallCity, at


def city(town: SmallCity, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(town.folder), *words])


def test_with_nothing_to_compare_they_say_so_and_what_to_do(town: SmallCity) -> None:
    compared = city(town, "compare")
    reported = city(town, "report", "month")

    assert compared.exit_code == 0
    assert "Nothing to compare yet" in compared.stdout
    assert "city import" in compared.stdout
    assert reported.exit_code == 1
    assert "city compare" in reported.stderr


def test_a_day_is_compared_and_the_month_reported(town: SmallCity, tmp_path: Path) -> None:
    town.forecast(80.0, 90.0, 110.0, issued_at=at(-3.5))
    town.count(100.0)

    compared = city(town, "compare", "--day", DAY.isoformat(), "--json")
    reported = city(town, "report", "month", "--out", str(tmp_path / "out"), "--json")

    assert compared.exit_code == 0, compared.stderr
    (day,) = json.loads(compared.stdout)["days"]
    assert {part["kind"]: part["version"] for part in day["parts"]} == {"forecasts": 1, "signals": 1}
    assert reported.exit_code == 0, reported.stderr
    assert json.loads(reported.stdout)["report"]["quantities"][0]["mae"] == 10.0
    assert (tmp_path / "out" / "report-2026-03.en.html").is_file()


def test_a_measure_is_declared_and_listed(town: SmallCity) -> None:
    words = ("--measure", "pace_s_km", "--unit", "junction", "--pilot", "J-north", "--control", "J-south")
    days = ("--before", "2098-03-01", "--from", "2098-04-01", "--until", "2098-04-20")

    declared = city(town, "effects", "declare", "green-wave", *words, *days, "--reason", "the corridor is coordinated")
    listed = city(town, "effects", "list", "--json")
    refused = city(town, "effects", "accept", "green-wave", "--reason", "why not")

    assert declared.exit_code == 0, declared.stderr
    assert "city compare" in declared.stdout
    assert [one["declared"]["measure"]["measure_id"] for one in json.loads(listed.stdout)["effects"]] == ["green-wave"]
    assert refused.exit_code == 1
    assert "nothing is proposed" in refused.stderr
