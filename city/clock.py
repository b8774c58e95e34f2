"""Time: UTC inside, city time at the edge, and the grid on which a feed reports.

Times of day in plans are whole seconds after local midnight of the service date and may exceed 86,400, because
shifts and windows cross midnight. They are wall-clock seconds on ordinary days; on a day with a clock change they
count elapsed seconds, so that a shift keeps its length.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from city.errors import BrokenRuleError, InvalidValueError

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The regular grid of one feed. The step is a property of the feed, never of the product."""

    step_s: int

    def __post_init__(self) -> None:
        if self.step_s <= 0 or DAY_S % self.step_s:
            raise InvalidValueError(
                subject="Feed", field="step_s", found=self.step_s, expected="a divisor of 86,400 s, such as 300 or 900"
            )

    def floor(self, moment: datetime) -> datetime:
        """The start of the step that holds `moment`; `moment` must carry its zone."""
        whole = int(require_aware(moment).timestamp()) // self.step_s * self.step_s
        return datetime.fromtimestamp(whole, UTC)

    def starts(self, start: datetime, end: datetime) -> list[datetime]:
        """Every step that begins in [start, end), in UTC."""
        first = self.floor(start)
        if first < start:
            first += timedelta(seconds=self.step_s)
        count = max(0, -(-int((end - first).total_seconds()) // self.step_s))
        return [first + timedelta(seconds=self.step_s * k) for k in range(count)]


def require_aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidValueError(
            subject="Moment", field="zone", found=moment.isoformat(), expected="a time with its offset, such as +08:00"
        )
    return moment


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as cause:
        raise InvalidValueError(
            subject="City", field="time_zone", found=name, expected="an IANA name such as 'Asia/Shanghai'"
        ) from cause


def to_utc(local: datetime, city_zone: ZoneInfo, *, second_pass: bool = False) -> datetime:
    """Wall clock to UTC. `second_pass` picks the later of the two when the clock went back.

    Raises BrokenRuleError for a wall-clock time that did not exist (the clock went forward over it).
    """
    there = local.replace(tzinfo=city_zone, fold=int(second_pass)).astimezone(UTC)
    if there.astimezone(city_zone).replace(tzinfo=None, fold=0) != local.replace(fold=0):
        raise BrokenRuleError(
            subject=f"Time {local.isoformat()}", problem=f"it did not exist in {city_zone.key}: the clock went forward"
        )
    return there


def midnight(day: date, city_zone: ZoneInfo) -> datetime:
    """Local midnight of `day`, in UTC."""
    return datetime.combine(day, time(), city_zone).astimezone(UTC)


def at_second(day: date, second: int, city_zone: ZoneInfo) -> datetime:
    """The moment `second` elapsed seconds after local midnight of the service date, in UTC."""
    return midnight(day, city_zone) + timedelta(seconds=second)


def clock_text(second: int) -> str:
    """Seconds after midnight as a person writes them: 75600 -> '21:00', 93600 -> '02:00+1'."""
    days, rest = divmod(second, DAY_S)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}"
    return text if days == 0 else f"{text}{days:+d}"
