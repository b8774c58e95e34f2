"""The one catalogue of indicators: those of now, and those over days, weeks and months."""

from typing import Final

from serving.indicator_definitions import Definition
from serving.indicators_of_now import NOW
from serving.indicators_over_time import OVER_TIME

DEFINITIONS: Final[tuple[Definition, ...]] = (*NOW, *OVER_TIME)
BY_ID: Final = {one.indicator_id: one for one in DEFINITIONS}
