"""The triage trained, judged against the champion, and what came of it written into the ledger."""

from datetime import UTC, datetime

from city.errors import MissingInputError
from city.frames import ComplaintEvents
from city.ledger import Promotion
from city.progress import Progress, silent
from models.trained import Trained
from models.triage_publishing import train_triage
from serving.desk import Desk
from serving.model_moves import who_asks, written_down


def train(desk: Desk, *, asked: datetime | None = None, progress: Progress = silent) -> Trained:
    """What the gate decided is written into the ledger; if that fails, what served before serves again."""
    if desk.history.last_news(ComplaintEvents) is None:
        raise MissingInputError(
            step="Training the triage",
            missing=("single complaints",),
            todo="Import them with `city import --mapping M.toml`, with the text and the events that close them.",
        )
    as_of = desk.moment(ComplaintEvents, asked).at
    pinned = desk.pinned()
    trained = train_triage(pinned.history, pinned.settings, as_of=as_of, progress=progress)
    line = Promotion(
        model=trained.name,
        version=trained.version or "",
        previous=trained.champion,
        reason=trained.reason,
        at=datetime.now(UTC),
        action="promoted" if trained.promoted else "refused",
        who=who_asks(),
        figures=trained.figures,
    )
    written_down(desk, line, trained.promotion)
    return trained
