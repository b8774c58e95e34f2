"""Models and state."""

from fastapi import APIRouter

from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.status import ModelList, Status
from serving.status import status

router = APIRouter(prefix="/v1", tags=["service"], route_class=StrictRoute)


@router.get("/models", responses=responses(), summary="The models that answer")
def models(office: AtOffice) -> ModelList:
    return ModelList(models=[champion.status() for champion in office.champions])


@router.get("/status", responses=responses(), summary="What the service can answer, and how old it is")
def state(office: AtOffice) -> Status:
    return status(office.desk, office.shelf, office.champions)
