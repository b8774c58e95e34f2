"""What every request may use. It is opened once, before the first request."""

from dataclasses import dataclass, field
from typing import Annotated, cast

import anyio
from fastapi import Depends
from starlette.requests import Request

from serving.api.documents import Rendered
from serving.api.files import KeptFiles
from serving.champions import Loaded
from serving.desk import Desk
from serving.doorkeeper import Doorkeeper
from serving.model_documents import RegistryNotes
from serving.shelf import Shelf

PLANNERS = 1
WAITING = 4


@dataclass(slots=True)
class Office:
    """The desk, what is ready to be read, the models that answer, and the few planners that may work at once."""

    desk: Desk
    champions: tuple[Loaded, ...] = ()
    shelf: Shelf = field(init=False)
    rendered: Rendered = field(default_factory=Rendered)
    planners: anyio.CapacityLimiter | None = None
    waiting: int = 0
    files: KeptFiles = field(default_factory=KeptFiles)
    doorkeeper: Doorkeeper = field(init=False)
    registry: RegistryNotes = field(init=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.desk)
        self.doorkeeper = Doorkeeper(self.desk.ledger.keys)
        self.registry = RegistryNotes(self.desk)


def office(request: Request) -> Office:
    return cast("Office", request.app.state.office)


AtOffice = Annotated[Office, Depends(office)]
