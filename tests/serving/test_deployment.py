"""What a city would run the service with: read as the tools read it, and held against what the code knows."""

import dataclasses
import json
import re
import shlex
import tomllib
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

    for value in re.findall(r"(?:PASSWORD|SIXTEEN_LETTERS\w*|SALT): +(\S+)", text):
        assert value.startswith("${")
    for image in re.findall(r"(?:image:|FROM) +(\S+)", text):
        assert "." not in image.split("/")[0].split(":")[0]
    assert "--index-url" not in text


def test_every_setting_that_is_given_is_one() -> None:
    known = set(re.findall(r'"(CITY_\w+)"', (ROOT / "city" / "settings.py").read_text(encoding="utf-8")))
    given = set(re.findall(r"\b(CITY_[A-Z_]+)", (ROOT / "compose.yaml").read_text(encoding="utf-8") + CONTAINERFILE))

    assert given - known == set()


def test_the_settings_of_the_compose_file_are_understood() -> None:
    settings = Settings.from_environment(filled({}))

    assert settings.ledger_url.startswith("postgresql+psycopg://city:")
    assert settings.history_url == "s3://city/history"
    assert settings.tracking_uri == "http://mlflow:5000"
    assert settings.dask_scheduler is None


def filled(given: dict[str, str]) -> dict[str, str]:
    """The service's environment as Compose hands it over: secrets are set, what else may be set is as `given`."""
    return {
        name: re.sub(
            r"\$\{(\w+):[?-][^}]*\}", lambda found: given.get(found[1], SIXTEEN_LETTERS * (":?" in found[0])), value
        )
        for name, value in SERVICES["serving"]["environment"].items()
    }


SIXTEEN_LETTERS = "0123456789abcdef"


def test_whoever_starts_dask_too_names_its_scheduler_to_the_service() -> None:
    address = "tcp://scheduler:8786"
    assert address in (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
    assert Settings.from_environment(filled({"CITY_DASK_SCHEDULER": address})).dask_scheduler == address

    words = {name: SERVICES[name]["command"] for name in ("scheduler", "worker")}
    assert words["worker"][2] == address
    assert words["scheduler"][words["scheduler"].index("--port") + 1] == address.rpartition(":")[2]
    for name in words:
        assert SERVICES[name]["image"] == SERVICES["serving"]["image"]  # a worker runs our own code
        assert "ports" not in SERVICES[name]  # whoever reaches it runs what they like there


def test_who_shares_the_image_and_does_not_serve_is_not_asked_for_its_health_there() -> None:
    ours = {name: one for name, one in SERVICES.items() if one["image"] == SERVICES["serving"]["image"]}

    assert {name for name, one in ours.items() if one.get("healthcheck") != {"disable": True}} == {"serving"}


def test_volumes_of_the_image_lie_where_its_user_may_write() -> None:
    """A volume takes the owner of the folder that it lies on; where the image has none, it is root's."""
    folder = re.search(r"install --directory --owner city --group city (\S+)", CONTAINERFILE)
    assert folder is not None

    for one in SERVICES.values():
        if one["image"] == SERVICES["serving"]["image"]:
            assert {volume.split(":")[1] for volume in one["volumes"]} <= {folder[1]}


def test_what_the_image_copies_is_there_and_is_let_through() -> None:
    copied = {
        name for line in re.findall(r"^COPY (?!--)(.+) \S+$", CONTAINERFILE, re.MULTILINE) for name in line.split()
    }
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".containerignore").read_text(encoding="utf-8"), re.MULTILINE))

    assert all((ROOT / name).exists() for name in copied)
    assert copied == let_through
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert set(packages["wheel"]["packages"]) <= copied


def test_a_bento_holds_every_package_and_where_its_version_stands() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    packed = {name.removesuffix("/**") for name in project["bentoml"]["build"]["include"]}

    assert {*project["hatch"]["build"]["targets"]["wheel"]["packages"], "pyproject.toml"} == packed


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
