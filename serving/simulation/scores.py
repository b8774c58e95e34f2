"""What a simulated life came to, beside its opponents and the targets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from serving.simulation.bins import Bins
from serving.simulation.delays import BY_TRAFFIC, FIXED_LAMPS, OURS
from serving.simulation.fixed_life import FixedLife, overflow_share
from serving.simulation.life import Lived, LivedDay
from serving.simulation.rounds_km import Work
from serving.simulation.skill import Skill, sum_of

MOST_BY_FILL_KM: Final = 0.80  # of the fixed rounds'
MOST_DAILY_HOURS: Final = 1.0
MOST_DELAY: Final = 0.75
NOMINAL_COVERAGE: Final = 0.80
MOST_OFF_COVERAGE: Final = 0.03
FEWEST_VALUES: Final = 100  # below, a coverage says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`reached` is None where there was too little to tell."""

    name: str
    sentence: str
    wanted: str
    figure: float | None
    reached: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Our plans as fixed lamps and by traffic; ratios are to the fixed programs.

    `by_record` of the junctions run by traffic because their records say so: the target is judged with these.
    `with_detectors` could: that is what `by_traffic_...` are of.
    """

    junctions: int
    by_record: int
    with_detectors: int
    fixed_lamps_s: float
    by_traffic_s: float
    fixed_lamps_ratio: float | None
    by_traffic_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    lived: Lived
    fixed: FixedLife
    judged: tuple[int, ...]  # numbers of the days on which both had a plan to compare

    @property
    def ours(self) -> dict[str, float]:
        days = self.lived.days
        return _sums([self._work(k) for k in self.judged], [day.bins for day in days]) | _delay(days, OURS)

    @property
    def theirs(self) -> dict[str, float]:
        works = [self.fixed.days[k].work for k in self.judged]
        return _sums(works, [day.bins for day in self.fixed.days]) | _delay(self.lived.days, "fixed")

    @property
    def of_old(self) -> dict[str, float]:
        return _delay(self.lived.days, "of old")

    @property
    def signals(self) -> "Signals":
        days, theirs = self.lived.days, self.theirs["delay_h"]
        found = {policy: _delay(days, policy) for policy in (OURS, FIXED_LAMPS, BY_TRAFFIC)}
        run = {policy: max((day.delays[policy].by_traffic for day in days), default=0) for policy in found}
        return Signals(
            junctions=len(self.lived.programs.junction_ids),
            by_record=run[OURS],
            with_detectors=run[BY_TRAFFIC],
            fixed_lamps_s=found[FIXED_LAMPS]["delay_s"],
            by_traffic_s=found[BY_TRAFFIC]["delay_s"],
            fixed_lamps_ratio=_ratio(found[FIXED_LAMPS]["delay_h"], theirs),
            by_traffic_ratio=_ratio(found[BY_TRAFFIC]["delay_h"], theirs),
        )

    def skills(self) -> tuple[Skill, ...]:
        names = [one.what for one in self.lived.days[0].skills]
        return tuple(
            sum_of(name, [one for day in self.lived.days for one in day.skills if one.what == name]) for name in names
        )

    def targets(self) -> tuple[Target, ...]:
        ours, theirs, dial = self.ours, self.theirs, self.lived.size.overflow_share
        return (
            _most("overflow", "Visits to by-fill points that came after an overflow", ours["overflow"], dial),
            _most(
                "by_fill_km",
                "Km to by-fill points over those of fixed rounds",
                _ratio(ours["by_fill_km"], theirs["by_fill_km"]),
                MOST_BY_FILL_KM,
            ),
            _most(
                "daily_hours",
                "Truck-hours on daily points over those of fixed rounds",
                _ratio(ours["daily_h"], theirs["daily_h"]),
                MOST_DAILY_HOURS,
            ),
            _most(
                "delay",
                "Delay at signals over that of fixed programs",
                _ratio(ours["delay_h"], theirs["delay_h"]),
                MOST_DELAY,
            ),
            *(_coverage(one) for one in self.skills()),
        )

    def _work(self, number: int) -> Work:
        found = self.lived.days[number].work
        if found is None:
            raise IndexError(number)
        return found


def scores_of(lived: Lived, fixed: FixedLife) -> Scores:
    judged = tuple(k for k, day in enumerate(lived.days) if day.work is not None)
    return Scores(lived=lived, fixed=fixed, judged=judged)


def _sums(works: Sequence[Work], bins: Sequence[Bins]) -> dict[str, float]:
    names = ("km", "hours", "by_fill_km", "by_fill_h", "daily_km", "daily_h", "shifts", "stops", "by_fill_stops")
    found = {name: float(sum(getattr(one, name) for one in works)) for name in names}
    for name in ("visits", "late_visits", "overflow_h", "daily_overflow_h", "complaints", "heavy_trips", "trips"):
        found[name] = float(sum(getattr(one, name) for one in bins))
    found["overflow"] = overflow_share(list(bins))
    found["standing"] = sum(one.standing for one in bins) / max(len(bins), 1)
    return found


def _delay(days: Sequence[LivedDay], policy: str) -> dict[str, float]:
    own = [day.delays[policy] for day in days]
    vehicles = sum(one.vehicles for one in own)
    delay_h = sum(one.delay_h for one in own)
    return {
        "vehicles": float(vehicles),
        "delay_h": delay_h,
        "delay_s": 3600 * delay_h / max(vehicles, 1),
        "turned_off": float(sum(one.turned_off for one in own)),
    }


def _ratio(ours: float, theirs: float) -> float | None:
    return ours / theirs if theirs > 0 else None


def _most(name: str, sentence: str, figure: float | None, most: float) -> Target:
    reached = None if figure is None else figure <= most
    return Target(name=name, sentence=sentence, wanted=f"at most {most:g}", figure=figure, reached=reached)


def _coverage(skill: Skill) -> Target:
    enough = skill.values >= FEWEST_VALUES
    figure = skill.coverage if enough else None
    return Target(
        name=f"coverage_{skill.what}",
        sentence=f"Share of {skill.what} between the 10 % and the 90 % quantile",
        wanted=f"{NOMINAL_COVERAGE:g} within {MOST_OFF_COVERAGE:g}",
        figure=figure,
        reached=None if figure is None else abs(figure - NOMINAL_COVERAGE) <= MOST_OFF_COVERAGE,
    )


def rows_of(scores: Scores) -> list[dict[str, Any]]:
    """One row a day: what ours and the fixed ones did."""
    rows = []
    for number, (ours, fixed) in enumerate(zip(scores.lived.days, scores.fixed.days, strict=True)):
        row: dict[str, Any] = {"day": ours.day.isoformat(), "compared": number in scores.judged}
        row |= {f"ours_{name}": value for name, value in _row(ours.work, ours.bins).items()}
        row |= {f"fixed_{name}": value for name, value in _row(fixed.work, fixed.bins).items()}
        row |= {f"delay_{policy.replace(' ', '_')}_s": round(one.mean_s, 2) for policy, one in ours.delays.items()}
        row |= {f"coverage_{one.what}": round(one.coverage, 4) for one in ours.skills if one.values}
        rows.append(row | {"incidents": ours.incidents, "left_stops": ours.left_stops, "said": list(ours.said)})
    return rows


def _row(work: Work | None, bins: Bins) -> dict[str, float | None]:
    of_work: Callable[[str], float | None] = lambda name: None if work is None else round(getattr(work, name), 3)  # noqa: E731
    return {
        **{name: of_work(name) for name in ("km", "by_fill_km", "hours", "daily_h", "by_fill_stops")},
        "visits": bins.visits,
        "late_visits": bins.late_visits,
        "overflow_h": round(bins.overflow_h, 2),
    }


def dates(scores: Scores) -> list[date]:
    return [day.day for day in scores.lived.days]
