"""Models: which serve, how old they are, and letting another serve."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.responses import Response

from city.access import Caller
from city.documents import encode
from serving.api.access import needs, refuse_part_of_city
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice
from serving.model_documents import model_document, models_document
from serving.model_moves import promote, rollback
from serving.schemas.models import ModelDetail, ModelsNow, MovedDocument, Promote, RollBack

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=StrictRoute)
Anyone = Annotated[Caller, needs()]
Promoter = Annotated[Caller, needs("models:promote")]
ModelName = Annotated[Literal["congestion", "waste", "complaints"], Path(description="what it forecasts")]
_MOVES = responses(
    "malformed-body", "body-too-large", "unsupported-media-type", "not-found", "broken-rule", "invalid-value"
)


@router.get("", response_model=ModelsNow, responses=responses(), summary="The models that answer")
def models(office: AtOffice, caller: Anyone) -> Response:
    """Champion, rung and version as this worker answers with them, the age of what they learned, and the gate."""
    del caller
    return plain(models_document(office.champions, office.registry, office.desk.clock()))


@router.get("/{name}", response_model=ModelDetail, responses=responses("not-found"), summary="One model's versions")
def model(name: ModelName, office: AtOffice, caller: Anyone) -> Response:
    """Every version with what the gate found, and the log of promotions, refusals and rollbacks."""
    del caller
    return plain(model_document(office.desk, name))


@router.post("/{name}/promote", response_model=MovedDocument, responses=_MOVES, summary="Let a version serve")
def promote_it(name: ModelName, body: Promote, office: AtOffice, caller: Promoter) -> Response:
    """Because a person says so, also against the gate. A version whose files were changed is refused.

    What served before stays one rollback away. The workers answer with it within seconds.
    """
    refuse_part_of_city(caller, "Which model serves")
    moved = promote(office.desk, name, body.version, body.reason, caller=caller)
    office.registry.forget()
    return plain(encode(moved))


@router.post("/{name}/rollback", response_model=MovedDocument, responses=_MOVES, summary="One step back")
def roll_back(name: ModelName, body: RollBack, office: AtOffice, caller: Promoter) -> Response:
    """Let the version serve again that the champion replaced. Refused where there is nothing to go back to."""
    refuse_part_of_city(caller, "Which model serves")
    moved = rollback(office.desk, name, body.reason, caller=caller)
    office.registry.forget()
    return plain(encode(moved))
