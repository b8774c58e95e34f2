"""Models trained, compared, and promoted with a line in the ledger."""

from datetime import datetime

from city.errors import MissingInputError
from city.progress import Progress, silent
from models.congestion import train_congestion
from models.trained import Trained
from models.waste import train_waste
from serving.desk import FEED_NAME, Desk
from serving.subjects import FEED_OF


def train(
    desk: Desk, what: str, *, asked: datetime | None = None, quick: bool = False, progress: Progress = silent
) -> Trained:
    feed = FEED_OF[what]
    if desk.history.last_news(feed) is None:
        raise MissingInputError(
            step=f"Training {what}",
            missing=(FEED_NAME[feed],),
            todo="Import them with `city import --mapping M.toml`.",
        )
    as_of = desk.moment(feed, asked).at
    desk = desk.pinned()
    trainer = train_congestion if what == "congestion" else train_waste
    trained = trainer(desk.history, desk.settings, as_of=as_of, quick=quick, progress=progress)
    done = trained.promotion
    if done is not None:
        desk.ledger.record_promotion(done.model, done.version, done.previous, done.reason)
    return trained
