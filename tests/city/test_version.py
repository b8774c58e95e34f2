"""The version is told whether the package is installed or its folders were only copied."""

import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from city import version

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("is_installed", [True, False])
def test_it_is_that_of_the_project(is_installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    if not is_installed:
        monkeypatch.setattr(version, "version", missing)
    version.own_version.cache_clear()

    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert version.own_version() == written
    version.own_version.cache_clear()


@pytest.mark.parametrize("text", [None, "", "[project]", "version"])
def test_without_a_project_it_is_unknown_and_no_error(text: str | None, tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    if text is not None:
        project.write_text(text, encoding="utf-8")

    assert version._written(project) == version.UNKNOWN
