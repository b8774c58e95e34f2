"""The README's table of the service, from benchmarks/results/serving_load.json."""

import json
from pathlib import Path


def serving(folder: Path) -> str:
    """Each stored reading beside a bare uvicorn and FastAPI that return the same bytes, in one run."""
    path = folder / "serving_load.json"
    if not path.is_file():
        return ""
    found = json.loads(path.read_text("utf-8"))
    lines = [
        "| stored, 8 connections | kB | requests/s | p99, ms | CPU, ms | bare: requests/s | p99, ms | CPU, ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, own in found["routes"].items():
        bare, kilobytes = found["bare"][name], found["bytes"][name] / 1000
        cells = [f"{kilobytes:,.0f}"]
        for one in (own, bare):
            cells += [f"{one['rps']:,.0f}", f"{one['p99_ms']:.1f}", f"{one['cpu_ms']:.3f}"]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    command = (
        f"`python -m benchmarks.serving --part load`, one worker, medians of {found['config']['repeats']}, "
        f"commit {found['commit'][:12]}, {found['machine']['cores']} cores. Bare: uvicorn and FastAPI that return the "
        "same bytes, in the same run."
    )
    return "\n".join(lines) + f"\n\n{command}\n"
