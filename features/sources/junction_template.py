"""Forms of junctions, prefilled from the detectors of the history as far as these tell."""

import math
import re

import polars as pl

from city.documents import to_json
from city.frames import Detectors, TrafficCounts
from city.ids import DetectorId, DistrictId, JunctionId
from city.junction_form import ARMS, ApproachForm, DrivesOn, JunctionForm
from city.places import CityInfo
from city.store import History

_DIRECTION = re.compile(r"\b(NE|NW|SE|SW|N|E|S|W)\s+of\b", re.IGNORECASE)
_LEFT = (
    "Australia/", "Pacific/Auckland", "Europe/London", "Europe/Dublin", "Asia/Hong_Kong", "Asia/Macau", "Asia/Tokyo",
    "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Bangkok", "Asia/Kolkata", "Asia/Jakarta", "Africa/Johannesburg",
    "Africa/Nairobi",
)  # fmt: skip
_TURN_SHARE = 0.15
_LANE_VEH_H = 800.0  # what one lane passes in an hour at a signal: 1,800 pcu/h at about 45 % of green
_LANE_M = 3.5
_UNKNOWN_ARMS = ("N", "S")  # a junction needs two, and opposite ones are the rule


def junction_files(file: str, history: History | None, city: CityInfo | None) -> tuple[str, str]:
    """The JSON document of forms, and the feed that reads it back."""
    rows = history.read(Detectors) if history is not None else Detectors.create_empty()
    known = rows.filter(pl.col("junction_id").is_not_null()).sort("junction_id", "detector_id")
    peaks = _peaks(history) if known.height and history is not None else {}
    forms = [_form(group, city, peaks) for group in known.partition_by("junction_id", maintain_order=True)]
    document = to_json({"junctions": forms or [_example(city)]})
    feed = (
        f'\n[[feed]]\nname = "junctions"\nentity = "junction"\npath = "{file}"\nitems = "junctions"\n'
        'document = "junction_form"\ncrs = "WGS84"\n'
    )
    return document, feed


def _peaks(history: History) -> dict[str, float]:
    """The flow that a detector exceeds in 1 % of its intervals, veh/h."""
    counts = history.read(TrafficCounts).filter(pl.col("flow_veh_h").is_not_null())
    return dict(counts.group_by("detector_id").agg(pl.col("flow_veh_h").quantile(0.99)).iter_rows())


def _form(detectors: pl.DataFrame, city: CityInfo | None, peaks: dict[str, float]) -> JunctionForm:
    junction_id = detectors["junction_id"][0]
    arms = _arms(list(detectors.select("detector_id", "approach").iter_rows()))
    names = [name for name in detectors["approach"] if name]
    lon, lat = (detectors[column].mean() for column in ("lon", "lat"))
    covered = dict(detectors.select("detector_id", "lanes").iter_rows())
    lanes = {
        arm: max(1, sum(max(covered[one], math.ceil(peaks.get(one, 0.0) / _LANE_VEH_H)) for one in ids))
        for arm, ids in arms.items()
    }
    placed = isinstance(lon, float) and isinstance(lat, float)
    assumed = [f"arm {arm} shares of turns: {_TURN_SHARE:.0%} left, {_TURN_SHARE:.0%} right" for arm in arms]
    assumed += [
        f"arm {arm} has no detector: without its uncounted_peak_veh_h (what arrives in its busiest quarter of an hour, "
        "veh/h, as somebody estimates it) this junction cannot be planned"
        for arm, ids in arms.items()
        if not ids
    ]
    counted = ", ".join(f"{number} from {arm}" for arm, number in lanes.items())
    needed = f"as many as their busiest hours need at {_LANE_VEH_H:.0f} veh/h each"
    assumed += [f"lanes are {counted}: those that the detectors cover, or {needed}"]
    assumed += [f"people cross every arm, as wide as its lanes both ways ({_LANE_M} m each)", "speed is 50 km/h"]
    assumed += [] if placed else ["the place of this junction is not known: longitude and latitude are 0"]
    return JunctionForm(
        junction_id=JunctionId(junction_id),
        district_id=DistrictId(detectors["district_id"][0]),
        name=names[0] if names else junction_id,
        lon=lon if isinstance(lon, float) and placed else 0.0,
        lat=lat if isinstance(lat, float) and placed else 0.0,
        national_profile=city.national_profile if city else "CN",
        drives_on=_side(city),
        approaches=tuple(
            ApproachForm(
                arm=arm,
                lanes_through=lanes[arm],
                # A crossing that is not there costs a little green; one that was forgotten costs more.
                crossing_m=2 * _LANE_M * lanes[arm],
                share_left=_TURN_SHARE,
                share_right=_TURN_SHARE,
                detector_ids=tuple(DetectorId(detector) for detector in ids),
            )
            for arm, ids in arms.items()
        ),
        assumed=tuple(assumed),
    )


def _arms(detectors: list[tuple[str, str | None]]) -> dict[str, list[str]]:
    """Detectors by arm: the direction in the approach's name ('HIGH_ST NE of X_RD'), else where there is room."""
    arms: dict[str, list[str]] = {}
    undecided: list[tuple[str, str]] = []
    for detector, approach in detectors:
        match = _DIRECTION.search(approach or "")
        direction = match[1].upper() if match else (approach or "").upper()
        if direction in tuple(ARMS):
            arms.setdefault(direction, []).append(detector)
        else:
            undecided.append((detector, direction))
    for detector, direction in undecided:
        near = [arm for arm in direction if arm in ARMS]
        free = [arm for arm in (*near, *ARMS) if arm not in arms]
        arms.setdefault(free[0] if free else (near or [ARMS[0]])[0], []).append(detector)
    for arm in _UNKNOWN_ARMS if len(arms) < 2 else ():
        arms.setdefault(arm, [])
    if len(arms) < 2:
        arms.setdefault(ARMS[(ARMS.index(next(iter(arms))) + 2) % len(ARMS)], [])
    return {arm: arms[arm] for arm in ARMS if arm in arms}


def _side(city: CityInfo | None) -> DrivesOn:
    return DrivesOn.LEFT if city is not None and city.time_zone.startswith(_LEFT) else DrivesOn.RIGHT


def _example(city: CityInfo | None) -> JunctionForm:
    return JunctionForm(
        junction_id=JunctionId("J-1"),
        district_id=DistrictId("centre"),
        name="First Street / Main Street",
        lon=116.41,
        lat=39.91,
        national_profile=city.national_profile if city else "CN",
        drives_on=_side(city),
        approaches=tuple(
            ApproachForm(
                arm=arm,
                lanes_through=2,
                lanes_left=1,
                share_left=0.2,
                share_right=0.15,
                detector_ids=(DetectorId(f"J-1-{arm}"),),
                crossing_m=20.0,
            )
            for arm in ARMS
        ),
        protected_turns=("N", "S"),
        assumed=("an example: replace every value of this form by your junction's",),
    )
