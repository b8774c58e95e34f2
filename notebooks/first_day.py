# %% [markdown]
# # The first day: history and forecasts
#
# One day in a small demo city, from the files that its departments handed over to the forecasts of what comes next.
# What is planned from them is shown in `first_plans.py`. Every step is the one that the `city` command takes too.
#
# - `CITY_HOME` says where the city is. One that `city demo` has built there is used as it is; otherwise a city of
#   `DEMO_SCALE` (1 is 24 junctions) and `DEMO_DAYS` is built first, which takes about a minute.
# - `FIGURES` says where the figures go.

# %%
from datetime import timedelta

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from demo_day import lived_day
from drawing import BLUE, ORANGE, RED, SKY, keep, readable

from serving.terminal import Terminal

# %% [markdown]
# ## From files to plans
#
# `run_demo` builds the departments' files, imports them, trains both models on few rows, issues forecasts, plans
# tomorrow's signals and today's routes, and has both checked by code that knows no solver. Read the tables slowly once:
#
# - **History**: are the quarantined rows few, and are their reasons ones you would also refuse?
# - **Forecasts**: the model must beat the best simple forecast on days that it has never seen, or it is not used.
# - **Assumed** and **Degraded**: every plan says what it took for granted.

# %%
desk, day, files = lived_day(Terminal())
now, zone, time_zone = files.now, desk.zone(), desk.zone().key
truth = (desk.settings.home / "demo" / files.mapping).parent / "truth"

# %% [markdown]
# ## What was refused
#
# A bad row is never repaired silently: it goes to quarantine with its reason, and can be released from there.
# Many rows with *one* reason are a wrong mapping or one broken device; a few with many reasons are everyday dirt.

# %%
refused = [(count, feed["feed"], reason) for feed in day["feeds"] for reason, count in feed["reasons"]]
refused.sort()
figure, axes = plt.subplots(figsize=(9, 0.55 * len(refused) + 1.2))
bars = axes.barh(range(len(refused)), [count for count, _, _ in refused], height=0.45, color=BLUE)
axes.bar_label(bars, padding=3)
for row, (_, feed, reason) in enumerate(refused):
    axes.annotate(
        readable(f"{feed}: “{reason}”"), (0.5, row + 0.28), xytext=(4, 0), textcoords="offset points", fontsize="small"
    )
axes.set(xscale="log", xlim=(0.5, None), xlabel="rows (log scale)", yticks=[])
axes.set(title="Rows refused at the door, by kind of reason (with one example each)")
keep(figure, "quarantine")

# %% [markdown]
# ## What a detector knows, and what it cannot know
#
# Every week of two approaches, one line per week. The upper one is never full. The lower one is: where demand exceeds
# what the green can serve, the detector counts the *capacity*, not the demand. Such counts are **censored**: a lower
# bound. A model that learns from them learns the traffic light. The hidden demand (known here only because the city
# is made up, and used for this picture alone) shows how much is missing. A single low line is a holiday: 40 days and
# more reach back to Spring Festival.

# %%
from city.frames import Detectors, TrafficCounts
from city.signals import Junction
from optimization.signals.censoring import CENSORED_FROM, running_capacity_pcu_h

junctions = {junction.junction_id: junction for junction in desk.history.entities(Junction)}
hidden = pl.read_parquet(truth / "demand.parquet").with_columns(
    local=pl.col("start_at"), demand=4 * pl.col("demand_veh"), served=4 * pl.col("served_veh")
)
detectors = desk.history.read(Detectors, as_of=now)
place = {row["detector_id"]: (row["junction_id"], row["approach"]) for row in detectors.iter_rows(named=True)}
counts = (
    desk.history.read(TrafficCounts, as_of=now)
    .filter(pl.col("flow_veh_h").is_not_null())
    .with_columns(local=pl.col("start_at").dt.convert_time_zone(time_zone).dt.replace_time_zone(None))
)


def full_at(detector_id: str) -> float:
    """The flow, veh/h, at which the first of the detector's lane groups is full under the plan that runs today."""
    junction = junctions[place[detector_id][0]]
    mine = [movement for movement in junction.movements if detector_id in movement.detector_ids]
    limits = [running_capacity_pcu_h(junction, one) / one.turning_share for one in mine if one.turning_share]
    return min(limits, default=float("inf"))


def happened(detector_id: str) -> pl.DataFrame:
    junction_id, approach = place[detector_id]
    return hidden.filter((pl.col("junction_id") == junction_id) & (pl.col("arm") == approach)).sort("local")


busy = counts.with_columns(
    full=pl.col("detector_id").replace_strict({name: full_at(name) for name in place}, return_dtype=pl.Float64)
)
near = busy.group_by("detector_id").agg(full=(pl.col("flow_veh_h") >= CENSORED_FROM * pl.col("full")).mean())
ranked = near.sort("full", "detector_id")["detector_id"].to_list()
pair = (ranked[0], ranked[-1])
near.sort("full", descending=True).head(5)


# %%
def hour_of_week(column: str = "local") -> pl.Expr:
    return (
        24 * (pl.col(column).dt.weekday().cast(pl.Float64) - 1)
        + pl.col(column).dt.hour()
        + pl.col(column).dt.minute() / 60
    )


figure, panels = plt.subplots(2, 1, figsize=(11, 7), sharex=True)
for axes, name in zip(panels, pair, strict=True):
    own = counts.filter(pl.col("detector_id") == name).with_columns(
        hour=hour_of_week(), week=pl.col("local").dt.truncate("1w")
    )
    for (_,), week in own.sort("local").group_by("week", maintain_order=True):
        axes.plot(week["hour"], week["flow_veh_h"], color=SKY, lw=0.6, alpha=0.7)
    usual = own.group_by("hour").agg(pl.col("flow_veh_h").median()).sort("hour")
    wanted = (
        happened(name).with_columns(hour=hour_of_week()).group_by("hour").agg(pl.col("demand").median()).sort("hour")
    )
    axes.plot(wanted["hour"], wanted["demand"], color=RED, lw=1, ls=":", label="hidden demand, median")
    axes.plot(usual["hour"], usual["flow_veh_h"], color=BLUE, lw=1.6, label="counted, median of the weeks")
    axes.axhline(full_at(name), color="0.35", lw=1, ls="--", label="full under today's plan")
    share = near.filter(pl.col("detector_id") == name)["full"].item()
    junction_id, approach = place[name]
    axes.set(title=f"{name}, approach {approach} of {junction_id}: {share:.1%} of the quarter hours censored")
    axes.set(ylabel="flow, veh/h", ylim=(0, None))
    axes.set_xticks(range(0, 169, 24), [*("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), ""])
figure.legend(*panels[0].get_legend_handles_labels(), ncols=3, loc="outside upper right")
panels[1].set_xlabel("hour of the week, city time")
keep(figure, "weekly_profile")

# %% [markdown]
# ## The forecast
#
# Issued at "now" with what was known then. The band holds what should come in eight cases of ten. Look for two things:
# does the band widen where days differ, and does it stay narrow where they do not? A wide band everywhere is a model
# that knows nothing; a narrow one that misses is a model that does not know that.

# %%
from city.forecasts import CongestionForecasts
from features.arrays import utc_column
from features.congestion import CityTraffic
from features.congestion_around import AroundTraffic
from features.gather import TrafficHistory
from models.baseline import SameWeekdays
from models.congestion import SERVING_DAYS, asked
from models.metrics import coverage, mae

forecast = desk.history.read_forecast(CongestionForecasts, issued_at=now)
ahead_s = int((forecast["valid_at"].max() - now).total_seconds()) + forecast["step_s"][0]

known = TrafficHistory.gather(desk.history, as_of=now, days=SERVING_DAYS)
traffic = CityTraffic.of(known.counts, known.around)
question, grid = asked(AroundTraffic.of(traffic, known.around), now, ahead_s), traffic.dense("flow")
naive = SameWeekdays.fit(grid).quantiles(grid, np.array([question.newest]), question.leads)[0]
simple = pl.DataFrame(
    {
        "detector_id": np.repeat(traffic.detectors, len(question.leads)),
        "valid_at": utc_column(np.tile(question.at_s, len(traffic.detectors))),
        "naive_p10": naive[:, :, 0].reshape(-1),
        "naive_p50": naive[:, :, 1].reshape(-1),
        "naive_p90": naive[:, :, 2].reshape(-1),
    }
)
where = detectors.select("detector_id", "junction_id", arm="approach")
judged = (
    forecast.join(simple, on=["detector_id", "valid_at"])
    .with_columns(local=pl.col("valid_at").dt.convert_time_zone(time_zone).dt.replace_time_zone(None))
    .join(where, on="detector_id")
    .join(hidden.select("junction_id", "arm", "local", "served"), on=["junction_id", "arm", "local"])
    .sort("detector_id", "local")
)

# %%
here = now.astimezone(zone).replace(tzinfo=None)
figure, panels = plt.subplots(2, 1, figsize=(11, 7), sharex=True)
for axes, name in zip(panels, pair, strict=True):
    said = judged.filter(pl.col("detector_id") == name)
    before = counts.filter((pl.col("detector_id") == name) & (pl.col("local") > here - timedelta(days=1))).sort("local")
    axes.plot(before["local"], before["flow_veh_h"], color="0.2", lw=1, label="counted before")
    low, middle, high = (said[f"flow_{quantile}_veh_h"] for quantile in ("p10", "p50", "p90"))
    axes.fill_between(said["local"], low, high, color=SKY, alpha=0.45, lw=0, label="p10 to p90")
    axes.plot(said["local"], middle, color=BLUE, lw=1.8, label="p50")
    axes.plot(said["local"], said["naive_p50"], color=ORANGE, lw=1, ls="--", label="same weekdays")
    axes.plot(said["local"], said["served"], color=RED, lw=0, marker=".", ms=4, label="what came (hidden)")
    axes.axvline(here, color="0.35", lw=1)
    axes.set(title=f"{name}, approach {place[name][1]} of {place[name][0]}", ylabel="flow, veh/h", ylim=(0, None))
    axes.xaxis.set_major_locator(mdates.HourLocator(byhour=range(0, 24, 6)))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%a %H:%M"))
figure.legend(*panels[0].get_legend_handles_labels(), ncols=5, loc="outside upper right")
panels[1].set_xlabel(f"city time; issued {here:%Y-%m-%d %H:%M}")
keep(figure, "forecast_fan")

# %% [markdown]
# ## Was it right, and did it know how right?
#
# All detectors against what then came, by hour of the day. Above: the median's error, which must lie below that of the
# same weekdays' median. Below: the share of truths inside the band, which should be near 80 % (a truth exactly on an
# edge counts half). The simple band has one width per detector: too wide at night, too narrow in the peaks. One issue
# is a small sample, so read the shape, not single hours. What decides about promotion is the gate window: days at the
# end of the history that neither learner nor calibration has seen.

# %%
by_hour = []
for (hour,), part in (
    judged.with_columns(hour=pl.col("local").dt.hour()).sort("hour").group_by("hour", maintain_order=True)
):
    came = part["served"].to_numpy()
    model = part.select("flow_p10_veh_h", "flow_p50_veh_h", "flow_p90_veh_h").to_numpy().T
    other = part.select("naive_p10", "naive_p50", "naive_p90").to_numpy().T
    row = {"hour": hour}
    for label, (low, middle, high) in (("model", model), ("same weekdays", other)):
        row[f"error {label}"] = mae(came, middle)
        row[f"inside {label}"] = 100 * coverage(came, low, high, seed=1)
    by_hour.append(row)
table = pl.DataFrame(by_hour)

figure, (top, below) = plt.subplots(2, 1, figsize=(11, 6.5), sharex=True)
for label, colour, style in (("model", BLUE, "-"), ("same weekdays", ORANGE, "--")):
    top.plot(table["hour"], table[f"error {label}"], color=colour, ls=style, marker="o", ms=4, label=label)
    below.plot(table["hour"], table[f"inside {label}"], color=colour, ls=style, marker="o", ms=4, label=label)
below.axhline(80, color="0.35", lw=1)
below.annotate("80 % promised", (23, 80), xytext=(0, -12), textcoords="offset points", color="0.35", ha="right")
top.set(title=f"Mean absolute error of flow, {len(place)} detectors", ylabel="veh/h", ylim=(0, None))
below.set(title="Truths inside p10 to p90", ylabel="%", ylim=(0, 105), xlabel="hour of the day, city time")
below.set_xticks(range(0, 24, 3))
top.legend(loc="upper left")
keep(figure, "forecast_by_hour")
