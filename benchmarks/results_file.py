"""A results file: figures together with what they were measured with."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    "lightgbm", "ortools", "polars", "numpy", "deltalake", "dataframely", "duckdb", "pandera", "mlflow", "eclipse-sumo",
    "numba", "pyvrp", "pyvroom",
)  # fmt: skip


def write_results(
    name: str, figures: Mapping[str, object], *, config: Mapping[str, object], seed: int, out: Path | None = None
) -> Path:
    """Write figures with commit, config, seed and machine; the file's path."""
    path = out if out is not None else ROOT / "benchmarks" / "results" / f"{name}.json"
    document = {**provenance(config=config, seed=seed), **figures}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nWritten to {path}")
    return path


def provenance(*, config: Mapping[str, object], seed: int) -> dict[str, object]:
    return {
        "commit": _commit(),
        "config": dict(config),
        "seed": seed,
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "python": platform.python_version(),
            "packages": {package: found for package in PACKAGES if (found := _version(package)) is not None},
        },
    }


def _version(package: str) -> str | None:
    """None where it is not installed: the packages to compare with are an extra."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    asked = subprocess.run(
        [git, "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else None
