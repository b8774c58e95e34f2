"""What would let a point be served after all, of a day that has begun: changes of what still lies ahead."""

from collections.abc import Callable

from optimization.collection.advice import Advisor, LookingAt
from optimization.collection.advice_spots import Spot, Spots
from optimization.collection.replan_solution import Resumed
from optimization.collection.terrain import Terrain
from optimization.collection.walk import Day, Walked
from optimization.patience import Patience


class ResumedAdvisor(Advisor):
    """Advises as for a day to come, but for places behind what has begun only, and without earlier shifts.

    One more truck is no advice either: what it takes to have one brought within the hour, nobody here knows.
    """

    def __init__(self, solution: Resumed) -> None:
        super().__init__(solution)
        self.resumed = solution
        self.spots = _SpotsAhead(solution)

    def looking_at(self, number: int, patience: Patience) -> LookingAt:
        return _LookingAhead(self.resumed, self.spots, self.ground, number, patience)


class _SpotsAhead(Spots):
    def __init__(self, solution: Resumed) -> None:
        super().__init__(solution)
        self.resumed = solution

    def of(self, number: int) -> list[Spot]:
        return [spot for spot in super().of(number) if self._is_open(spot)]

    def _is_open(self, spot: Spot) -> bool:
        standing = self.resumed.standing[spot.vehicle]
        is_driving = not (standing.broken or standing.is_home)
        return is_driving and self.resumed.is_ahead(spot.vehicle, spot.trip, spot.position)


class _LookingAhead(LookingAt):
    def looks(self) -> tuple[Callable[[], None], ...]:
        return self.longer_shifts, self.more_load, self.other_windows, self.site_hours, self.site_loads

    def walked_at_once(self, terrain: Terrain, number: int, day: Day) -> Walked | None:
        return self.solution.walk_on(terrain, number, day)
