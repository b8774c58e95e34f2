"""What a city would run the service with: read as the tools read it, and held against what the code knows."""

import dataclasses
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

from city.settings import Settings
from serving.cli import app
from serving.running import command, environment

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_parts_that_a_city_grows_into_are_there() -> None:
    assert {"serving", "postgres", "mlflow", "objects", "scheduler", "worker"} <= set(SERVICES)
    for service in SERVICES.values():
        waits_for = service.get("depends_on", {})
        assert set(waits_for) <= set(SERVICES)
        for name, how in waits_for.items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[name]
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in COMPOSE["volumes"]


@pytest.mark.parametrize("file", ["compose.yaml", "Containerfile", ".containerignore"])
def test_no_secret_and_no_registry_stands_in_them(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")

    for value in re.findall(r"(?:PASSWORD|SECRET\w*|SALT): +(\S+)", text):
        assert value.startswith("${")
    for image in re.findall(r"(?:image:|FROM) +(\S+)", text):
        assert "." not in image.split("/")[0].split(":")[0]
    assert "--index-url" not in text


def test_every_setting_that_is_given_is_one() -> None:
    known = set(re.findall(r'"(CITY_\w+)"', (ROOT / "city" / "settings.py").read_text(encoding="utf-8")))
    given = set(re.findall(r"\b(CITY_[A-Z_]+)", (ROOT / "compose.yaml").read_text(encoding="utf-8") + CONTAINERFILE))

    assert given - known == set()


def test_the_settings_of_the_compose_file_are_understood() -> None:
    given = {name: re.sub(r"\$\{\w+:\?[^}]*\}", "0123456789abcdef", value) for name, value in served().items()}
    settings = Settings.from_environment(given)

    assert settings.ledger_url.startswith("postgresql+psycopg://city:")
    assert settings.history_url == "s3://city/history"
    assert settings.tracking_uri == "http://mlflow:5000"


def served() -> dict[str, str]:
    found: dict[str, str] = SERVICES["serving"]["environment"]
    return found


def test_what_the_containers_start_is_what_the_command_knows() -> None:
    words = SERVICES["serving"]["command"]
    image = json.loads(CONTAINERFILE.rpartition("CMD ")[2])

    assert (words[0], image) == ("city", ["city", "serve"])
    shown = CliRunner().invoke(app, [words[1], "--help"]).output
    assert all(word in shown for word in words if word.startswith("--"))


def test_the_container_runs_as_nobody_special_and_is_asked_for_its_health() -> None:
    instructions = [line.split()[0] for line in CONTAINERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]

    assert re.search(r"^USER 10001$", CONTAINERFILE, re.MULTILINE)
    assert instructions.index("USER") < instructions.index("HEALTHCHECK") < instructions.index("CMD")
    assert "/readyz" in CONTAINERFILE
    assert "BENTOML_CONTAINERIZED" not in CONTAINERFILE  # it would let a worker that died stay dead


def test_it_stops_later_than_its_requests_are_given_to_end() -> None:
    grace_s = int(str(SERVICES["serving"]["stop_grace_period"]).removesuffix("s"))
    settings = Settings.from_environment({})

    assert grace_s > settings.drain_s
    words = command("127.0.0.1", 3000, settings.drain_s)
    assert words[words.index("--timeout-graceful-shutdown") + 1] == str(settings.drain_s)


def test_workers_are_told_how_many_they_are() -> None:
    settings = dataclasses.replace(Settings.from_environment({}), workers=3)

    assert environment(settings)["CITY_WORKERS"] == "3"


def test_the_runbook_names_commands_and_settings_that_there_are() -> None:
    text = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
    known = (ROOT / "city" / "settings.py").read_text(encoding="utf-8")
    settings = set(re.findall(r"\b(CITY_[A-Z_]+)\b", text))
    there_are = {*(one.name for one in app.registered_commands), *(one.name for one in app.registered_groups)}
    commands = {shlex.split(line)[1] for line in re.findall(r"^ {4}(city [a-z].*)$", text, re.MULTILINE)}

    assert all(f'"{name}"' in known for name in settings)
    assert commands
    assert commands <= there_are
    assert {"--workers", "/readyz", "/metrics"} <= set(re.findall(r"--workers|/readyz|/metrics", text))
