"""What a plan was made from beside the solver's work: enough to make it again, as long as the tables are kept."""

from dataclasses import dataclass
from datetime import datetime

from city.fair_points import FairPoints
from city.ids import PlanId
from city.ordered_stops import OrderedStop

Asked = bool | int | float | str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`tables` are all tables that were looked at, forecasts too, with the versions that counted; others were empty.

    What was asked for without a time was read as it was known at `read_at`. `imports` are the imports whose assumptions
    the plan states, `usual_plan_id` the plan whose trucks are the usual ones, with the SHA-256 of its document.
    `models` are the SHA-256 that seal the files of the models that the forecasts name. `code_sha256` is of the
    planner's sources and `packages` are the versions that it ran on: other ones may plan otherwise. `ladder` is what
    the service's planning ladder had to say of the search; None for a plan that was made without a deadline.
    `orders` are the points that accepted complaints asked for, `fairness` what was done for a bound between districts.
    `in_force` are the junctions of a rolling plan, each with the published plan that held there when it was made.
    """

    request: dict[str, Asked]
    read_at: datetime
    tables: tuple[tuple[str, int], ...] = ()
    imports: tuple[str, ...] = ()
    usual_plan_id: PlanId | None = None
    usual_plan_sha256: str = ""
    index_issued_at: datetime | None = None
    models: tuple[tuple[str, str], ...] = ()
    ladder: tuple[str, ...] | None = None
    cores: int | None = None
    platform: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    code_sha256: str = ""
    orders: tuple[OrderedStop, ...] = ()
    fairness: FairPoints | None = None
    in_force: tuple[tuple[str, str], ...] = ()
