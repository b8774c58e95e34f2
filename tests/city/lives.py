"""Plans to take steps with, people who take them, and a clock that is set by hand."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from city.access import SCOPES, Caller
from city.findings import CheckReport
from city.ids import DepotId, DistrictId, GroupId, JunctionId, PlanId, PointId, StageId, TruckId
from city.ledger import Ledger
from city.plan_deeds import Deed, Publishing
from city.plan_life import Life, end_of, parts_of
from city.signal_plans import DayPlan, DayPlanEntry, Green, Provenance, SignalPlan, SignalSchedule, Split
from city.waste import Stream
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Trip

DAY = date(2026, 3, 31)
MORNING = datetime(2026, 3, 30, 22, tzinfo=UTC)  # 06:00 of the service date in Shanghai
NORTH, SOUTH = DistrictId("north"), DistrictId("south")
WHY = "it was looked at"
HOUR = 3600


def person(name: str, key_id: str = "k1", districts: frozenset[DistrictId] | None = None) -> Caller:
    return Caller(person=name, key_id=key_id, scopes=frozenset(SCOPES), districts=districts)


LI, WANG = person("Li Wei"), person("Wang Fang", "k2")


@dataclass
class Clock:
    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


def plan_of(
    junction: str = "J1", *, number: int = 1, cycle_s: int = 90, offset_s: int = 0, main_s: int | None = None
) -> SignalPlan:
    """Two stages: the main street's green, then the side street's; each ends 5 s before the next begins."""
    first_s = cycle_s // 2 if main_s is None else main_s
    return SignalPlan(
        junction_id=JunctionId(junction),
        plan_number=number,
        cycle_s=cycle_s,
        offset_s=offset_s,
        coordinated_stage_id=StageId("main"),
        splits=(
            Split(stage_id=StageId("main"), split_s=first_s),
            Split(stage_id=StageId("side"), split_s=cycle_s - first_s),
        ),
        greens=(
            Green(group_id=GroupId("A"), start_s=0, end_s=first_s - 5),
            Green(group_id=GroupId("B"), start_s=first_s, end_s=cycle_s - 5),
        ),
    )


def day_of(junction: str = "J1", *runs: tuple[float, SignalPlan]) -> DayPlan:
    """(7.5, plan): from 07:30 on this plan runs. Plans get numbers of their own."""
    given = runs or ((0, plan_of(junction)),)
    numbered = [
        SignalPlan(**{name: getattr(plan, name) for name in SignalPlan.__slots__} | {"plan_number": number})
        for number, (_, plan) in enumerate(given, 1)
    ]
    return DayPlan(
        junction_id=JunctionId(junction),
        district_id=NORTH,
        entries=tuple(
            DayPlanEntry(start_s=round(hour * HOUR), plan_number=plan.plan_number)
            for (hour, _), plan in zip(given, numbered, strict=True)
        ),
        plans=tuple(numbered),
    )


def schedule(
    name: str, *junctions: str, days: tuple[DayPlan, ...] = (), districts: tuple[DistrictId, ...] = (NORTH,)
) -> SignalSchedule:
    return SignalSchedule(
        plan_id=PlanId(name),
        service_date=DAY,
        time_zone="Asia/Shanghai",
        district_ids=districts,
        corridor_ids=(),
        day_plans=days or tuple(day_of(junction) for junction in junctions or ("J1",)),
        measures=(),
        provenance=Provenance(made_at=MORNING - timedelta(hours=12), seed=1),
    )


def stop(point: str, start_s: int = 8 * HOUR) -> Stop:
    return Stop(
        point_id=PointId(point), stream=Stream.RESIDUAL, arrive_s=start_s, start_s=start_s, depart_s=start_s + 120,
        kg=100.0, m3=1.0, load_kg=100.0, load_m3=1.0,
    )  # fmt: skip


def routes(
    name: str,
    districts: tuple[DistrictId, ...] = (NORTH,),
    return_s: int = 16 * HOUR,
    **stops: tuple[Stop, ...],
) -> CollectionPlan:
    """T1=(stop("P1"),): this truck's stops."""
    return CollectionPlan(
        plan_id=PlanId(name),
        service_date=DAY,
        time_zone="Asia/Shanghai",
        district_ids=districts,
        routes=tuple(
            CollectionRoute(
                truck_id=TruckId(truck),
                depot_id=DepotId("D"),
                depart_s=7 * HOUR,
                return_s=return_s,
                trips=(Trip(stream=Stream.RESIDUAL, stops=made, tip=None),),
                metres=1000,
                drive_s=600,
            )
            for truck, made in (stops or {"T1": (stop("P1"),)}).items()
        ),
        unserved=(),
        cost=(),
        provenance=Provenance(made_at=MORNING - timedelta(hours=12), seed=1),
    )


@dataclass
class City:
    """A ledger, its clock, and steps in few words."""

    ledger: Ledger
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def at(cls, url: str) -> "City":
        clock = Clock()
        return cls(Ledger(url, clock=clock), clock)

    def draft(self, *plans: SignalSchedule | CollectionPlan) -> None:
        for plan in plans:
            self.ledger.save_plan(plan, CheckReport(checked=plan.plan_id))

    def approve(self, plan: SignalSchedule | CollectionPlan, *people: Caller) -> Life:
        for who in people or (LI, WANG)[: 2 if isinstance(plan, SignalSchedule) else 1]:
            self.ledger.life.approve(Deed(plan_id=plan.plan_id, caller=who, reason=WHY))
        return self.ledger.life.of(plan.plan_id)

    def publish(
        self,
        plan: SignalSchedule | CollectionPlan,
        *,
        who: Caller = LI,
        valid_until: datetime | None = None,
        envelope_id: str | None = None,
    ) -> tuple[PlanId, ...]:
        """Which plans expired for it."""
        over = Publishing(parts=parts_of(plan), end=end_of(plan), valid_until=valid_until, envelope_id=envelope_id)
        return self.ledger.life.publish(Deed(plan_id=plan.plan_id, caller=who, reason=WHY), over).superseded

    def put_on_the_street(self, *plans: SignalSchedule | CollectionPlan) -> None:
        for plan in plans:
            self.draft(plan)
            self.approve(plan)
            self.publish(plan)

    def roll_back(self, plan: SignalSchedule | CollectionPlan, **unfit: str) -> tuple[PlanId, ...]:
        """Which plans hold again. `P1="why"`: this one may not."""
        life = self.ledger.life
        may_not = {PlanId(name): why for name, why in unfit.items()}
        deed = Deed(plan_id=plan.plan_id, caller=WANG, reason=WHY)
        return life.roll_back(deed, may_not, life.former(plan.plan_id)).restored

    def status(self, plan: SignalSchedule | CollectionPlan) -> str:
        return self.ledger.plan(plan.plan_id).status
