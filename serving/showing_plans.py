"""Plans and checks as tables for a person."""

from collections import Counter, defaultdict

from city.clock import clock_text
from city.findings import CertificateReport, CheckReport
from city.ids import JunctionId
from city.signal_plans import PlanMeasures, SignalSchedule
from city.waste_plans import CollectionPlan, CollectionRoute, RelaxationKind
from optimization.signals.explaining import JunctionExplained
from serving.showing_explained import show_explained
from serving.terminal import Column, Terminal, show_sentences

MOST_CHANGES = 12
POINTS_GIVE_WAY = frozenset(
    {
        RelaxationKind.WINDOW_LATER,
        RelaxationKind.WINDOW_EARLIER,
        RelaxationKind.STREET_HEIGHT,
        RelaxationKind.STREET_WEIGHT,
    }
)


def show_signals(speak: Terminal, schedule: SignalSchedule, explained: tuple[JunctionExplained, ...] = ()) -> None:
    columns = (
        Column("junction"),
        Column("plans", number=True),
        Column("cycles", "s"),
        Column("delay now", "s per vehicle", number=True),
        Column("planned", "s per vehicle", number=True),
        Column("change", "%", number=True),
        Column("largest x", "flow / capacity", number=True),
        Column("wait on foot", "s", number=True),
    )
    speak.table(f"Signal plans for {schedule.service_date} ({schedule.plan_id})", columns, signal_rows(schedule))
    show_explained(speak, explained)
    if schedule.corridor_ids:
        speak.say(f"Coordinated along {', '.join(schedule.corridor_ids)}.")
    show_sentences(speak, "Left as it is", left_as_it_is(schedule), "are in plan.json")
    show_caveats(speak, schedule.assumed, schedule.degraded)


def left_as_it_is(schedule: SignalSchedule) -> list[str]:
    """One sentence per reason."""
    alike: defaultdict[str, list[JunctionId]] = defaultdict(list)
    for junction_id, reason in schedule.unchanged:
        alike[reason].append(junction_id)
    return [
        f"{'junction' if len(ids) == 1 else 'junctions'} {', '.join(ids)}: {reason}" for reason, ids in alike.items()
    ]


def signal_rows(schedule: SignalSchedule) -> list[tuple[object, ...]]:
    measures: defaultdict[JunctionId, list[PlanMeasures]] = defaultdict(list)
    for measure in schedule.measures:
        measures[measure.junction_id].append(measure)
    lasting = {
        (day_plan.junction_id, plan.plan_number): day_plan.running_s(plan.plan_number)
        for day_plan in schedule.day_plans
        for plan in day_plan.plans
    }
    rows: list[tuple[object, ...]] = []
    for day_plan in schedule.day_plans:
        own = measures[day_plan.junction_id]
        now, planned = mean_delay_s(own, lasting, running=True), mean_delay_s(own, lasting, running=False)
        cycles = "/".join(map(str, sorted({plan.cycle_s for plan in day_plan.plans})))
        worst = max((measure.largest_x for measure in own), default=None)
        wait = max((measure.pedestrian_wait_s for measure in own), default=None)
        rows.append(
            (day_plan.junction_id, len(day_plan.plans), cycles, now, planned, changed(now, planned), worst, wait)
        )
    compared = [measure for measure in schedule.measures if measure.running_delay_s is not None]
    if len(rows) > 1 and compared:
        now, planned = mean_delay_s(compared, lasting, running=True), mean_delay_s(compared, lasting, running=False)
        rows.append(("all", "", "", now, planned, changed(now, planned), "", ""))
    return rows


def changed(now_s: float | None, planned_s: float | None) -> str:
    return f"{100 * (planned_s / now_s - 1):+.0f}" if now_s and planned_s is not None else "-"


def mean_delay_s(
    measures: list[PlanMeasures], lasting_s: dict[tuple[JunctionId, int], int], *, running: bool
) -> float | None:
    """Over a day's vehicles: weighted by flow and by how long each plan runs; None without a running plan."""
    pairs = [
        (one.running_delay_s if running else one.delay_s, one.flow_pcu_h * lasting_s[one.junction_id, one.plan_number])
        for one in measures
    ]
    known = [(delay_s, vehicles) for delay_s, vehicles in pairs if delay_s is not None]
    vehicles = sum(vehicles for _, vehicles in known)
    return sum(delay_s * share for delay_s, share in known) / vehicles if vehicles else None


def show_routes(speak: Terminal, plan: CollectionPlan) -> None:
    columns = (
        Column("truck"),
        Column("leaves"),
        Column("returns"),
        Column("trips", number=True),
        Column("stops", number=True),
        Column("way", "km", number=True),
        Column("shift", "h", number=True),
        Column("collected", "t", number=True),
    )
    speak.table(f"Routes for {plan.service_date} ({plan.plan_id})", columns, route_rows(plan))
    if plan.unserved:
        counted = Counter((one.reason, one.mandatory) for one in plan.unserved)
        speak.table(
            "Points left today",
            (Column("reason"), Column("a rule asks for it"), Column("points", number=True)),
            [(reason, "yes" if mandatory else "no", count) for (reason, mandatory), count in counted.most_common()],
        )
    changes = what_would_help(plan)
    if changes:
        headings = (Column("gives way"), Column("of"), Column("points", number=True), Column("by"), Column("unit"))
        speak.table("What would let one more point be served", headings, changes[:MOST_CHANGES])
    broken = [f"{one.point_id} ({one.stream}): {one.sentence}" for one in plan.unserved if one.mandatory]
    show_sentences(speak, "Not served although a rule asks for it", broken, "are in plan.json")
    show_caveats(speak, plan.assumed, plan.degraded)


def what_would_help(plan: CollectionPlan) -> list[tuple[object, ...]]:
    """Changes that would let points be served, each for one point alone; those that help most points come first."""
    helped: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    for one in plan.unserved:
        change = one.relaxation
        if change is not None and change.kind is not RelaxationKind.SKIP_PRICE:
            place = "points" if change.kind in POINTS_GIVE_WAY else change.subject_id
            helped[change.kind, place, change.unit].append(change.amount)
    return [
        (kind, subject, len(amounts), _from_to(amounts), unit)
        for (kind, subject, unit), amounts in sorted(helped.items(), key=lambda entry: -len(entry[1]))
    ]


def _from_to(amounts: list[float]) -> str:
    low, high = min(amounts), max(amounts)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def route_rows(plan: CollectionPlan) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (
            route.truck_id,
            clock_text(route.depart_s),
            clock_text(route.return_s),
            len(route.trips),
            len(route.stops),
            route.metres / 1000,
            (route.return_s - route.depart_s) / 3600,
            collected_t(route),
        )
        for route in plan.routes
    ]
    trips = sum(len(route.trips) for route in plan.routes)
    stops = sum(len(route.stops) for route in plan.routes)
    way_km = sum(route.metres for route in plan.routes) / 1000
    shift_h = sum(route.return_s - route.depart_s for route in plan.routes) / 3600
    rows.append(("all", "", "", trips, stops, way_km, shift_h, sum(map(collected_t, plan.routes))))
    return rows


def collected_t(route: CollectionRoute) -> float:
    return sum(stop.kg for stop in route.stops) / 1000


def show_check(speak: Terminal, plan_id: str, report: CheckReport) -> None:
    if report.ok:
        speak.say(f"Plan {plan_id} breaks no rule.", style="green")
    else:
        rows = [(finding.rule, finding.subject, finding.sentence) for finding in report.findings]
        title = f"Plan {plan_id} breaks {len(rows)} rule(s)"
        speak.table(title, (Column("rule"), Column("of"), Column("finding")), rows)
    columns = (Column("recomputed by the check"), Column("value", number=True))
    speak.table("Measures", columns, list(report.measures.items()))


def show_certificate(speak: Terminal, report: CertificateReport | None) -> None:
    if report is None:
        return
    if report.holds:
        speak.say("Its certificate holds: nothing was changed since it was checked.", style="green")
    for sentence in (*report.broken, *report.notes):
        speak.say(sentence)


def show_caveats(speak: Terminal, assumed: tuple[str, ...], degraded: tuple[str, ...]) -> None:
    show_sentences(speak, "Assumed", assumed, "are in plan.json")
    show_sentences(speak, "Degraded", degraded, "are in plan.json")
