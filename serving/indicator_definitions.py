"""What each indicator is: name, unit, definition, formula, source, owner. Nobody else says what a figure means."""

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

Kind = Literal["signals", "routes", "forecasts", "feeds", "traffic", "waste", "complaints", "plans"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Period = Literal["day", "week", "month"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)
Better = Literal["higher", "lower", "neither"]
"""Which way is good; of a count that is only told, or has a right value, neither."""
FIRST: Final = "0.1.0"


@dataclass(frozen=True, slots=True)
class Definition:
    """`periods` are those that it is computed over, none for one of now; `part` is what it is told apart by."""

    indicator_id: str
    name: str
    unit: str
    definition: str
    formula: str
    better: Better
    source: str
    owner: str
    periods: tuple[Period, ...] = ()
    part: str = ""
    since: str = FIRST

    @property
    def kind(self) -> Kind:
        """Ids begin with it."""
        return cast("Kind", self.indicator_id.split(".", maxsplit=1)[0])
