"""How the service is."""

from typing import Annotated

from fastapi import APIRouter

from city.access import Caller
from serving.api.access import needs
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.schemas.status import Status

Anyone = Annotated[Caller, needs()]
router = APIRouter(prefix="/v1", tags=["service"], route_class=StrictRoute)


@router.get("/status", responses=responses(), summary="What the service can answer, and how old it is")
def state(office: AtOffice, caller: Anyone) -> Status:
    """Ages are by the service's own clock. Only plans within the caller's districts are counted."""
    return office.board.status(office.champions, caller.districts)
