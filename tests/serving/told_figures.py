"""A town's rows brought in, and its figures asked for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from city.frames import HistoryRow
from serving.indicator_answers import Question, answer_series
from serving.indicator_series.asked import Series
from tests.serving.lived_in import frame
from tests.serving.watched_town import DAY, NOW, Town

MONDAY = date(2026, 3, 16)
SUNDAY = MONDAY + 13 * DAY
MIDNIGHT = datetime.fromisoformat("2026-03-16T00:00:00+08:00")


def bring(town: Town, contract: type[HistoryRow], rows: Sequence[dict[str, object]]) -> None:
    base = {"district_id": "north", "source": "a.csv", "imported_at": NOW}
    town.desk.history.append(contract, frame(contract, [base | row for row in rows]))


def told(town: Town, *ids: str, **asked: object) -> Series:
    question = Question(indicator_ids=ids, since=MONDAY, until=SUNDAY)
    return answer_series(town.desk, replace(question, **asked))  # type: ignore[arg-type]


def values(series: Series) -> dict[tuple[str | None, date], float | None]:
    return {(row["district_id"], row["start"]): row["value"] for row in series.cells.iter_rows(named=True)}
