"""The independent check of a collection plan: it re-walks every route from the plan and the problem alone.

It knows no solver and trusts no figure of the plan: ways, clocks, windows, loads, streams, tips, breaks, sites and
cost are computed again, and whatever differs becomes a finding with both numbers.
"""

from collections import Counter, defaultdict

from city.between_districts import rates_of
from city.clock import clock_text
from city.collection_problem import CollectionProblem, Due, PointKey, Visit
from city.findings import CheckReport
from city.waste import DisposalSite
from city.waste_plans import CollectionPlan, Stop, StopReason, Tip
from optimization.collection.check_route import CALM_TERMS, HOUR_S, KG_TOLERANCE, Ledger, RouteCheck, inside

COST_TOLERANCE = 1e-3
GAP_TOLERANCE = 1e-9


def check_plan(plan: CollectionPlan, problem: CollectionProblem) -> CheckReport:
    """Every broken rule of the plan; no finding means that dispatch may use it."""
    return _Check(plan, problem).report()


class _Check:
    def __init__(self, plan: CollectionPlan, problem: CollectionProblem) -> None:
        self.plan = plan
        self.problem = problem
        self.ledger = Ledger()

    def report(self) -> CheckReport:
        self._same_day()
        self._routes()
        self._visits_as_asked()
        self._every_point_is_accounted_for()
        self._sites_take_it_all()
        self._cost_adds_up()
        self._districts_are_treated_alike()
        self._measure_rates()
        ledger = self.ledger
        return CheckReport(checked=self.plan.plan_id, findings=tuple(ledger.findings), measures=dict(ledger.measures))

    def _routes(self) -> None:
        trucks = {truck.truck_id: truck for truck in self.problem.fleet}
        route_check = RouteCheck(self.problem, self.ledger)
        for truck_id, count in Counter(route.truck_id for route in self.plan.routes).items():
            if count > 1:
                self.ledger.find("truck", f"Truck {truck_id}", f"it has {count} routes in one shift, expected one.")
        for route in self.plan.routes:
            truck = trucks.get(route.truck_id)
            if truck is None:
                self.ledger.find("truck", f"Truck {route.truck_id}", "the problem has no such truck available.")
            else:
                route_check.walk(route, truck)

    def _same_day(self) -> None:
        for name in ("service_date", "time_zone"):
            found, expected = getattr(self.plan, name), getattr(self.problem, name)
            if found != expected:
                self.ledger.find("day", f"Plan {self.plan.plan_id}", f"{name} is {found}, the problem's is {expected}.")

    def _visits_as_asked(self) -> None:
        stops: dict[PointKey, list[Stop]] = defaultdict(list)
        for route in self.plan.routes:
            for stop in route.stops:
                stops[stop.point_id, stop.stream].append(stop)
        for key, made in stops.items():
            if key in self.problem.point_of:
                self._visits_of(key, sorted(made, key=lambda stop: stop.start_s))

    def _visits_of(self, key: PointKey, stops: list[Stop]) -> None:
        subject = f"Point {key[0]} ({key[1]})"
        visits: list[Visit] = list(self.problem.visits(key))
        if len(stops) > len(visits):
            self.ledger.find("times_served", subject, f"it is served {len(stops)} times, asked for are {len(visits)}.")
            return
        for stop in stops:
            visit = next((visit for visit in visits if inside(stop.start_s, visit.windows)), None)
            if visit is None:
                windows = ", ".join(str(window) for other in visits for window in other.windows) or "no window left"
                self.ledger.find("window", subject, f"service starts at {clock_text(stop.start_s)}, outside {windows}.")
                continue
            visits.remove(visit)
            self._reason_of(key, stop)
            if not (abs(stop.kg - visit.kg) <= KG_TOLERANCE and abs(stop.m3 - visit.m3) <= KG_TOLERANCE):
                load = f"{stop.kg:.2f} kg and {stop.m3:.3f} m3, expected are {visit.kg:.2f} kg and {visit.m3:.3f} m3."
                self.ledger.find("stop_load", subject, f"the stop takes {load}")

    def _reason_of(self, key: PointKey, stop: Stop) -> None:
        """A point that nothing asks for is served by a drawn lot only, and the lot's probability is told."""
        subject, demand = f"Point {key[0]} ({key[1]})", self.problem.demand_of[key]
        if stop.reason is StopReason.PLANNED:
            if demand.due is Due.NOT_TODAY or stop.audit_probability is not None:
                told = f"it is planned, due {demand.due}, and tells of an audit probability {stop.audit_probability}."
                self.ledger.find("audit", subject, told)
            return
        self.ledger.measures["audits"] += 1
        if not demand.audit_drawn or demand.due is Due.MUST or stop.audit_probability != demand.audit_probability:
            told = (
                f"it is visited as an audit of probability {stop.audit_probability}; drawn: {demand.audit_drawn}, "
                f"probability {demand.audit_probability}, due {demand.due}."
            )
            self.ledger.find("audit", subject, told)

    def _every_point_is_accounted_for(self) -> None:
        served = Counter((stop.point_id, stop.stream) for route in self.plan.routes for stop in route.stops)
        left = {(entry.point_id, entry.stream): entry for entry in self.plan.unserved}
        if len(left) < len(self.plan.unserved):
            self.ledger.find("accounted", f"Plan {self.plan.plan_id}", "a point is listed as unserved more than once.")
        for key in left.keys() - self.problem.point_of.keys():
            self.ledger.find(
                "accounted",
                f"Point {key[0]} ({key[1]})",
                "it is listed as unserved, but the problem has no such point.",
            )
        for key, demand in self.problem.demand_of.items():
            subject, asked = f"Point {key[0]} ({key[1]})", max(1, len(self.problem.visits(key)))
            entry = left.get(key)
            if entry is None and served[key] < asked:
                self.ledger.find(
                    "accounted", subject, f"it is served {served[key]} of {asked} times and not listed as unserved."
                )
            if entry is None:
                continue
            if served[key] >= asked:
                self.ledger.find("accounted", subject, "it is listed as unserved, and served.")
            must = demand.due is Due.MUST
            if entry.mandatory != must or not entry.sentence:
                told = f"mandatory is {entry.mandatory}, the rule says {must}; its reason reads {entry.sentence!r}."
                self.ledger.find("unserved_reason", subject, told)
            self.ledger.measures["missed_mandatory_points"] += must
            self.ledger.cost["missed_cost" if must else "skipped_cost"] += (
                self.problem.prices.missed if must else demand.skip_price
            )

    def _sites_take_it_all(self) -> None:
        tips = [trip.tip for route in self.plan.routes for trip in route.trips if trip.tip is not None]
        for site in self.problem.sites:
            self._site_takes(site, [tip for tip in tips if tip.site_id == site.site_id])

    def _site_takes(self, site: DisposalSite, tips: list[Tip]) -> None:
        total = sum(tip.kg for tip in tips)
        if site.daily_cap_kg is not None and total > site.daily_cap_kg + KG_TOLERANCE:
            over = f"{total:.0f} kg are tipped, its daily cap is {site.daily_cap_kg:.0f} kg."
            self.ledger.find("site_cap", f"Site {site.site_id}", over)
        if site.throughput_kg_h is None:
            return
        per_hour: dict[int, float] = defaultdict(float)
        for tip in tips:
            per_hour[tip.start_s // HOUR_S] += tip.kg
        for hour, kg in sorted(per_hour.items()):
            if kg > site.throughput_kg_h + KG_TOLERANCE:
                over = f"{kg:.0f} kg from {clock_text(hour * HOUR_S)} on, it takes {site.throughput_kg_h:.0f} kg/h."
                self.ledger.find("site_throughput", f"Site {site.site_id}", over)

    def _cost_adds_up(self) -> None:
        expected = {**self.ledger.cost, "total_cost": sum(self.ledger.cost.values())}
        for name in ("missed_mandatory_points", "truck_shifts", "overtime_h", "truck_h", "km"):
            expected[name] = self.ledger.measures[name]
        told = dict(self.plan.cost)
        for name, count in Counter(name for name, _ in self.plan.cost).items():
            if (name not in expected and name not in CALM_TERMS) or count > 1:
                odd = f"its cost tells {name} {count} times, expected once each: {', '.join(expected)}."
                self.ledger.find("cost", f"Plan {self.plan.plan_id}", odd)
        for name, value in expected.items():
            if name not in told:
                self.ledger.find(
                    "cost", f"Plan {self.plan.plan_id}", f"its cost leaves out {name}, which is {value:.3f}."
                )
            elif abs(told[name] - value) > COST_TOLERANCE * max(1.0, abs(value)):
                self.ledger.find(
                    "cost", f"Plan {self.plan.plan_id}", f"{name} is {told[name]:.3f}, recomputed {value:.3f}."
                )
        for name, value in self._moved_stops().items():
            if abs(told.get(name, value) - value) > COST_TOLERANCE * max(1.0, value):
                wrong = f"{name} is {told[name]:.3f}, recomputed {value:.3f}."
                self.ledger.find("cost", f"Plan {self.plan.plan_id}", wrong)
        self.ledger.measures["total_cost"] = expected["total_cost"]

    def _moved_stops(self) -> dict[str, float]:
        """Stops that another truck than the usual one makes; those whose truck is away cost nothing to avoid."""
        trucks = {truck.truck_id for truck in self.problem.fleet}
        moved = [
            usual
            for route in self.plan.routes
            for stop in route.stops
            if (point := self.problem.point_of.get((stop.point_id, stop.stream))) is not None
            and (usual := point.usual_truck_id) not in (None, route.truck_id)
        ]
        avoidable = sum(usual in trucks for usual in moved)
        return {"moved_stops": float(len(moved)), "moved_stop_cost": avoidable * self.problem.prices.moved_stop}

    def _districts_are_treated_alike(self) -> None:
        """Worst district's sum(overflow probability of points left) / its by-fill points - the city's <= the bound."""
        bound = self.problem.fairness_gap
        if bound is None:
            return
        rates = rates_of(self.problem, [(entry.point_id, entry.stream) for entry in self.plan.unserved])
        gap = 0.0 if rates is None else rates.gap
        self.ledger.measures["fairness_gap"] = gap
        if rates is not None and gap > bound + GAP_TOLERANCE:
            told = (
                f"{rates.rates[rates.worst]:.4f} overflows are expected per by-fill point, {rates.city:.4f} in the "
                f"city; at most {bound:.4f} more are allowed."
            )
            self.ledger.find("fairness", f"District {rates.worst}", told)

    def _measure_rates(self) -> None:
        for name in ("stops", "trips", "t", "drive_h"):
            self.ledger.measures[name] += 0.0
        hours = self.ledger.measures["truck_h"]
        self.ledger.measures["stops_per_h"] = self.ledger.measures["stops"] / hours if hours else 0.0
