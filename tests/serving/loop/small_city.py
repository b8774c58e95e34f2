"""Two districts with a junction and points each; what is forecast, planned and counted is said by the test."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from city.documents import canonical_json
from city.feedback import Feedback, FeedbackKind
from city.findings import CheckReport
from city.forecasts import CongestionForecasts
from city.frames import BinReadings, Entities, HistoryRow, SignalRuns, TrafficCounts, Weighings
from city.ids import DistrictId, PlanId, PointId, TruckId
from city.ledger import ImportRecord
from city.places import CityInfo, District
from city.plan_deeds import Deed, Publishing
from city.plan_life import APPROVALS, end_of, parts_of
from city.recorded_frames import TruckTracks
from city.settings import Settings
from city.signal_plans import PlanMeasures, SignalSchedule
from city.signals import Junction
from city.waste import CollectionPoint, ServiceKind, ServiceRule, Stream
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from tests.city.lives import LI, WANG, Clock, routes, stop
from tests.optimization.signals import cases
from tests.serving.lived_in import frame

DAY = date(2026, 3, 31)
ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 31, tzinfo=ZONE).astimezone(UTC)
EVENING = MIDNIGHT + timedelta(hours=25)
LONG_AGO = MIDNIGHT - timedelta(days=90)
STEP_S = 900
STEPS = 96
HOUR = 3600
POINTS = {"P1": "north", "P2": "north", "P3": "south"}
PLACES = {"P1": (116.0, 40.0), "P2": (116.01, 40.0), "P3": (116.02, 40.0)}  # 850 m from each other


def at(hours: float) -> datetime:
    """Hours after the day's midnight."""
    return MIDNIGHT + timedelta(hours=hours)


def junction(name: str, district: str) -> Junction:
    return cases.junction(name, district_id=DistrictId(district))


@dataclass
class SmallCity:
    folder: Path
    clock: Clock = field(default_factory=lambda: Clock(now=MIDNIGHT - timedelta(hours=10)))

    def __post_init__(self) -> None:
        self.desk = Desk(Settings.from_environment({"CITY_HOME": str(self.folder)}), clock=self.clock)
        if not (self.folder / "history").exists():
            self._found()

    def _found(self) -> None:
        info = CityInfo(name="Testburg", time_zone=ZONE.key, national_profile="CN")
        things: list[tuple[str, str, str, object]] = [("city", "city", "north", info)]
        for name in ("north", "south"):
            things.append(("district", name, name, District(district_id=DistrictId(name), name=name)))
            things.append(("junction", f"J-{name}", name, junction(f"J-{name}", name)))
        things += [("point", f"{name}/residual", where, _point(name, where)) for name, where in POINTS.items()]
        self.bring(
            Entities,
            (
                {"kind": kind, "entity_id": name, "district_id": district, "document": canonical_json(thing)}
                for kind, name, district, thing in things
            ),
            known_at=LONG_AGO,
        )

    def bring(self, contract: type[HistoryRow], rows: Iterable[Mapping[str, object]], *, known_at: datetime) -> None:
        given = {"known_at": known_at, "imported_at": known_at, "source": "testburg.csv"}
        import_id = f"import-{uuid4().hex}"
        with self.desk.history.writing(import_id=import_id) as writing:
            writing.append(contract, frame(contract, [{**given, **row} for row in rows]))
            writing.commit(ImportRecord(import_id=import_id, mapping="testburg.toml", imported_at=known_at))

    def count(
        self,
        flow_veh_h: float,
        *,
        day: int = 0,
        speed_kmh: float = 40.0,
        known_at: datetime | None = None,
        junctions: Iterable[str] = ("J-north", "J-south"),
        steps: Iterable[int] = range(STEPS),
    ) -> None:
        """Every arm of these junctions the same."""
        self.bring(
            TrafficCounts,
            (
                {
                    "district_id": name[2:], "detector_id": f"{name}-{arm}", "step_s": STEP_S,
                    "start_at": at(24 * day) + timedelta(seconds=STEP_S * step), "flow_veh_h": flow_veh_h,
                    "speed_kmh": speed_kmh,
                }
                for name in junctions
                for arm in "NESW"
                for step in steps
            ),
            known_at=known_at or at(24 * day + 24.5),
        )  # fmt: skip

    def forecast(self, p10: float, p50: float, p90: float, *, issued_at: datetime) -> None:
        """Flow of every arm on the day, not booked: as of a time before promises were booked."""
        rows = [
            {
                "district_id": name[2:], "issued_at": issued_at, "model": "congestion v1", "rung": "champion",
                "detector_id": f"{name}-{arm}", "valid_at": MIDNIGHT + timedelta(seconds=STEP_S * step),
                "step_s": STEP_S, "flow_p10_veh_h": p10, "flow_p50_veh_h": p50, "flow_p90_veh_h": p90,
            }
            for name in ("J-north", "J-south")
            for arm in "NESW"
            for step in range(STEPS)
            if issued_at < MIDNIGHT + timedelta(seconds=STEP_S * step)
        ]  # fmt: skip
        self.desk.history.append_forecast(CongestionForecasts, frame(CongestionForecasts, rows))

    def log(self, junction_id: str, *rows: tuple[float, float, str, int | None]) -> None:
        """(from hour, to hour, mode, plan number) of a controller."""
        self.bring(
            SignalRuns,
            (
                {
                    "district_id": junction_id[2:], "junction_id": junction_id, "start_at": at(start),
                    "end_at": at(end), "mode": mode, "plan_number": number,
                }
                for start, end, mode, number in rows
            ),
            known_at=at(24.5),
        )  # fmt: skip

    def read(self, *rows: tuple[str, float, float], known_at: datetime | None = None) -> None:
        """(point, hour, fill): bins that were emptied at a visit."""
        self.bring(
            BinReadings,
            (
                {
                    "district_id": POINTS[point], "point_id": point, "stream": "residual", "read_at": at(hour),
                    "method": "visit", "fill_level": fill, "emptied": True, "bins": 1.0, "fill_after": 0.0,
                }
                for point, hour, fill in rows
            ),
            known_at=known_at or at(24.5),
        )  # fmt: skip

    def weigh(self, truck: str, kg: float) -> None:
        ticket = {
            "district_id": "north", "ticket_id": f"W-{truck}", "truck_id": truck, "site_id": "S1",
            "stream": "residual", "weighed_at": at(15), "service_date": DAY, "net_kg": kg,
        }  # fmt: skip
        self.bring(Weighings, [ticket], known_at=at(24.5))

    def collection(self, name: str, **trucks: tuple[tuple[str, float], ...]) -> CollectionPlan:
        """T1=(("P1", 8.0),): this truck serves P1 at 8 o'clock."""
        made = {
            truck: tuple(stop(point, round(hour * HOUR)) for point, hour in stops) for truck, stops in trucks.items()
        }
        plan = routes(name, (DistrictId("north"), DistrictId("south")), 16 * HOUR, **made)
        return replace(plan, service_date=DAY)

    def signals(self, name: str, *, delay_s: float = 30.0, running_delay_s: float = 40.0) -> SignalSchedule:
        """Other splits than those of the running plan, at J-north."""
        there = junction("J-north", "north")
        schedule = cases.schedule(there, cases.plan(there, (50, 20, 30)))
        measure = PlanMeasures(
            junction_id=there.junction_id, plan_number=2, delay_s=delay_s, largest_x=0.8,
            critical_group_id=there.groups[0].group_id, flow_pcu_h=1000.0, pedestrian_wait_s=30.0,
            running_delay_s=running_delay_s,
        )  # fmt: skip
        return replace(
            schedule, plan_id=PlanId(name), service_date=DAY, measures=(measure,), district_ids=(DistrictId("north"),)
        )

    def publish(self, plan: SignalSchedule | CollectionPlan) -> PlanId:
        ledger = self.desk.ledger
        ledger.save_plan(plan, CheckReport(checked=plan.plan_id))
        for person in (LI, WANG)[: APPROVALS[plan.kind]]:
            ledger.life.approve(Deed(plan_id=plan.plan_id, caller=person, reason="looked at"))
        over = Publishing(parts=parts_of(plan), end=end_of(plan))
        ledger.life.publish(Deed(plan_id=plan.plan_id, caller=LI, reason="put on the street"), over)
        return plan.plan_id

    def report(
        self, plan: PlanId, truck: str, *reports: tuple[FeedbackKind, str, float], reason: str = "locked"
    ) -> None:
        """(kind, point, hour) as the driver says it."""
        said = [
            Feedback(
                event_id=f"{truck}-{point}-{number}", at=at(hour), kind=kind, point_id=PointId(point),
                stream=Stream.RESIDUAL, reason=None if kind == "done" else reason,
            )
            for number, (kind, point, hour) in enumerate(reports)
        ]  # fmt: skip
        self.desk.ledger.feedback.add(plan, TruckId(truck), said, LI)

    def track(self, truck: str, *places: tuple[float, float, float], known_at: datetime | None = None) -> None:
        """(hour, lon, lat) of each fix."""
        self.bring(
            TruckTracks,
            (
                {"district_id": "north", "truck_id": truck, "at": at(hour), "lon": lon, "lat": lat}
                for hour, lon, lat in places
            ),
            known_at=known_at or at(24.5),
        )

    def evening(self) -> None:
        """All of the day's news are known."""
        self.clock.now = EVENING


def _point(name: str, district: str) -> CollectionPoint:
    lon, lat = PLACES[name]
    return CollectionPoint(
        point_id=PointId(name), stream=Stream.RESIDUAL, district_id=DistrictId(district), lon=lon, lat=lat,
        capacity_m3=1.0, density_kg_m3=100.0, service_s=60, rule=ServiceRule(kind=ServiceKind.BY_FILL),
    )  # fmt: skip
