"""Collection routes."""

from dataclasses import dataclass

from serving.client.answers import File
from serving.client.deadlines import in_time
from serving.client.wire import Wire
from serving.schemas.access import LinkDocument, LinkList, LinkQuery, MadeLinkDocument
from serving.schemas.collection_plans import CollectionPlanDocument, RoutePlanRequest, TruckRouteDocument
from serving.schemas.day_start import DayNoteDocument, DayNoteRequest, DayStartDocument, DayStartQuery
from serving.schemas.feedback import FeedbackAnswer, FeedbackList, FeedbackRequest
from serving.schemas.jobs import JobDocument
from serving.schemas.moves import MovesDocument, MovesRequest
from serving.schemas.plans import CheckDocument, PlanList, PlanListQuery, StoredPlanDocument
from serving.schemas.progress import PlanProgressDocument
from serving.schemas.replans import HandMadeCheck, ReplanDocument, ReplanRequest
from serving.schemas.route_paths import RoutePaths

StoredRoutes = StoredPlanDocument[CollectionPlanDocument]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Routes:
    wire: Wire

    def plans(self, query: PlanListQuery | None = None) -> PlanList:
        return self.wire.get("/v1/routes/plans", PlanList, query=query)

    def plan(self, plan_id: str) -> StoredRoutes:
        return self.wire.get("/v1/routes/plans/{plan_id}", StoredRoutes, plan_id=plan_id)

    def day_start(self, query: DayStartQuery | None = None) -> DayStartDocument:
        """Trucks, sites, what stands noted, and what the day's newest plan was made with."""
        return self.wire.get("/v1/routes/day-start", DayStartDocument, query=query)

    def note_day(self, request: DayNoteRequest) -> DayNoteDocument:
        """Shown to every dispatcher; the day's plans are made with it."""
        return self.wire.post("/v1/routes/day-notes", DayNoteDocument, request)

    def withdraw_note(self, note_id: str) -> DayNoteDocument:
        return self.wire.post("/v1/routes/day-notes/{note_id}/withdraw", DayNoteDocument, note_id=note_id)

    def truck(self, plan_id: str, truck_id: str) -> TruckRouteDocument:
        return self.wire.get(
            "/v1/routes/plans/{plan_id}/trucks/{truck_id}", TruckRouteDocument, plan_id=plan_id, truck_id=truck_id
        )

    def make_plan(self, request: RoutePlanRequest) -> StoredRoutes:
        """By its deadline. Who has more than 100 s submits a job."""
        return self.wire.post("/v1/routes/plans", StoredRoutes, in_time(request), once=True)

    def submit_plan(self, request: RoutePlanRequest) -> JobDocument:
        return self.wire.post("/v1/routes/plans", JobDocument, request, query={"wait": False}, once=True)

    def replan(self, plan_id: str, request: ReplanRequest) -> ReplanDocument:
        return self.wire.post("/v1/routes/plans/{plan_id}/replan", ReplanDocument, request, once=True, plan_id=plan_id)

    def move(self, plan_id: str, request: MovesRequest) -> MovesDocument:
        """Stops put elsewhere by hand: what that breaks and costs, or the plan kept as one's own."""
        return self.wire.post("/v1/routes/plans/{plan_id}/moves", MovesDocument, request, once=True, plan_id=plan_id)

    def paths(self, plan_id: str) -> RoutePaths:
        """Where the trucks drive, along the roads."""
        return self.wire.get("/v1/routes/plans/{plan_id}/paths", RoutePaths, plan_id=plan_id)

    def progress(self, plan_id: str) -> PlanProgressDocument:
        """How far the trucks are, by what their drivers reported."""
        return self.wire.get("/v1/routes/plans/{plan_id}/progress", PlanProgressDocument, plan_id=plan_id)

    def check(self, plan: CollectionPlanDocument) -> CheckDocument:
        return self.wire.post("/v1/routes/check", CheckDocument, plan)

    def check_workbook(self, content: bytes) -> HandMadeCheck:
        """routes.xlsx as somebody changed it."""
        return self.wire.post_file("/v1/routes/check/workbook", HandMadeCheck, content, XLSX)

    def export(self, plan_id: str, name: str) -> File:
        """`name` is a form such as workbook.xlsx, routes.geojson, gpx.zip, run-sheets.html or verify_plan.py."""
        return self.wire.file("/v1/routes/plans/{plan_id}/export/{name}", plan_id=plan_id, name=name)

    def export_truck(self, plan_id: str, truck_id: str, name: str) -> File:
        """`name` is route.gpx, run-sheet.html or run-sheet.pdf."""
        return self.wire.file(
            "/v1/routes/plans/{plan_id}/trucks/{truck_id}/export/{name}",
            plan_id=plan_id,
            truck_id=truck_id,
            name=name,
        )

    def make_link(self, plan_id: str, truck_id: str, query: LinkQuery | None = None) -> MadeLinkDocument:
        """For the driver alone."""
        return self.wire.post(
            "/v1/routes/plans/{plan_id}/trucks/{truck_id}/link",
            MadeLinkDocument,
            query=query,
            plan_id=plan_id,
            truck_id=truck_id,
        )

    def links(self, plan_id: str) -> LinkList:
        return self.wire.get("/v1/routes/plans/{plan_id}/links", LinkList, plan_id=plan_id)

    def revoke_link(self, plan_id: str, link_id: str) -> LinkDocument:
        return self.wire.post(
            "/v1/routes/plans/{plan_id}/links/{link_id}/revoke", LinkDocument, plan_id=plan_id, link_id=link_id
        )

    def report(self, plan_id: str, truck_id: str, request: FeedbackRequest) -> FeedbackAnswer:
        """What became of stops. Sent again under the same ids it counts once."""
        return self.wire.post(
            "/v1/routes/plans/{plan_id}/trucks/{truck_id}/feedback",
            FeedbackAnswer,
            request,
            plan_id=plan_id,
            truck_id=truck_id,
        )

    def reported(self, plan_id: str, truck_id: str) -> FeedbackList:
        return self.wire.get(
            "/v1/routes/plans/{plan_id}/trucks/{truck_id}/feedback", FeedbackList, plan_id=plan_id, truck_id=truck_id
        )
