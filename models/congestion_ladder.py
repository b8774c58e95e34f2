"""The ladder of congestion forecasts: champion, previous champion, HA + AR(1), profile. One contract for all rungs.

A rung speaks for the detectors that it can; the next one is asked for the others. Every rung above that says nothing
leaves a reason.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # published without types

from city.clock import zone
from city.errors import CityError, InvalidValueError
from features.arrays import HOUR_S, Floats, Ints, moment_of
from features.congestion import HORIZON_S, CityTraffic
from features.congestion_around import AroundTraffic
from models.baseline import ha_ar1_quantiles, profile_quantiles
from models.congestion_model import CongestionModel
from models.congestion_ready import ReadyMeasure, look, say
from models.dense_settings import QUANTILES
from models.ha_ar1 import HaAr1
from models.leads import anchors

CHAMPION, PREVIOUS, HA_AR1, PROFILE = "champion", "previous_champion", "ha_ar1", "profile"
FRESH_S = 24 * HOUR_S
"""Older than this the last value says nothing of now."""
SILENT_S = 3 * HOUR_S
NAMED = 5
Spoken = dict[str, Floats]
"""Per measure detectors x leads x quantiles; NaN where the rung has nothing to say."""
Heard = tuple[Spoken, tuple[str, ...], Mapping[str, ReadyMeasure]]
"""With what is to be known of it, and what a model read to say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A model of the registry, or why there is none."""

    rung: str
    label: str
    model: CongestionModel | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`leads`: steps of the wall clock after the newest known one; `at_s` when they begin, in seconds of UTC."""

    around: AroundTraffic
    issued_s: int
    at_s: Ints
    leads: Ints

    @property
    def traffic(self) -> CityTraffic:
        return self.around.traffic

    @property
    def newest(self) -> int:
        return self.traffic.steps - 1

    @property
    def newest_s(self) -> int:
        """When the newest known step ended."""
        return int(self.traffic.clock.at_s(np.array([self.newest]))[0]) + self.traffic.clock.step_s

    def told_time(self, second: int) -> str:
        """By the city's clock."""
        return f"{moment_of(second).astimezone(zone(self.traffic.clock.time_zone)):%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Climbed:
    """Per detector the place in `rungs` of who speaks for it, -1 for nobody; values of all measures, NaN if untold."""

    rungs: tuple[tuple[str, str], ...]
    """(rung, label) in the order of the ladder."""
    of_detector: Ints
    values: Spoken
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    """What is good to know of a forecast that is as good as it should be."""
    missing: tuple[str, ...] = field(default=())
    ready: Mapping[str, ReadyMeasure] = field(default_factory=dict)
    """What the champion read; nothing where it had nothing to say."""


def climb(question: Question, kept: tuple[Kept, ...]) -> Climbed:
    """Ask rung after rung until every detector has a forecast or nobody is left to ask."""
    traffic = question.traffic
    shape = (len(traffic.detectors), len(question.leads), len(QUANTILES))
    values = {measure: np.full(shape, np.nan) for measure in traffic.measures}
    of_detector = np.full(shape[0], -1, np.int64)
    names, reasons, notes, used = [], [], [], None
    ready: Mapping[str, ReadyMeasure] = {}
    for number, (rung, label, speak) in enumerate(_rungs(question, kept)):
        names.append((rung, label))
        try:
            spoken, said_of_it, read = speak()
        except CityError as refused:
            reasons.append(f"{label}: {refused}")
            continue
        can = np.any([np.isfinite(said).all(axis=(1, 2)) for said in spoken.values()], axis=0)
        taken = (of_detector < 0) & can
        notes += [f"{label}: {sentence}" for sentence in said_of_it]
        for measure, said in spoken.items():
            values[measure][taken] = said[taken]
        of_detector[taken] = number
        ready = read if rung == CHAMPION else ready
        used = used or (number, label)
        if (of_detector >= 0).all():
            break
    reasons += _left_to_lower_rungs(traffic, of_detector, used, names)
    model = next((one.model for one in kept if one.model is not None and used and one.label == used[1]), None)
    return Climbed(
        rungs=tuple(names),
        of_detector=of_detector,
        values=values,
        reasons=tuple(reasons),
        notes=tuple(notes),
        missing=_missing(question, model),
        ready=ready,
    )


def _rungs(question: Question, kept: tuple[Kept, ...]) -> Iterator[tuple[str, str, Callable[[], Heard]]]:
    for one in kept:
        yield one.rung, one.label, partial(_of_model, question, one)
    yield HA_AR1, HA_AR1, partial(_of_ha_ar1, question)
    yield PROFILE, PROFILE, partial(_of_profile, question)


@dataclass(kw_only=True, eq=False)
class AbsentModelError(CityError):
    """There is no model on this rung."""

    code = "absent-model"
    reason: str

    def sentence(self) -> str:
        return self.reason


def _of_model(question: Question, kept: Kept) -> Heard:
    model = kept.model
    if model is None:
        raise AbsentModelError(reason=kept.reason)
    farthest = int(question.leads.max())
    if farthest > model.furthest_lead():
        step_s = question.traffic.clock.step_s
        raise InvalidValueError(
            subject="Congestion forecast",
            field="furthest step",
            found=f"{farthest * step_s / HOUR_S:.0f} h after the newest count",
            expected=f"at most {model.furthest_lead() * step_s / HOUR_S:.0f} h",
            todo="Bring the feed up to date, or ask for a nearer time.",
        )
    view = model.view(question.around)
    here = {name: place for place, name in enumerate(model.detectors)}
    place = np.array([here.get(name, -1) for name in question.traffic.detectors], np.int64)
    spoken, told, read = {}, [], {}
    for measure in model.measures:
        if measure in question.traffic.measures:
            read[measure] = ready = look(model, view, measure, question.leads)
            with threadpool_limits(1):
                said = say(model, measure, ready)
            told.append(ready.lately.sentence(measure, model.step_s))
            spoken[measure] = np.where((place >= 0)[:, None, None], said[np.maximum(place, 0)], np.nan)
    if not spoken:
        raise AbsentModelError(reason=f"it forecasts {', '.join(model.measures)}, which the feed no longer measures")
    return spoken, tuple(sentence for sentence in told if sentence is not None), read


def _of_ha_ar1(question: Question) -> Heard:
    age_s = question.issued_s - question.newest_s
    if age_s > FRESH_S:
        raise AbsentModelError(
            reason=f"the newest count ended at {question.told_time(question.newest_s)}, "
            f"{age_s / HOUR_S:.0f} h before the issue; at most {FRESH_S / HOUR_S:.0f} h are of use"
        )
    traffic = question.traffic
    at = anchors(
        step_s=traffic.clock.step_s,
        first_lead=traffic.first_lead,
        most_steps=traffic.steps // 2,
        horizon_s=HORIZON_S,
    )
    spoken = {}
    for measure in traffic.measures:
        grid = traffic.dense(measure)
        said = ha_ar1_quantiles(HaAr1.fit(grid, at), grid, np.array([question.newest]), question.leads)[0]
        spoken[measure] = _known_ones(np.sort(np.maximum(said, 0.0), axis=2), traffic, measure)
    return spoken, (), {}


def _of_profile(question: Question) -> Heard:
    traffic = question.traffic
    spoken = {
        measure: _known_ones(
            np.maximum(profile_quantiles(traffic.dense(measure), question.leads), 0.0), traffic, measure
        )
        for measure in traffic.measures
    }
    return spoken, (), {}


def _known_ones(said: Floats, traffic: CityTraffic, measure: str) -> Floats:
    """Nothing is said of what a detector has never measured: the mean of the others is not its own."""
    ever = np.isfinite(traffic.values[measure]).sum(axis=0) > 0
    return np.where(ever[:, None, None], said, np.nan)


def _left_to_lower_rungs(
    traffic: CityTraffic, of_detector: Ints, used: tuple[int, str] | None, names: list[tuple[str, str]]
) -> list[str]:
    if used is None:
        return []
    reasons = []
    for number, (_, label) in enumerate(names):
        lower = [traffic.detectors[place] for place in np.flatnonzero(of_detector == number)]
        if number > used[0] and lower:
            reasons.append(f"{used[1]} knows nothing of {_listed(lower)}: {label} answers there")
    return reasons


def _missing(question: Question, model: CongestionModel | None) -> tuple[str, ...]:
    """What the forecast had to do without."""
    around, traffic = question.around, question.traffic
    found = []
    told = () if model is None else model.told
    if not around.knows_weather(question.newest, int(question.leads.min())):
        heard = "the model has learned to use it" if "rain_forecast" in told else "no forecast here uses it"
        found.append(f"no weather forecast is known for the hours asked about ({heard})")
    if not around.complaints.known_s:
        heard = "the model has learned to use them" if "complaints_7d" in told else "no forecast here uses them"
        found.append(f"no complaints are known ({heard})")
    silent = _silent(question)
    if silent:
        found.append(f"stale: {'; '.join(silent[:NAMED])}" + _and_more(len(silent)))
    if traffic.left_out:
        found.append(f"left out for their other step: {_listed(list(traffic.left_out))}")
    return tuple(found)


def _silent(question: Question) -> list[str]:
    """Detectors that stopped before the others did, and when."""
    traffic = question.traffic
    heard, most = traffic.last_heard(), max(SILENT_S // traffic.clock.step_s, 2)
    said = []
    for place in np.flatnonzero(question.newest - heard > most):
        ended_s = int(traffic.clock.at_s(np.array([heard[place]]))[0]) + traffic.clock.step_s
        since = f"since {question.told_time(ended_s)}" if heard[place] >= 0 else "in all this time"
        said.append(f"detector {traffic.detectors[place]} has said nothing {since}")
    return said


def _listed(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + _and_more(len(names))


def _and_more(count: int) -> str:
    return f" and {count - NAMED} more" if count > NAMED else ""
