"""The processes that plan for a service: those that search, and those that check and keep."""

from city.scratch import Scratch
from city.settings import Settings
from serving.workbench import Bench

SEARCH = "serving.solving:solve"
LEAST_RESERVE_S, MOST_RESERVE_S = 0.15, 5.0
BEHIND = 5
FORGETTING = 0.8  # of how long keeping a plan took lately


class Workbench:
    """The processes that plan, and how long keeping a plan took them lately."""

    def __init__(self, settings: Settings, *, places: int = 1, search: str = SEARCH) -> None:
        self.settings = settings
        self.places = places
        self.search = search
        self._scratch = Scratch("planning")
        self.folder = self._scratch.folder
        # Twice as many as search at once: whoever has answered still writes files.
        self.checkers = Bench(
            "serving.judging:get_ready",
            places=2 * places,
            spare=0,
            first=("serving.judging:look_around", (settings,)),
        )
        # And one more: jobs may hold a place for minutes. A search must not take the time of who checks and answers.
        self.planners = Bench("serving.solving:get_ready", places=places + 1, spare=0, behind=BEHIND)
        self.reserve_s = LEAST_RESERVE_S

    def note_keeping(self, seconds: float) -> None:
        lately = max(seconds * 2, self.reserve_s * FORGETTING)
        self.reserve_s = min(MOST_RESERVE_S, max(LEAST_RESERVE_S, lately))

    def close(self) -> None:
        self.checkers.close()
        self.planners.close()
        self._scratch.close()
