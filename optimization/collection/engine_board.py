"""What the improvement engine works on: tasks, trucks and sites as records, routes as chains of nodes.

A node is a task, the start or the end of a truck's day, or a tip. Nodes 0 .. T-1 are the tasks; then one start and
one end per truck; then a pool of tips. A trip is known by the node that ends it: a tip, or the end of the day where
nothing has to be tipped (`Board.sites` is empty). Times are whole seconds, loads are in the unit of the truck's room.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, cast

import numba
import numpy as np

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
# Without counted references, which would cost more than most of these functions: nothing here allocates.
_LEAN: Final[dict[str, Any]] = {"error_model": "numpy", "_nrt": False}
compiled = cast("Callable[[Compiled], Compiled]", numba.njit(cache=True, nogil=True, **_LEAN))
# Handing over a board costs more than a short function does.
woven = cast("Callable[[Compiled], Compiled]", numba.njit(inline="always", **_LEAN))

NOBODY: Final = -1
NO_WAY: Final = -1
FOREVER: Final = 2_000_000_000
TASK: Final = 0  # kinds of nodes: from END on they end a trip, odd ones begin one
START: Final = 1
END: Final = 2
TIP: Final = 3
HOURS: Final = 96  # of a service day and the two after it, for what sites take per hour


def _version() -> str:
    """A name for the engine as it is written: compiled code is kept per file, and would outlive what it calls."""
    sources = sorted(Path(__file__).parent.glob("engine_*.py"))
    return "of_" + sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


NODE: Final = np.dtype(
    [
        (_version(), np.int8),
        ("nxt", np.int32),
        ("prv", np.int32),
        ("truck", np.int32),
        ("tip", np.int32),  # the node that ends its trip; itself for tips and ends
        ("row", np.int32),
        ("way", np.int32),  # metres from here to the next
        ("kind", np.int32),
        ("stream", np.int32),  # of a trip's end: that of the trip
        ("site", np.int32),
        ("arrive", np.int32),
        ("begin", np.int32),
        ("depart", np.int32),
        ("late", np.int32),  # the latest arrival from which the rest of the day still works
        ("slack", np.int32),  # seconds of waiting from here on, which a later arrival eats first
        ("rest", np.int32),  # seconds of break on the way here
        ("owed", np.int32),  # seconds of break still due after it
        ("busy", np.int32),
        ("opens", np.int32),
        ("closes", np.int32),
        ("window", np.int32),  # first and one past the last of its windows, where there are several
        ("windows", np.int32),
        ("release", np.int32),  # of a trip's end: the latest of its tasks
        ("usual", np.int32),  # the truck that it usually goes with
        ("may", np.int32),  # row of `Board.may`
        ("left", np.int32),  # whether it is in `Board.left`
        ("out", np.int32),  # of a trip's end: when the trip set out
        ("kg", np.float64),
        ("m3", np.float64),
        ("sum_kg", np.float64),  # on board after it; of a trip's end: of the whole trip
        ("sum_m3", np.float64),
        ("penalty", np.float64),
        ("moved", np.float64),  # what it costs to go with another truck than usual
    ],
    align=True,
)
TRUCK: Final = np.dtype(
    [
        ("kind", np.int32),  # row of `Board.seconds`
        ("idle_like", np.int32),  # trucks alike: only the first idle one of them is tried
        ("first_s", np.int32),
        ("shift_s", np.int32),
        ("last_s", np.int32),
        ("break_s", np.int32),
        ("break_from", np.int32),
        ("break_to", np.int32),
        ("wash_s", np.int32),  # NOBODY: it may not change its stream
        ("most_stops", np.int32),
        ("stops", np.int32),
        ("touched", np.int32),
        ("barred", np.int32),
        ("seen", np.int32),  # when gaps were last gathered near one of its stops
        ("payload", np.float64),
        ("day_m3", np.float64),
        ("day_kg", np.float64),
        ("sum_m3", np.float64),  # of its whole day
        ("sum_kg", np.float64),
        ("m_price", np.float64),
        ("s_price", np.float64),
        ("over_price", np.float64),
        ("shift_price", np.float64),
        ("moved", np.float64),  # for tasks that usually go with another truck
        ("cost", np.float64),
        ("before", np.float64),  # the cost when the iteration began
    ],
    align=True,
)
SITE: Final = np.dtype(
    [
        ("row", np.int32),
        ("tip_s", np.int32),
        ("window", np.int32),
        ("windows", np.int32),
        ("limited", np.int32),
        ("cap_kg", np.float64),
        ("hour_kg", np.float64),
    ],
    align=True,
)


class Board(NamedTuple):
    """R rows of the travel times, K kinds of speed, V trucks, T tasks, S streams, G sites, M near tasks."""

    nodes: np.ndarray
    trucks: np.ndarray
    sites: np.ndarray
    seconds: np.ndarray  # (K, R, R)
    metres: np.ndarray  # (R, R)
    metres_to: np.ndarray  # (R, R): transposed, so that all ways to a place lie side by side
    paces: np.ndarray  # (C, B): work done up to each border of the day, by class of place; empty: free flow always
    borders: np.ndarray  # (B,)
    class_of: np.ndarray  # (R,)
    near: np.ndarray  # (T, M): the tasks near each, the nearest first
    may: np.ndarray  # (.., V): who may serve a task
    room: np.ndarray  # (V, S): m3
    body: np.ndarray  # (V, S): compartment, NOBODY where none is licensed
    accepts: np.ndarray  # (G, S)
    queues: np.ndarray  # (G, 24)
    hours: np.ndarray  # windows of nodes and sites, (.., 2)
    tipped: np.ndarray  # (G, HOURS): kg taken
    given: np.ndarray  # (V, G, HOURS): by whom; empty where no site limits what it takes
    loaded: np.ndarray  # (S,): the stream last loaded per compartment, while a day is driven
    rules: np.ndarray  # see below
    random: np.ndarray  # (1,) the state of the generator
    free: np.ndarray  # tips that are not in use; free[0] counts them
    left: np.ndarray  # tasks nobody serves; left[0] counts them
    journal: np.ndarray  # chains as they were, see engine_chains
    places: np.ndarray  # (nodes + 1,): gaps to be tried, by the node before each; places[0] counts them
    split: np.ndarray  # (2, T + 1): see engine_tips
    keys: np.ndarray  # (T,): what the tasks of an iteration are ordered by
    work: np.ndarray  # lists of an iteration: row 0 counts, rows 1 .. hold tasks


TIMED: Final = 0  # rules: whether clocks matter
TIPS: Final = 1  # whether trips end with a tip
TASKS: Final = 2
FLEET: Final = 3
CHOOSY: Final = 4  # whether not every truck may serve every task
LIMITED: Final = 5  # whether sites limit what they take
RELEASES: Final = 6
STREAMS: Final = 7  # whether there is more than one
TOUCHED: Final = 8  # trucks in the journal
WRITTEN: Final = 9  # entries in the journal
CLOSING: Final = 10  # whether sending out a truck has a price of its own
GATHERED: Final = 11  # how often gaps were gathered
RULES: Final = 12


@woven
def draw(board: Board) -> float:
    """The next number from [0, 1) of a xorshift* generator (Vigna 2016)."""
    x = board.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    board.random[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def pick(board: Board, count: int) -> int:
    return min(count - 1, int(draw(board) * count))
