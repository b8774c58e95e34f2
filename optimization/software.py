"""Which software made a plan: every planner says it in the same words."""

import importlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from city.fingerprints import fingerprint_of_sources, sources_of
from city.version import own_version

THAT_MATTER: Final = ("chengyun", "ortools", "numba", "llvmlite", "numpy", "polars", "lightgbm", "deltalake")
"""Packages whose other version may lead to another forecast or another plan from the same data."""


def software() -> str:
    """Chengyun and its solver by version."""
    return f"chengyun {own_version()}, ortools {version('ortools')}"


def packages() -> tuple[tuple[str, str], ...]:
    """Python and the packages that matter, with their versions; nothing of those that are not installed."""
    found = [("python", platform.python_version())]
    for name in THAT_MATTER:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)


@cache
def platform_name() -> str:
    """System, instruction set and the processor that code is compiled for: sums of numbers may differ between them."""
    compiler = importlib.import_module("llvmlite.binding")  # published without types
    return f"{platform.system()} {platform.machine()} {compiler.get_host_cpu_name()}"


@cache
def code_sha256(*entries: str) -> str:
    """Of the source texts of these modules and of all of ours that they import."""
    return fingerprint_of_sources(sources_of(*entries))
