"""A city of two districts with a thing of each kind in both, and whoever may ask for them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from city.access import SCOPES, Caller, Scope
from city.complaint_work import Proposal
from city.documents import canonical_json
from city.findings import CheckReport
from city.frames import Entities
from city.ids import DistrictId, JunctionId, PlanId, StageId, TruckId
from city.ledger import ImportRecord
from city.measures import Measure, MeasureName, PlanOf, UnitKind
from city.places import CityInfo, District
from city.rolling_bounds import Envelope, GreenBound, Hours, JunctionBounds
from city.settings import Settings
from serving.api.state import Office
from serving.desk import Desk
from tests.city.lives import HOUR, routes, schedule, stop
from tests.optimization.signals.cases import junction
from tests.serving.lived_in import frame

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NORTH, SOUTH = DistrictId("north"), DistrictId("south")
NOWHERE = "nowhere"
"""In place of a district: names that nothing has."""


@dataclass
class TwoDistricts:
    office: Office
    named: dict[tuple[str, str], str] = field(default_factory=dict)
    """(kind of thing, district): its id."""

    def __post_init__(self) -> None:
        self._describe()
        for district in (NORTH, SOUTH):
            self._fill(district)

    @property
    def desk(self) -> Desk:
        return self.office.desk

    def key(
        self,
        *scopes: Scope,
        districts: tuple[DistrictId, ...] | None = None,
        person: str = "Li Wei",
        expires_at: datetime | None = None,
        now: datetime | None = None,
    ) -> str:
        made = self.desk.ledger.keys.make(
            person=person, scopes=scopes, districts=districts, made_by="tests", expires_at=expires_at, now=now
        )
        return made.text

    def link(self, district: DistrictId) -> str:
        """A driver's link to the district's truck: its secret."""
        plan, truck = PlanId(self.named["routes", district]), TruckId(self.named["truck", district])
        dispatcher = Caller(person="Chen Jie", key_id="a1b2c3d4", scopes=frozenset(SCOPES))
        ends = datetime.now(UTC) + timedelta(days=1)
        return self.desk.ledger.links.make(plan, truck, by=dispatcher, expires_at=ends).token

    def document(self, kind: str, district: str) -> dict[str, Any]:
        """A stored plan as it may be sent in."""
        found: dict[str, Any] = json.loads(self.desk.ledger.plan(PlanId(self.named[kind, district])).document)
        return found

    def id_of(self, kind: str, district: str) -> str:
        """Of the nowhere district: an id of the same kind that nothing has."""
        if district == NOWHERE:
            north = self.named[kind, NORTH]
            return north.replace(NORTH, NOWHERE) if NORTH in north else "".join(reversed(north))
        return self.named[kind, district]

    def _describe(self) -> None:
        info = CityInfo(name="Testburg", time_zone="Europe/Berlin", national_profile="DE")
        things: list[tuple[str, str, DistrictId, object]] = [("city", "city", NORTH, info)]
        things += [("district", name, name, District(district_id=name, name=name.title())) for name in (NORTH, SOUTH)]
        things += [("junction", f"J-{name}", name, junction(f"J-{name}", district_id=name)) for name in (NORTH, SOUTH)]
        rows = [
            {
                "district_id": district, "known_at": MONDAY, "imported_at": MONDAY, "source": "city.json", "kind": kind,
                "entity_id": name, "document": canonical_json(thing),
            }
            for kind, name, district, thing in things
        ]  # fmt: skip
        with self.desk.history.writing(import_id="import-1") as writing:
            writing.append(Entities, frame(Entities, rows))
            writing.commit(ImportRecord(import_id="import-1", mapping="testburg.toml", imported_at=MONDAY))

    def _fill(self, district: DistrictId) -> None:
        ledger = self.desk.ledger
        local = Caller(
            person=f"Somebody of {district}",
            key_id="a1b2c3d4",
            scopes=frozenset(SCOPES),
            districts=frozenset([district]),
        )
        signals = schedule(f"signals-{district}", f"J-{district}", districts=(district,))
        beat = {f"T-{district}": (stop(f"P-{district}"),)}
        collection = routes(f"routes-{district}", (district,), 16 * HOUR, **beat)
        ledger.save_plan(signals, CheckReport(checked="signals"))
        ledger.save_plan(collection, CheckReport(checked="routes"))
        truck = TruckId(f"T-{district}")
        ends = datetime.now(UTC) + timedelta(days=1)
        link = ledger.links.make(collection.plan_id, truck, by=local, expires_at=ends).link
        envelope = ledger.envelopes.make(self._envelope(district, ends), local, districts=[district], reason="tests")
        job = ledger.jobs.submit(local, "signals", "{}", deadline_ms=1000, most_queued=10)
        assert job is not None
        key = ledger.keys.make(person=local.person, scopes=["signals:read"], districts=[district], made_by="tests")
        complaint = Proposal(
            complaint_id=f"C-{district}",
            district_id=district,
            opened_at=MONDAY,
            category="waste",
            priority="normal",
            department="sanitation",
            sure=True,
            confidence=0.9,
            reasons={"department": (f"the bins of {district}",)},
            model="triage v1",
        )
        ledger.orders.propose([complaint])
        measure = Measure(
            measure_id=f"trial-{district}", name=MeasureName.PACE, unit=UnitKind.JUNCTION, pilot=(f"J-{district}",),
            controls=(f"J2-{district}",), before_from=MONDAY.date(), after_from=MONDAY.date() + timedelta(days=14),
            after_until=MONDAY.date() + timedelta(days=28), plan_kind=PlanOf.SIGNALS, districts=(district,),
        )  # fmt: skip
        ledger.measures.declare(measure, local, "tests")
        noted = ledger.day_notes.add(MONDAY.date(), f"absent:{truck}", [district], by=local)
        self.named |= {
            ("measure", district): measure.measure_id,
            ("note", district): noted.note_id,
            ("complaint", district): complaint.complaint_id,
            ("signals", district): signals.plan_id,
            ("routes", district): collection.plan_id,
            ("truck", district): truck,
            ("link", district): link.link_id,
            ("envelope", district): envelope.envelope.envelope_id,
            ("job", district): job.job_id,
            ("key", district): key.key.key_id,
            ("junction", district): f"J-{district}",
        }

    @staticmethod
    def _envelope(district: DistrictId, ends: datetime) -> Envelope:
        bounds = JunctionBounds(
            junction_id=JunctionId(f"J-{district}"),
            cycles_s=(90,),
            greens=(GreenBound(stage_id=StageId("main"), min_s=20, max_s=60),),
            split_step_s=5,
            offset_step_s=5,
        )
        hours = (Hours(start_s=0, end_s=3600),)
        return Envelope(envelope_id=f"envelope-{district}", junctions=(bounds,), hours=hours, valid_until=ends)


def two_districts(folder: Path) -> TwoDistricts:
    return TwoDistricts(Office(Desk(Settings.from_environment({"CITY_HOME": str(folder)}))))
