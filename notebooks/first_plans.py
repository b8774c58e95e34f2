# %% [markdown]
# # The first day: plans
#
# What was planned from the forecasts of `first_day.py`: tomorrow's signals and today's truck routes. The same
# environment variables say where the city and the figures are.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from demo_day import lived_day
from drawing import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, keep
from matplotlib.axes import Axes

from city.clock import DAY_S, at_second, clock_text
from city.documents import from_json
from city.forecasts import CongestionForecasts, FillForecasts
from serving.terminal import Terminal

desk, day, files = lived_day(Terminal(as_json=True))
now, zone, time_zone = files.now, desk.zone(), desk.zone().key
for made in day["plans"]:
    print(f"{made['plan_id']}: the check found {len(made['check']['findings'])} broken rules")

# %% [markdown]
# ## A signal plan, second by second
#
# One junction in its busiest hour: above the plan that runs today, below the one for tomorrow. Every row is a signal
# group (streams that always see the same lamp). Follow one vertical line: what is green together must be able to pass
# together, and between the end of one green and the start of a crossing one there is a gap, the *intergreen*, made
# of yellow and all-red. People on foot cannot hurry: their shortest greens are often what makes a cycle long.

# %%
from city.signal_parts import MovementKind
from city.signal_plans import SignalPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.demand import demand_from_forecast

junctions = {one.junction_id: one for one in desk.history.entities(Junction)}
forecast = desk.history.read_forecast(CongestionForecasts, issued_at=now)
plan_id = next(plan["plan_id"] for plan in day["plans"] if plan["plan_id"].startswith("signals"))
schedule = from_json(SignalSchedule, desk.ledger.plan(plan_id).document, plan_id)
demand = demand_from_forecast(
    tuple(junctions[one.junction_id] for one in schedule.day_plans),
    forecast,
    service_date=schedule.service_date,
    time_zone=time_zone,
)
flows = {one.junction_id: demand.of(one.junction_id) for one in schedule.day_plans}
totals = {name: np.sum([one.flow_pcu_h for one in mine.values()], axis=0) for name, mine in flows.items()}
busiest = max(totals, key=lambda name: totals[name].max())
junction = junctions[busiest]
day_plan = next(one for one in schedule.day_plans if one.junction_id == busiest)
slot = int(totals[busiest].argmax())
LAMP = {MovementKind.VEHICLE: BLUE, MovementKind.CYCLE: PURPLE, MovementKind.PEDESTRIAN: GREEN}


def draw_plan(axes: Axes, plan: SignalPlan) -> None:
    for row, group in enumerate(junction.groups):
        for green in (one for one in plan.greens if one.group_id == group.group_id):
            for shift in (0, -plan.cycle_s):
                span, yellow = (
                    (green.start_s + shift, green.end_s - green.start_s),
                    (green.end_s + shift, group.yellow_s),
                )
                axes.broken_barh([span], (row - 0.4, 0.8), facecolors=LAMP[group.kind], lw=0)
                axes.broken_barh([yellow], (row - 0.4, 0.8), facecolors=ORANGE, lw=0)
    edges = np.cumsum([0, *(split.split_s for split in plan.splits)])
    for split, edge in zip(plan.splits, edges, strict=False):
        axes.axvline(edge, color="0.35", lw=0.8)
        axes.annotate(split.stage_id, (edge, -0.8), xytext=(3, 0), textcoords="offset points", fontsize="small")
    axes.set_yticks(range(len(junction.groups)), [group.group_id for group in junction.groups], fontsize="small")
    axes.set(xlim=(0, plan.cycle_s), ylim=(len(junction.groups) - 0.4, -1.5))


running, planned = junction.running_plan, day_plan.plan_at(900 * slot)
shown = [("tomorrow", planned)] if running is None else [("today", running), ("tomorrow", planned)]
figure, panels = plt.subplots(len(shown), 1, figsize=(10, 4.2 * len(shown)), squeeze=False)
for axes, (label, plan) in zip(panels[:, 0], shown, strict=True):
    draw_plan(axes, plan)
    axes.set_title(f"{busiest} {label}, {clock_text(900 * slot)}: cycle {plan.cycle_s} s, offset {plan.offset_s} s")
panels[-1, 0].set_xlabel("seconds after the start of the coordinated stage's green")
handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in (*LAMP.values(), ORANGE)]
figure.legend(handles, ["vehicles", "cycles", "on foot", "yellow"], ncols=4, loc="outside upper right")
keep(figure, "signal_stages")

# %% [markdown]
# ## Flows against capacity
#
# The same junction over the whole day, its four fullest lane groups. Plans are made for p90, a flow exceeded one time
# in ten: a queue costs far more than a little idle green. A shorter cycle gives *less* capacity, since more of it is
# lost between stages, and shorter waits: where flows are moderate the planner trades one for the other. Look at `x`
# (flow / capacity): above 0.9 queues no longer empty in every cycle.

# %%
from city.national import national_profile
from optimization.signals.delay import capacity_pcu_h, effective_green_s
from optimization.signals.streams import streams_of

streams = streams_of(junction, demand)


def capacity(lane_group: int, plan: SignalPlan) -> float:
    group_id = streams.groups[lane_group]
    green_s = sum(green.end_s - green.start_s for green in plan.greens if green.group_id == group_id)
    effective_s = effective_green_s(green_s, national_profile(junction.national_profile))
    return float(capacity_pcu_h(streams.saturation[lane_group], effective_s, plan.cycle_s))


offered = np.array(
    [[capacity(k, day_plan.plan_at(900 * slot)) for slot in range(96)] for k in range(len(streams.groups))]
)
fullness = (streams.planned / offered).max(axis=1)
hours = np.arange(97) / 4

figure, panels = plt.subplots(2, 2, figsize=(11, 6.5), sharex=True)
for axes, k in zip(panels.flat, np.argsort(-fullness), strict=False):
    high, middle, limit = (
        np.append(values[k], values[k][-1]) for values in (streams.planned, streams.expected, offered)
    )
    axes.fill_between(hours, high, step="post", color=SKY, alpha=0.5, lw=0, label="flow, p90")
    axes.step(hours, middle, where="post", color=BLUE, lw=1.2, label="flow, p50")
    axes.step(hours, limit, where="post", color=RED, lw=1.8, label="capacity planned")
    if running is not None:
        axes.axhline(capacity(int(k), running), color="0.35", ls="--", lw=1, label="capacity today")
    names = ", ".join(movement.movement_id for movement in streams.movements[k])
    axes.set(title=f"{names}: largest x {fullness[k]:.2f}", xlim=(0, 24), ylim=(0, None))
    axes.set_xticks(range(0, 25, 6))
figure.legend(*panels[0, 0].get_legend_handles_labels(), ncols=4, loc="outside upper right")
figure.supxlabel(f"hour of {schedule.service_date}, city time", fontsize="medium")
figure.supylabel(f"pcu/h at {busiest}", fontsize="medium")
keep(figure, "flow_and_capacity")

# %% [markdown]
# ## Where the trucks go
#
# Today's routes on the road network. Lines run straight from stop to stop: the plan holds the order and the clock, not
# the streets. Where trucks share a way, the wider line lies below. To the right, the load of the truck with most stops:
# it climbs at every stop, falls to zero where the truck tips, and may never cross the payload line. A truck must be
# empty when it comes home.

# %%
from city.collection_problem import CollectionProblem
from city.frames import Links, Nodes
from city.waste_plans import CollectionPlan, CollectionRoute
from serving.problem_file import read_problem

made = next(plan for plan in day["plans"] if plan["plan_id"].startswith("routes"))
plan = from_json(CollectionPlan, desk.ledger.plan(made["plan_id"]).document, made["plan_id"])
problem: CollectionProblem = read_problem(Path(made["folder"]) / "problem.json")
depots = {one.depot_id: one for one in problem.depots}
sites = {one.site_id: one for one in problem.sites}
nodes = {row["node_id"]: (row["lon"], row["lat"]) for row in desk.history.read(Nodes).iter_rows(named=True)}
roads = [(nodes[a], nodes[b]) for a, b in desk.history.read(Links).select("from_node_id", "to_node_id").iter_rows()]


def way(route: CollectionRoute) -> list[tuple[float, float]]:
    places = [depots[route.depot_id]]
    for trip in route.trips:
        places += [problem.point_of[stop.point_id, stop.stream] for stop in trip.stops]
        places += [sites[trip.tip.site_id]] if trip.tip else []
    return [(one.lon, one.lat) for one in (*places, places[0])]


def load_steps(route: CollectionRoute) -> tuple[list[float], list[float]]:
    """Hours after midnight, and tonnes on board from then on."""
    at, load_t = [route.depart_s / 3600], [0.0]
    for trip in route.trips:
        at += [stop.depart_s / 3600 for stop in trip.stops]
        load_t += [stop.load_kg / 1000 for stop in trip.stops]
        if trip.tip is not None:
            at, load_t = [*at, trip.tip.depart_s / 3600], [*load_t, 0.0]
    return [*at, route.return_s / 3600], [*load_t, load_t[-1]]


# %%
from matplotlib.collections import LineCollection

longest = max(plan.routes, key=lambda route: len(route.stops))
truck = next(one for one in problem.trucks if one.truck_id == longest.truck_id)
figure, (chart, load) = plt.subplots(1, 2, figsize=(13, 6), width_ratios=(1.5, 1))
chart.add_collection(LineCollection(roads, color="0.8", lw=0.8))
widths = np.linspace(4, 1.3, len(plan.routes))
for route, width, colour in zip(plan.routes, widths, (BLUE, ORANGE, GREEN, RED, PURPLE, SKY) * 99, strict=False):
    lon, lat = zip(*way(route), strict=True)
    label = f"{route.truck_id}: {len(route.stops)} stops, {route.metres / 1000:.0f} km"
    chart.plot(lon, lat, color=colour, lw=width, marker="o", ms=width + 2.5, alpha=0.85, label=label)
left = [problem.point_of[one.point_id, one.stream] for one in plan.unserved]
for things, marker, label in (
    (problem.sites, "^", "tipping site"),
    (problem.depots, "s", "depot"),
    (left, "x", "left today"),
):
    chart.plot([one.lon for one in things], [one.lat for one in things], marker, color="0.1", ms=7, label=label)
chart.set_aspect(1 / np.cos(np.radians(problem.depots[0].lat)))
chart.ticklabel_format(useOffset=False)
chart.xaxis.set_major_locator(plt.MaxNLocator(5))
chart.set(title=f"Routes of {plan.service_date}", xlabel="longitude, degrees", ylabel="latitude, degrees")
figure.legend(fontsize="small", ncols=4, loc="outside lower left")
at, load_t = load_steps(longest)
load.step(at, load_t, where="post", color=BLUE, lw=1.8)
load.fill_between(at, load_t, step="post", color=SKY, alpha=0.3, lw=0)
load.axhline(truck.payload_kg / 1000, color=RED, ls="--", lw=1.2)
load.annotate("payload", (at[0], truck.payload_kg / 1000), xytext=(2, 4), textcoords="offset points", color=RED)
load.set(title=f"{longest.truck_id}: load along the day", xlabel="city time", ylabel="t on board")
load.xaxis.set_major_formatter(lambda hour, _position: clock_text(round(3600 * hour)))
load.set_ylim(0, 1.1 * truck.payload_kg / 1000)
keep(figure, "routes")

# %% [markdown]
# ## What is left, and why
#
# Points that are emptied *by fill* may wait. The bar is the forecast of their fill tonight if nobody comes (p10 to p90,
# dot: median). A point is visited when leaving it costs more than the detour: the fuller ones, and those that lie on a
# way anyway. A full one may still be left, when a whole truck would have to leave the depot for it. Every point that
# is left has a sentence with the figures. A point *with* a rule is left only if no truck can serve it, and listed as
# a broken rule.

# %%
from city.waste import ServiceKind

waiting = {(one.point_id, str(one.stream)): one for one in plan.unserved}
optional = {(one.point_id, str(one.stream)) for one in problem.points if one.rule.kind is ServiceKind.BY_FILL} | set(
    waiting
)
tonight = at_second(plan.service_date, DAY_S, zone)
fill = desk.history.read_forecast(FillForecasts, issued_at=now).filter(pl.col("valid_at") == tonight)
bins = [row for row in fill.sort("fill_p50").iter_rows(named=True) if (row["point_id"], row["stream"]) in optional][
    -40:
]
figure, axes = plt.subplots(figsize=(9, 0.28 * len(bins) + 1.6))
for row, one in enumerate(bins):
    colour = ORANGE if (one["point_id"], one["stream"]) in waiting else BLUE
    axes.plot([one["fill_p10"], one["fill_p90"]], [row, row], color=colour, lw=5, alpha=0.5, solid_capstyle="butt")
    axes.plot(one["fill_p50"], row, "o", color=colour, ms=5)
axes.axvline(1, color="0.35", ls="--", lw=1)
axes.set_yticks(range(len(bins)), [f"{one['point_id']} {one['stream']}" for one in bins], fontsize="small")
axes.set(title="Points emptied by fill: forecast for tonight if nobody comes", xlabel="fill, share of capacity")
handles = [plt.Line2D([], [], color=colour, marker="o", lw=5, alpha=0.6) for colour in (BLUE, ORANGE)]
axes.legend(handles, ["visited today", "left today"], loc="lower right")
keep(figure, "left_today")
for one in plan.unserved[:8]:
    print(f"{one.point_id} ({one.stream}), {'RULE BROKEN' if one.mandatory else one.reason}: {one.sentence}")
