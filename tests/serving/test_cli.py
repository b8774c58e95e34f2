"""The `city` command on its own: help, wrong usage, refusals. None of it needs a city."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serving.cli import app
from tests.serving.conftest import city

COMMANDS = ("demo", "import", "train", "forecast", "plan", "check", "template", "serve")


def run(*words: str, home: Path) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *words], terminal_width=120)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command: str, tmp_path: Path) -> None:
    answer = run(command, "--help", home=tmp_path)

    assert answer.exit_code == 0
    assert f"Example: city {command}" in answer.output


def test_city_alone_shows_all_commands() -> None:
    answer = CliRunner().invoke(app, [])

    for command in COMMANDS:
        assert f"\n  {command} " in answer.output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("forecast", "rain"), "rain"),
        (("plan", "signals", "--date", "31.03.2026"), "'31.03.2026' is no date; write 2026-03-31"),
        (("plan", "routes", "--junction", "J1"), "by district"),
        (("plan", "signals", "--what-can"), "it goes with routes"),
        (("plan", "signals", "--at", "noon"), "'noon' is no time"),
        (("import",), "--mapping"),
        (("serve", "--port", "99999"), "65535"),
        (("paint",), "paint"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_was_expected(
    words: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    answer = run(*words, home=tmp_path)

    assert answer.exit_code == 2
    assert complaint in " ".join(answer.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("forecast", "congestion"), "traffic counts"),
        (("train", "waste"), "bin readings"),
        (("plan", "signals"), "a city"),
        (("plan", "routes"), "a city"),
    ],
)
def test_an_empty_home_is_refused_with_what_is_missing(words: tuple[str, ...], missing: str, tmp_path: Path) -> None:
    answer = run(*words, home=tmp_path / "var")

    assert answer.exit_code == 1
    assert f"needs {missing}" in answer.stderr
    assert "city import" in answer.stderr


def test_a_refusal_is_one_json_document_for_machines(tmp_path: Path) -> None:
    answer = run("forecast", "waste", "--json", home=tmp_path)

    document = json.loads(answer.stdout)
    assert answer.exit_code == 1
    assert document["refused"] is True
    assert document["code"] == "missing-input"
    assert "bin readings" in document["detail"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "it is not JSON"),
        ('{"kind": "signals", "plan_id": NaN}', "holds NaN"),
        ('{"kind": "poems"}', "kind is 'poems', expected signals or routes"),
        ('{"kind": "signals"}', "the field is missing"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(content: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(content, encoding="utf-8")

    answer = run("check", str(file), home=tmp_path / "var")

    assert answer.exit_code == 1
    assert complaint in answer.stderr


def test_a_plan_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    answer = run("check", str(tmp_path / "plan.json"), home=tmp_path / "var")

    assert answer.exit_code == 1
    assert "No such file" in answer.stderr


def test_what_nobody_foresaw_is_a_short_sentence_and_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("serving.forecasting.issue", breaks)
    answer = run("forecast", "waste", home=tmp_path)

    assert answer.exit_code == 1
    assert "ZeroDivisionError" in answer.stderr
    assert "Traceback" not in answer.output
    log = next((tmp_path / "logs").glob("city-*.log"))
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_wrong_environment_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY_PORT", "http")

    answer = run("forecast", "waste", home=tmp_path)

    assert answer.exit_code == 2
    assert "CITY_PORT is 'http'" in answer.stderr


def test_as_a_process_it_ends_with_the_same_codes(tmp_path: Path) -> None:
    assert city("--version", home=tmp_path).code == 0
    assert city("check", str(tmp_path / "plan.json"), "--json", home=tmp_path).json()["refused"] is True
    assert city("plan", "poems", home=tmp_path).code == 2
