"""Small nets that SUMO generates for the tests, and vehicles to drive on them."""

import re
import subprocess
from pathlib import Path

import pytest

VEHICLES = (
    ("left0A0", "A0B0 B0right0", 2),
    ("right0B0", "B0A0 A0left0", 3),
    ("top0A0", "A0bottom0", 6),
    ("bottom0A0", "A0left0", 12),
    ("top1B0", "B0right0", 9),
    ("bottom1B0", "B0top1", 7),
)


def generated(folder: Path, *options: str) -> Path:
    """Two junctions in a row, each with a left lane and a protected left stage."""
    sumo = pytest.importorskip("sumo", reason="the extra `sim` is not installed")
    pytest.importorskip("sumolib", reason="the extra `sim` is not installed")
    file = folder / "two.net.xml"
    command = [
        str(Path(sumo.SUMO_HOME) / "bin" / "netgenerate"), "--grid", "--grid.x-number", "2", "--grid.y-number", "1",
        "--grid.length", "250", "--grid.attach-length", "150", "--default.lanenumber", "2", "--turn-lanes", "1",
        "--turn-lanes.length", "60", "--default-junction-type", "traffic_light", "--no-turnarounds", *options,
        "-o", str(file),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return file


def scenario(folder: Path, net: Path, *, end_s: int = 300) -> Path:
    """A folder as the benchmark reads it: one vehicle every few seconds on each way."""
    trips = sorted(
        (depart, f'<trip id="{k}.{depart}" depart="{depart}" from="{start}" to="{ways.split()[-1]}"/>')
        for k, (start, ways, every) in enumerate(VEHICLES)
        for depart in range(k, end_s, every)
    )
    (folder / "trips.rou.xml").write_text(f"<routes>{''.join(trip for _, trip in trips)}</routes>", encoding="utf-8")
    meta = f'name = "two"\nnet = "{net}"\nroutes = "trips.rou.xml"\nbegin_s = 0\nend_s = {end_s}\n'
    (folder / "meta.toml").write_text(meta, encoding="utf-8")
    return folder


def with_program(net: Path, out: Path, *, offset_s: int = 0, states: tuple[str, str] | None = None) -> Path:
    """The net with another offset, or with one state of its programs replaced by another."""
    text = re.sub(r'(<tlLogic [^>]*offset=")\d+', rf"\g<1>{offset_s}", net.read_text(encoding="utf-8"))
    if states is not None:
        assert states[0] in text
        text = text.replace(f'state="{states[0]}"', f'state="{states[1]}"')
    out.write_text(text, encoding="utf-8")
    return out
