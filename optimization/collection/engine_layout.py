"""Boards for the engine, out of arrays."""

from dataclasses import dataclass, field

import numpy as np

from optimization.collection.engine_board import (
    CHOOSY,
    CLOSING,
    END,
    FLEET,
    FOREVER,
    HOURS,
    LIMITED,
    NO_WAY,
    NOBODY,
    NODE,
    RELEASES,
    RULES,
    START,
    STREAMS,
    TASKS,
    TIMED,
    TIP,
    TIPS,
    Board,
)

NEAR = 100  # tasks kept as near each task
ROWS_AT_ONCE = 512

Windows = list[tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a board is laid out from. `tasks`, `trucks` and `sites` are records of NODE, TRUCK and SITE.

    Tasks hold row, busy, stream, kg, m3, penalty, release, usual and moved; their windows and those of the sites stand
    beside them. `homes` are the rows where trucks start and end.
    """

    tasks: np.ndarray
    task_windows: Windows
    trucks: np.ndarray
    homes: np.ndarray
    sites: np.ndarray
    site_windows: Windows
    seconds: np.ndarray  # (K, R, R)
    metres: np.ndarray  # (R, R)
    room: np.ndarray  # (V, S)
    body: np.ndarray  # (V, S)
    accepts: np.ndarray  # (G, S)
    queues: np.ndarray  # (G, 24)
    paces: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))  # see Board
    borders: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    class_of: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))
    may: np.ndarray = field(default_factory=lambda: np.ones((0, 0), dtype=np.bool_))
    timed: bool = True


def board_of(layout: Layout, seed: int) -> Board:
    """The board with every task still to be served."""
    tasks, fleet = len(layout.tasks), len(layout.trucks)
    tips = min(tasks, 4 * fleet + tasks) if len(layout.sites) else 0
    nodes = np.zeros(tasks + 2 * fleet + tips, dtype=NODE)
    hours: list[tuple[int, int]] = [(0, FOREVER)]
    nodes[:tasks] = layout.tasks
    nodes["truck"] = nodes["site"] = NOBODY
    nodes["closes"] = FOREVER
    _open(nodes[:tasks], layout.task_windows, hours)
    sites = layout.sites.copy()
    for site, windows in zip(sites, layout.site_windows, strict=True):
        site["window"], site["windows"] = len(hours), len(hours) + len(windows)
        hours += windows
    trucks = layout.trucks.copy()
    _lay_chains(nodes, tasks, trucks, layout.homes)
    rules = np.zeros(RULES, dtype=np.int64)
    rules[[TIMED, TIPS, TASKS, FLEET, CHOOSY, LIMITED, RELEASES, STREAMS]] = (
        layout.timed,
        len(sites) > 0,
        tasks,
        fleet,
        layout.may.size > 0,
        bool(len(sites) and sites["limited"].any()),
        bool(tasks and layout.tasks["release"].max() > 0),
        layout.room.shape[1],
    )
    rules[CLOSING] = bool((trucks["shift_price"] > 0).any())
    free = np.arange(len(nodes) - tips - 1, len(nodes), dtype=np.int32)
    free[0] = tips
    left = np.arange(-1, tasks, dtype=np.int32)
    left[0] = tasks
    nodes["left"][:tasks] = 1
    limited = fleet if rules[LIMITED] else 0
    return Board(
        nodes=nodes,
        trucks=trucks,
        sites=sites,
        seconds=layout.seconds,
        metres=layout.metres,
        metres_to=_transposed(layout.metres),
        paces=layout.paces,
        borders=layout.borders,
        class_of=layout.class_of,
        near=_near(layout.metres, layout.tasks["row"]),
        may=layout.may,
        room=layout.room,
        body=layout.body,
        accepts=layout.accepts,
        queues=layout.queues,
        hours=np.array(hours, dtype=np.int32),
        tipped=np.zeros((len(sites), HOURS)),
        given=np.zeros((limited, len(sites) if limited else 0, HOURS)),
        loaded=np.zeros(layout.room.shape[1], dtype=np.int32),
        rules=rules,
        random=np.array([_scrambled(seed)], dtype=np.uint64),
        free=free,
        left=left,
        journal=np.zeros(len(nodes) + fleet, dtype=np.int32),
        places=np.zeros(2 * NEAR + len(nodes) + 1, dtype=np.int32),
        split=np.zeros((2, tasks + 1)),
        keys=np.zeros(tasks),
        work=np.zeros((2, tasks + 1), dtype=np.int32),
    )


def _open(nodes: np.ndarray, windows: Windows, hours: list[tuple[int, int]]) -> None:
    for number, open_in in enumerate(windows):
        if not open_in:
            nodes[number]["opens"], nodes[number]["closes"] = 1, 0  # never
            continue
        nodes[number]["opens"], nodes[number]["closes"] = open_in[0][0], open_in[-1][1]
        if len(open_in) > 1:
            nodes[number]["window"], nodes[number]["windows"] = len(hours), len(hours) + len(open_in)
            hours += open_in


def _lay_chains(nodes: np.ndarray, tasks: int, trucks: np.ndarray, homes: np.ndarray) -> None:
    fleet = len(trucks)
    starts, ends = slice(tasks, tasks + fleet), slice(tasks + fleet, tasks + 2 * fleet)
    numbers = np.arange(fleet, dtype=np.int32)
    nodes["kind"][starts], nodes["kind"][ends], nodes["kind"][tasks + 2 * fleet :] = START, END, TIP
    for where in (starts, ends):
        nodes["row"][where], nodes["truck"][where] = homes, numbers
    nodes["nxt"][starts] = nodes["tip"][starts] = tasks + fleet + numbers
    nodes["prv"][ends], nodes["tip"][ends] = tasks + numbers, tasks + fleet + numbers
    nodes["closes"][ends] = nodes["late"][ends] = trucks["last_s"]
    for name in ("begin", "arrive", "depart"):
        nodes[name][starts] = nodes[name][ends] = trucks["first_s"]


def _near(metres: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """For each task the others, the nearest first, there and back."""
    tasks = len(rows)
    most = min(NEAR, max(0, tasks - 1))
    near = np.empty((tasks, most), dtype=np.int32)
    for first in range(0, tasks, ROWS_AT_ONCE):
        own = rows[first : first + ROWS_AT_ONCE]
        there, back = metres[np.ix_(own, rows)].astype(np.int64), metres[np.ix_(rows, own)].T.astype(np.int64)
        way = np.where((there == NO_WAY) | (back == NO_WAY), FOREVER, there + back)
        way[np.arange(len(own)), np.arange(first, first + len(own))] = -1
        chosen = np.argpartition(way, min(most, tasks - 1), axis=1)[:, : most + 1]
        order = np.argsort(np.take_along_axis(way, chosen, axis=1), axis=1, kind="stable")
        near[first : first + len(own)] = np.take_along_axis(chosen, order, axis=1)[:, 1:]
    return near


def _transposed(metres: np.ndarray) -> np.ndarray:
    return metres if (metres == metres.T).all() else np.ascontiguousarray(metres.T)


def _scrambled(seed: int) -> int:
    """A state that is never 0, out of any seed (splitmix64)."""
    value = (seed + 0x9E3779B97F4A7C15) % 2**64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
    return (value ^ (value >> 31)) or 1
