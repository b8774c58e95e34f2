"""How the trucks of a plan work, and what a plan made by hand comes to, for a person."""

from city.clock import clock_text
from city.waste_plans import CollectionPlan, CollectionRoute
from optimization.collection.indicators import PlanIndicators, TruckIndicators
from serving.plans_by_hand import MadeByHand
from serving.terminal import Column, Terminal, show_sentences


def show_indicators(speak: Terminal, told: PlanIndicators | None) -> None:
    if told is None or not told.trucks:
        return
    columns = (
        Column("truck"),
        Column("stops", "per h", number=True),
        Column("driving", "h", number=True),
        Column("service", "h", number=True),
        Column("sites", "h", number=True),
        Column("waiting", "% of hours", number=True),
        Column("used", "% of shift", number=True),
        Column("fullest trip", "% of room", number=True),
        Column("fuel", "l", number=True),
        Column("CO2", "kg", number=True),
    )
    rows: list[tuple[object, ...]] = [_row(one) for one in told.trucks]
    rows.append(
        ("all", told.stops_per_h, sum(t.drive_h for t in told.trucks), sum(t.service_h for t in told.trucks),
         sum(t.site_h for t in told.trucks), 100 * told.waiting_share, 100 * told.shift_share, None,
         told.fuel_l, told.co2_kg)
    )  # fmt: skip
    speak.table("How the trucks work", columns, rows)
    speak.say(
        f"Longest {told.longest_h:.1f} h, {told.hours_spread:.1f} h more than the shortest; "
        f"{told.kg_co2_per_t:.1f} kg CO2 per t collected."
    )
    show_sentences(speak, "Assumed", told.assumed, "are in indicators.json")


def _row(one: TruckIndicators) -> tuple[object, ...]:
    hours = (one.drive_h, one.service_h, one.site_h)
    shares = (100 * one.waiting_share, 100 * one.shift_share, 100 * one.fullest_share)
    return (one.truck_id, one.stops_per_h, *hours, *shares, one.fuel_l, one.co2_kg)


def show_by_hand(speak: Terminal, made: MadeByHand) -> None:
    """The clocks that follow from the order, and the cost by term beside the plan that it was made from."""
    columns = (
        Column("arrives"), Column("starts"), Column("leaves"), Column("where"), Column("load after", "kg", number=True)
    )  # fmt: skip
    for route in made.plan.routes:
        speak.table(f"Truck {route.truck_id}", columns, eta_rows(route))
    shown = (Column("cost"), Column("this plan", number=True), Column("before", number=True))
    speak.table(f"What it costs ({made.plan.plan_id})", shown, cost_rows(made.plan, made.before))


def cost_rows(plan: CollectionPlan, before: CollectionPlan | None) -> list[tuple[object, ...]]:
    was = dict(before.cost) if before is not None else {}
    return [(name, value, was.get(name)) for name, value in plan.cost]


def eta_rows(route: CollectionRoute) -> list[tuple[object, ...]]:
    halts: list[tuple[int, tuple[object, ...]]] = []
    for trip in route.trips:
        halts += [
            (s.start_s, (clock_text(s.arrive_s), clock_text(s.start_s), clock_text(s.depart_s),
                         f"point {s.point_id} ({s.stream})", s.load_kg))
            for s in trip.stops
        ]  # fmt: skip
        if trip.tip is not None:
            tip = trip.tip
            clocks = (clock_text(tip.arrive_s), clock_text(tip.start_s), clock_text(tip.depart_s))
            halts.append((tip.start_s, (*clocks, f"site {tip.site_id}", 0.0)))
    rest = route.break_taken
    if rest is not None:
        start, end = clock_text(rest.start_s), clock_text(rest.end_s)
        halts.append((rest.start_s, (start, start, end, "break", None)))
    halts.sort(key=lambda halt: halt[0])
    leave, back = clock_text(route.depart_s), clock_text(route.return_s)
    depot = f"depot {route.depot_id}"
    return [("", "", leave, depot, 0.0), *(row for _, row in halts), (back, "", "", depot, 0.0)]
