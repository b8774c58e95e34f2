"""City scale as the planner asks for it: districts on this machine's cores or on a cluster, noted and repeated."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from optimization.collection.districts import Districts, district_count
from optimization.collection.engine_city import chains_of, days_of, layout_of
from optimization.collection.engine_notes import SEED, Notes, noted, work_in
from optimization.collection.search import Found
from optimization.collection.solution import Solution
from optimization.collection.terrain import Terrain
from optimization.deadline import Outcome
from optimization.side_by_side import Hands, hands

DISTRICTS: Final = "districts"  # in how many the city was improved, in the notes of its work
ITERATIONS: Final = "iterations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Who works: so many threads, or the cluster at an address."""

    cores: int
    scheduler: str | None = None


def cut_into(start: Solution, cores: int) -> int:
    """How many districts a city is improved in, by what its start sends out; 1 for what is one board as it is."""
    return district_count(len(start.terrain.tasks), sum(1 for day in start.days if day), cores)


def improve_by_districts(start: Solution, workshop: Workshop, *, seconds: float, seed: int) -> Outcome[Found]:
    """Improve for about `seconds`; whatever stops it, the best until then is reported.

    Raises StoreUnreachableError where the cluster does not answer.
    """
    began, failure = time.monotonic(), ""
    with hands(workshop.cores, workshop.scheduler) as work:
        city = _city(start, cut_into(start, work.cores), seed, work)
        try:
            city.run(max(0.0, seconds - (time.monotonic() - began)))
        except Exception as fault:  # noqa: BLE001  -- a worker that dies must not take the plan with it
            failure = f"{type(fault).__name__}: {fault}"
    return Outcome(
        reports=(_found(start.terrain, city),),
        finished=not failure,
        failure=failure,
        seconds=time.monotonic() - began,
    )


def districts_again(start: Solution, notes: Mapping[str, float], cores: int) -> Found:
    """What the search of which these notes tell had found, whoever did the work then."""
    with hands(cores) as work:
        city = _city(start, int(notes[DISTRICTS]), int(notes[SEED]), work)
        city.repeat(work_in(notes))
    return _found(start.terrain, city)


def _city(start: Solution, count: int, seed: int, work: Hands) -> Districts:
    chains = chains_of(start.drafts())
    return Districts(layout_of(start.terrain), count=count, seed=seed, start=chains, work=work)


def _found(ground: Terrain, city: Districts) -> Found:
    return Found(days=days_of(ground, city.best), work=_notes(city))


def _notes(city: Districts) -> Notes:
    """As of any other work; but what a step holds is counted for each thousand tasks."""
    per_thousand = (entry for entry in noted(city.done, city.seed) if entry[0] != ITERATIONS)
    return ((DISTRICTS, float(city.count)), (ITERATIONS, float(city.iterations)), *per_thousand)
