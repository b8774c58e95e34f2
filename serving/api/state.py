"""What every request may use. It is opened once, before the first request."""

from dataclasses import dataclass, field
from typing import Annotated, cast

import anyio
from fastapi import Depends
from starlette.requests import Request

from serving.api.documents import Rendered
from serving.api.files import KeptFiles
from serving.api.quick import Quick, file_stamp
from serving.api.rates import Rates
from serving.asides import Asides
from serving.champions import Loaded
from serving.desk import Desk
from serving.doorkeeper import Doorkeeper
from serving.model_documents import RegistryNotes
from serving.moved_plans import Problems
from serving.online_forecasts import Online
from serving.planners import Planners
from serving.readiness import Probes
from serving.refreshed import Refreshed
from serving.shelf import Shelf
from serving.skill import Skill, skill_look
from serving.status import StatusBoard
from serving.warnings_found import Watches

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
    problems: Problems = field(default_factory=Problems)
    doorkeeper: Doorkeeper = field(init=False)
    registry: RegistryNotes = field(init=False)
    watches: Watches = field(init=False)
    skill: Refreshed[Skill | str] = field(init=False)
    rates: Rates = field(init=False)
    quick: Quick = field(init=False)
    online: Online = field(init=False)
    board: StatusBoard = field(init=False)
    planning: Planners = field(init=False)
    asides: Asides = field(init=False)
    probes: Probes = field(init=False)
    importers: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.desk)
        self.board = StatusBoard(self.desk, self.shelf)
        self.online = Online(self.desk, self.shelf)
        ledger = self.desk.ledger
        self.doorkeeper = Doorkeeper(ledger.keys, ledger.sessions, ledger.links)
        self.probes = Probes.of(self.desk)
        self.registry = RegistryNotes(self.desk)
        self.watches = Watches(self.desk)
        self.skill = skill_look(self.desk)
        self.rates = Rates(self.desk.settings)
        self.planning = Planners(self.desk)
        self.asides = Asides(self.desk.settings)
        self.quick = Quick(file_stamp(self.desk.settings.ledger_url))


def office(request: Request) -> Office:
    return cast("Office", request.app.state.office)


AtOffice = Annotated[Office, Depends(office)]
