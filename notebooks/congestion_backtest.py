# %% [markdown]
# # Congestion: how good, how sure, and where not
#
# The model that serves, on the days that it has never learned from: its own gate. Every issue time of those days
# counts, every detector, leads up to a day and a half. Nothing is trained here.
#
# `CITY_HOME` says where the city is (default: a small demo city, built first), `FIGURES` where the figures go.

# %%
from datetime import datetime

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from demo_day import lived_city
from drawing import BLUE, GREEN, ORANGE, RED, keep, readable
from matplotlib.colors import BoundaryNorm, ListedColormap

from features.arrays import utc_column
from models.congestion import course_of
from models.congestion_training import judged_rows
from models.coverage import coverage_report
from models.metrics import mae
from models.registry import Registry
from serving.terminal import Terminal

desk, files = lived_city(Terminal())
champion = Registry(desk.settings).champion("congestion")
model = champion.model

# %% [markdown]
# ## Four windows in a row
#
# The course is laid out again from what was known when the champion was trained, so its windows are those of the
# training: the learner was fitted on the first, chosen on the second, its widths come from the third. The gate is
# what we look at. The baselines may learn from everything before the gate, so they have seen more than the model.

# %%
course = course_of(desk.history, as_of=datetime.fromisoformat(model.cutoff))
windows, clock = course.windows, course.traffic.clock
edges_s = (windows.start_s, windows.tune_s, windows.calibrate_s, windows.gate_s, windows.end_s)
edges = [f"{utc_column(clock.at_s(np.array([course.step(one)])))[0].astimezone(desk.zone()):%d %b}" for one in edges_s]
for name, first, last in zip(("fit", "tune", "calibrate", "gate"), edges, edges[1:], strict=False):
    print(f"{name:<10}{first} to {last}")

# %%
origins, view = course.origins(windows.gate_s, windows.end_s), model.view(course.around)
judged = {
    measure: judged_rows(course, measure, origins, model.predict(view, measure, origins, course.leads))
    for measure in model.measures
}
for measure, rows in judged.items():
    print(f"{measure}: {len(origins)} issue times, {len(rows.truth):,} values, best simple forecast: {rows.best}")

# %% [markdown]
# ## Error by lead
#
# Three opponents in one picture: HA + AR(1) (usual value of the slot + what is left of the present deviation) is hard
# to beat close by, the median of the same weekdays far away. A model that only wins at the left end knows the present
# and nothing else; one that only wins at the right end does not look at the present.

# %%
NAMES = {
    "model": (f"{champion.label}", BLUE, "-"),
    "ha_ar1": ("HA + AR(1)", ORANGE, "--"),
    "same_weekdays": ("median of the same weekdays", GREEN, ":"),
}
OPPONENTS = {"ha_ar1": "HA + AR(1)", "same_weekdays": "the same weekdays' median"}
UNITS = {"flow": "veh/h", "speed": "km/h"}
figure, panels = plt.subplots(1, len(judged), figsize=(5.6 * len(judged), 4.3), squeeze=False)
for axes, (measure, rows) in zip(panels[0], judged.items(), strict=True):
    said = {"model": rows.said} | rows.baselines
    hours = (course.leads - course.traffic.first_lead + 1) * clock.step_s / 3600
    for name, (label, colour, style) in NAMES.items():
        error = [mae(rows.truth[rows.lead == lead], said[name][rows.lead == lead, 1]) for lead in course.leads]
        axes.plot(hours, error, color=colour, ls=style, marker="o", ms=4, label=label)
    better = 1 - mae(rows.truth, rows.said[:, 1]) / mae(rows.truth, rows.baselines[rows.best][:, 1])
    words = f"{abs(better):.0%} {'less' if better > 0 else 'MORE'} error than {OPPONENTS[rows.best]}"
    axes.set_title(f"{measure.capitalize()}: {words}")
    axes.set(xscale="log", xlabel="hours ahead", ylim=(0, None))
    axes.set_ylabel(f"mean absolute error, {UNITS[measure]}")
    ticks = [tick for tick in (0.25, 0.5, 1, 2, 4, 8, 16, 36) if hours.min() <= tick <= hours.max()]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
panels[0, 0].legend(loc="lower right", fontsize="small")
keep(figure, "error_by_lead")

# %% [markdown]
# ## Does it know how sure it is?
#
# Of the truths 10 % should lie below p10 and 10 % above p90: over all within 2 points, in every part within 5 (grey).
# The bars are 90 % intervals from drawing whole days, because the quarter hours of one day share their weather and
# their accidents. With few days the bars are long: then "no fault seen" is not "no fault".

# %%
TOLERANCE = 5
measure, rows = next(iter(judged.items()))
target = rows.origin + rows.lead
district = np.array(course.traffic.districts)[rows.detector]
hour = (target % clock.slots_per_day * clock.step_s // 3600).astype(int)
report = coverage_report(
    rows.truth, rows.said, day=clock.day(target), buckets={"hour": hour, "district": district}, seed=1
)
for miss in report.misses:
    print(f"{'sure' if miss.sure else 'not sure'}: {miss.sentence()}")

figure, panels = plt.subplots(1, 3, figsize=(13, 4.4), sharey=True, width_ratios=(2.2, 1, 1.2))
TITLES = {
    "hour": ("By hour of the day", "hour, city time"),
    "district": ("By district", "district"),
    "predicted": ("By predicted flow", "tenth, from the emptiest to the fullest"),
}
for axes, (group, (title, label)) in zip(panels, TITLES.items(), strict=True):
    cells = sorted(report.cells[group], key=lambda cell: (len(cell.name), cell.name))
    axes.axhspan(10 - TOLERANCE, 10 + TOLERANCE, color="0.92", lw=0)
    axes.axhline(10, color="0.35", lw=1)
    for side, colour, shift in (("below", BLUE, -0.14), ("above", RED, 0.14)):
        shares = [getattr(cell, side) for cell in cells]
        middle = np.array([100 * one.value for one in shares])
        low, high = (np.array([100 * getattr(one, end) for one in shares]) for end in ("low", "high"))
        spans = np.clip(np.nan_to_num([middle - low, high - middle]), 0, None)
        axes.errorbar(
            np.arange(len(cells)) + shift,
            middle,
            spans,
            fmt="o",
            ms=4,
            lw=1,
            color=colour,
            label={"below": "below p10", "above": "above p90"}[side],
        )
    every = 3 if len(cells) > 12 else 1
    axes.set_xticks(range(0, len(cells), every), [readable(cell.name) for cell in cells][::every])
    outside = sum(miss.group == group for miss in report.misses)
    axes.set_title(f"{title}: {outside} of {2 * len(cells)} shares are off")
    axes.set(xlabel=label, xlim=(-0.6, len(cells) - 0.4))
panels[0].set(ylabel=f"truths of {measure} outside, %", ylim=(0, None))
panels[0].set_ylim(0, 1.12 * panels[0].get_ylim()[1])
panels[0].legend(loc="upper right", ncols=2, fontsize="small")
figure.suptitle(
    f"Over all {report.overall.below.value:.1%} lie below p10 and {report.overall.above.value:.1%} above p90 "
    f"({report.overall.days} days, {report.overall.rows:,} values)",
    x=0.01,
    ha="left",
    fontsize="medium",
)
keep(figure, "coverage")

# %% [markdown]
# ## The congestion index
#
# What a person in the control room sees: how many times longer the way takes than in free flow, as issued at "now".
# Above, the whole city with its band: quantiles of an area come from joint paths, since segments are slow together.
# Below, each area's named level. The colours go from light to dark as well, for those who do not tell red from green.

# %%
from city.congestion_index import LOCAL, AreaKind, Level
from serving.index_picture import COLOURS
from serving.showing_index import stored_index

shown = stored_index(desk, asked=files.now, hours=24, worst=6)
areas = [*shown.large.select("area_kind", "area_id").rows(), *shown.worst.select("area_kind", "area_id").rows()]
index = shown.rows.with_columns(
    local=pl.col("valid_at").dt.convert_time_zone(desk.zone().key).dt.replace_time_zone(None)
).sort("local")
times = index["local"].unique().sort()
starts = mdates.date2num([*times, times[-1] + (times[1] - times[0])])
city = index.filter(pl.col("area_kind") == AreaKind.CITY.value)
points = np.full((len(areas), len(times)), np.nan)
for row, (kind, area) in enumerate(areas):
    own = index.filter((pl.col("area_kind") == kind) & (pl.col("area_id") == area))
    points[row, np.searchsorted(times, own["local"])] = own["scale"]
worst = index.filter(pl.col("area_kind") != AreaKind.CITY.value).sort("index_p50")[-1].row(0, named=True)

figure, (top, below) = plt.subplots(
    2, 1, figsize=(11, 3.2 + 0.33 * len(areas)), sharex=True, height_ratios=(2.4, 0.33 * len(areas))
)
highest = max(1.25, 1.05 * city["index_p90"].max())
for level, colour in zip(Level, COLOURS, strict=True):
    begins = LOCAL.begins_at(level)
    if begins < highest:
        top.axhspan(begins, highest, color=colour, alpha=0.4, lw=0)
        words = readable(f"{level.words} {level.chinese}")
        top.text(1.005, begins, words, transform=top.get_yaxis_transform(), fontsize="small", va="bottom")
top.fill_between(city["local"], city["index_p10"], city["index_p90"], color=BLUE, alpha=0.25, lw=0, label="p10 to p90")
top.plot(city["local"], city["index_p50"], color=BLUE, lw=1.8, label="p50")
top.set(ylim=(1, highest), ylabel="index of the city,\ntimes free flow")
top.legend(loc="upper left", ncols=2, fontsize="small")
top.set_title(
    f"Worst of the next 24 h: {worst['area_kind']} {worst['area_id']} at {worst['local']:%H:%M}, "
    + readable(
        f"{worst['index_p50']:.2f} times free flow ({Level(worst['level']).words} {Level(worst['level']).chinese})"
    )
)
below.pcolormesh(
    starts,
    np.arange(len(areas) + 1),
    points,
    cmap=ListedColormap(COLOURS),
    norm=BoundaryNorm(range(0, 11, 2), len(COLOURS)),
)
below.hlines(np.arange(1, len(areas)), starts[0], starts[-1], color="white", lw=1.5)
below.set_yticks(
    np.arange(len(areas)) + 0.5, [area if kind == area else f"{kind} {area}" for kind, area in areas], fontsize="small"
)
below.invert_yaxis()
below.xaxis.set_major_formatter(mdates.DateFormatter("%H:%M"))
below.set_xlabel(f"from {times[0]:%A %d %B}, city time")
keep(figure, "congestion_index")
