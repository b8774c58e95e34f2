"""What a planner returns: a plan with everything that is needed to judge it, or the reasons why there is none."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from city.errors import CityError

Plan = TypeVar("Plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Generic[Plan]):
    """A plan that its check has passed. `cost` names each term with its unit; `work` is what the solver did."""

    plan: Plan
    objective: float
    bound: float | None
    status: str
    runtime_s: float
    seed: int
    cost: tuple[tuple[str, float], ...]
    work: tuple[tuple[str, float], ...] = ()

    @property
    def gap(self) -> float | None:
        """Relative distance to the bound, 0..1."""
        if self.bound is None or self.objective == 0:
            return None
        return max(0.0, (self.objective - self.bound) / abs(self.objective))


@dataclass(frozen=True, slots=True, kw_only=True)
class Infeasible:
    """No plan keeps every rule; each reason is a sentence with ids and numbers."""

    reasons: tuple[CityError, ...]
