# %% [markdown]
# # What a city's history holds
#
# The first hour with a city's data: which feeds there are, where they have gaps, what a usual week looks like, and
# whether weather and complaints say anything. Nothing is learned here. What you see decides which rung of the ladder
# can answer, and whether a feed has to be repaired before anybody trains on it.
#
# `CITY_HOME` says where the city is (default: a small demo city, built first), `FIGURES` where the figures go.

# %%
from datetime import timedelta

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from demo_day import lived_city
from drawing import BLUE, GREEN, ORANGE, RED, keep, readable
from matplotlib.colors import BoundaryNorm

from city.catalogue import TIME_COLUMN
from city.frames import BinReadings, CalendarDays, ComplaintEvents, TrafficCounts, WeatherForecasts, WeatherObserved
from serving.terminal import Terminal

desk, files = lived_city(Terminal())
now, time_zone = files.now, desk.zone().key

# %% [markdown]
# ## Which feeds there are
#
# Rows per day against the feed's own usual day (the median of its days with any rows). Look for white: a day without
# rows is either a day of rest (no tickets, no rounds) or a file that nobody handed over. Dark cells are days with more
# rows than usual: a file that came twice, or a day on which much happened.

# %%
SHARES = (0, 0.01, 0.25, 0.5, 0.75, 0.95, 1.05, 1.25, 2)


def local(column: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone(time_zone).dt.replace_time_zone(None)


def rows_per_day(contract: type, column: str) -> pl.DataFrame:
    rows = desk.history.read(contract, as_of=now)
    if rows.is_empty() or rows.schema[column] == pl.Date:
        return pl.DataFrame(schema={"day": pl.Date, "rows": pl.Int64})
    return rows.group_by(day=local(column).dt.date()).agg(rows=pl.len().cast(pl.Int64))


held = {contract.__name__: rows_per_day(contract, column) for contract, column in TIME_COLUMN.items()}
held = {name: rows for name, rows in held.items() if rows.height}
last_whole = now.astimezone(desk.zone()).date() - timedelta(days=1)
first = min(rows["day"].min() for rows in held.values())
days = pl.date_range(first, last_whole, eager=True)
grid = np.stack(
    [
        pl.DataFrame({"day": days}).join(rows, on="day", how="left")["rows"].fill_null(0).to_numpy()
        / rows["rows"].median()
        for rows in held.values()
    ]
)
whole = grid[:, 1:]
thin = int((whole < 0.5).sum())
feed, day = np.unravel_index(whole.argmin(), whole.shape)

figure, axes = plt.subplots(figsize=(11, 0.45 * len(held) + 1.7))
edges = mdates.date2num([*days, last_whole + timedelta(days=1)])
drawn = axes.pcolormesh(
    edges, np.arange(len(held) + 1), grid, cmap="Blues", norm=BoundaryNorm(SHARES, 256), edgecolors="white", lw=0.5
)
axes.set_yticks(
    np.arange(len(held)) + 0.5, [f"{name}\n{rows['rows'].median():,.0f} a day" for name, rows in held.items()]
)
axes.tick_params(axis="y", labelsize="small", length=0)
axes.invert_yaxis()
axes.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
axes.set_title(
    f"Thinnest: {list(held)[feed]} on {days[1:][int(day)]:%d %b}, {whole[feed, day]:.0%} of its usual day; "
    f"{thin} of {whole.size} days of a feed are below half"
)
figure.colorbar(drawn, ax=axes, label="of the usual day", ticks=(0.25, 0.5, 0.95, 1.05, 2), pad=0.01)
keep(figure, "what_is_there")

# %% [markdown]
# ## Where detectors have gaps
#
# The same for each detector: the share of its steps that arrived and were believed. A row that fades for a day or two
# is a detector that failed; a column that fades is the line to the whole department. What is missing stays missing
# here: learners see a gap as a gap, and the last value is carried forward only where a recipe says so.

# %%
counts = desk.history.read(TrafficCounts, as_of=now).with_columns(local=local("start_at"))
step_s = counts["step_s"].mode()[0]
detectors = counts["detector_id"].unique().sort().to_list()
came = (
    counts.filter(pl.col("flow_veh_h").is_not_null())
    .group_by("detector_id", day=pl.col("local").dt.date())
    .agg(share=pl.len() / (86_400 / step_s))
)
lines = pl.DataFrame({"day": days}).join(pl.DataFrame({"detector_id": detectors}), how="cross")
share = (
    lines.join(came, on=["detector_id", "day"], how="left", maintain_order="left")["share"]
    .fill_null(0.0)
    .to_numpy()
    .reshape(len(days), len(detectors))
    .T
)
inner = share[:, 1:]
worst = detectors[int(inner.mean(axis=1).argmin())]
lost_h = 24 * float((1 - inner).sum(axis=1).max())

figure, axes = plt.subplots(figsize=(11, 0.2 * len(detectors) + 1.9))
drawn = axes.pcolormesh(edges, np.arange(len(detectors) + 1), share, cmap="viridis", vmin=0, vmax=1)
axes.set_yticks(np.arange(len(detectors)) + 0.5, detectors, fontsize="small")
axes.invert_yaxis()
axes.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
axes.set_title(
    f"{1 - inner.mean():.1%} of all counts are missing; {worst} lost most: {lost_h:.0f} h of {len(days) - 1} days"
)
figure.colorbar(drawn, ax=axes, label="share of the day's steps", pad=0.01)
keep(figure, "gaps")

# %% [markdown]
# What the watch makes of it, in sentences (`city watch feeds` prints the same, for a cron job):

# %%
from serving.watching import watch_feeds

watch = watch_feeds(desk, asked=now)
for finding in watch.findings[:5]:
    print(f"{finding.sentence}\n  {finding.todo}")
print(f"{len(watch.findings)} findings about {len(watch.feeds)} feeds.")

# %% [markdown]
# ## A usual week
#
# Each detector's flow as a share of its own mean, its speed as a share of its own 85th percentile at night: so small
# and large roads count alike. The band holds the middle half of the days. Where the bands of two kinds of day overlap
# at all hours, the calendar has nothing to teach; where they part, it is worth more than any lag.

# %%
KINDS = {"workday": (BLUE, "workdays"), "free": (ORANGE, "weekends and holidays")}
calendar = desk.history.read(CalendarDays, as_of=now).select("day", "day_type")
night = (pl.col("local").dt.hour() >= 22) | (pl.col("local").dt.hour() < 5)
scaled = counts.join(
    calendar.rename({"day": "date"}), left_on=pl.col("local").dt.date(), right_on="date", how="left"
).with_columns(
    flow=pl.col("flow_veh_h") / pl.col("flow_veh_h").mean().over("detector_id"),
    speed=pl.col("speed_kmh") / pl.col("speed_kmh").filter(night).quantile(0.85).over("detector_id"),
    kind=pl.when(pl.col("day_type").is_not_null())
    .then(pl.when(pl.col("day_type").str.contains("workday")).then(pl.lit("workday")).otherwise(pl.lit("free")))
    .otherwise(pl.when(pl.col("local").dt.weekday() < 6).then(pl.lit("workday")).otherwise(pl.lit("free"))),
    hour=pl.col("local").dt.hour() + pl.col("local").dt.minute() / 60,
)
per_day = scaled.group_by("kind", "hour", day=pl.col("local").dt.date()).agg(pl.col("flow", "speed").mean())
usual = per_day.group_by("kind", "hour").agg(
    *(pl.col(name).quantile(q).alias(f"{name}_{q}") for name in ("flow", "speed") for q in (0.25, 0.5, 0.75))
)
busiest = {
    kind: usual.filter(pl.col("kind") == kind).sort("flow_0.5")["hour"][-1]
    for kind in KINDS
    if kind in usual["kind"].to_list()
}

figure, panels = plt.subplots(1, 2, figsize=(11, 4.2), sharex=True)
for axes, (name, label) in zip(
    panels, (("flow", "flow, share of the detector's mean"), ("speed", "speed, share of free flow")), strict=True
):
    for kind, (colour, words) in KINDS.items():
        own = usual.filter(pl.col("kind") == kind).sort("hour")
        axes.fill_between(own["hour"], own[f"{name}_0.25"], own[f"{name}_0.75"], color=colour, alpha=0.25, lw=0)
        axes.plot(own["hour"], own[f"{name}_0.5"], color=colour, lw=1.6, label=words)
    axes.set(ylabel=label, xlabel="hour of the day, city time", xlim=(0, 24))
    axes.set_xticks(range(0, 25, 6))
panels[0].set_title(
    "Busiest: " + ", ".join(f"{KINDS[kind][1]} {int(at)}:{round(at % 1 * 60):02d}" for kind, at in busiest.items())
)
slowest = usual.sort("speed_0.5").row(0, named=True)
panels[1].set_title(f"Slowest: {slowest['speed_0.5']:.0%} of free flow")
panels[1].legend(loc="lower left")
keep(figure, "usual_week")

# %% [markdown]
# ## What weather and complaints say
#
# Left: flow and speed in hours with rain against dry hours at the same time of the same kind of day, with the 90 %
# interval of resampled days. An interval that crosses 1 says nothing. Right: complaints of each district beside the
# share of its bins that were found full. A quiet district with full bins is not a clean one: `city propensity` measures
# how readily each complains.

# %%
rain = desk.history.read(WeatherObserved, as_of=now).select(at=local("at"), rain="rain_mm")
hourly = (
    scaled.group_by("kind", at=pl.col("local").dt.truncate("1h"))
    .agg(pl.col("flow", "speed").mean())
    .join(rain, on="at", how="inner")
    .with_columns(wet=pl.col("rain") >= 0.1, slot=pl.col("at").dt.hour())
)
dry = hourly.filter(~pl.col("wet")).group_by("kind", "slot").agg(pl.col("flow", "speed").mean().name.suffix("_dry"))
against = (
    hourly.filter("wet")
    .join(dry, on=["kind", "slot"])
    .with_columns(
        day=pl.col("at").dt.date(),
        flow=pl.col("flow") / pl.col("flow_dry"),
        speed=pl.col("speed") / pl.col("speed_dry"),
    )
)
by_day = against.group_by("day").agg(pl.col("flow", "speed").sum(), hours=pl.len()).sort("day")
draws = np.random.default_rng(1).multinomial(by_day.height, np.full(by_day.height, 1 / by_day.height), 1_000)


def in_rain(name: str) -> tuple[float, float, float]:
    """The ratio, and its interval."""
    again = draws @ by_day[name].to_numpy() / (draws @ by_day["hours"].to_numpy())
    return by_day[name].sum() / by_day["hours"].sum(), *np.quantile(again, (0.05, 0.95))


ratios = {name: in_rain(name) for name in ("flow", "speed")}
opened = desk.history.read(ComplaintEvents, as_of=now).filter(pl.col("event") == "opened")
visits = desk.history.read(BinReadings, as_of=now).filter("emptied")
districts = visits["district_id"].unique().sort().to_list()
full = [100 * float((visits.filter(pl.col("district_id") == one)["fill_level"] >= 1).mean()) for one in districts]
categories = sorted(
    opened["category"].value_counts(sort=True)["category"].to_list()[:3], key=lambda one: one != "waste"
)

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=(1, 1.6))
for place, (middle, low, high) in enumerate(ratios.values()):
    left.errorbar(place, middle, [[middle - low], [high - middle]], fmt="o", color=BLUE, capsize=5, lw=2, ms=7)
    left.annotate(f"{100 * (middle - 1):+.1f} %", (place, middle), xytext=(10, 0), textcoords="offset points")
left.axhline(1, color="0.35", lw=1, ls="--")
left.set_xticks(range(len(ratios)), list(ratios))
left.set(xlim=(-0.5, len(ratios) - 0.3), ylabel="in rain / dry, same hour and kind of day")
left.set_title(f"{against.height} hours of rain on {by_day.height} days")
beneath = np.zeros(len(districts))
for category, colour in zip(categories, (BLUE, ORANGE, GREEN), strict=False):
    own = opened.filter(pl.col("category") == category)
    number = np.array([own.filter(pl.col("district_id") == one).height for one in districts]) / len(days)
    right.bar(districts, number, 0.55, beneath, color=colour, alpha=0.85, label=readable(category))
    beneath = beneath + number
right.set(ylabel="complaints a day", ylim=(0, 1.25 * beneath.max()))
other = right.twinx()
other.plot(districts, full, "D", color=RED, ms=9, label="bins found full")
other.spines["right"].set_visible(True)
other.set(ylabel="found full, % of emptyings", ylim=(0, 1.25 * max(full) + 0.1))
right.set_title(
    f"{districts[int(beneath.argmax())]} complains most, the fullest bins are in {districts[int(np.argmax(full))]}"
)
handles = [*right.get_legend_handles_labels()[0], *other.get_legend_handles_labels()[0]]
right.legend(handles, [one.get_label() for one in handles], ncols=4, loc="upper left", fontsize="small")
keep(figure, "rain_and_complaints")

# %% [markdown]
# Weather that was *measured* gives only the past; the future comes from forecasts as they were issued. How far ahead
# they reach, and how far off they are, bounds what rain can bring to a forecast:

# %%
foretold = desk.history.read(WeatherForecasts, as_of=now).with_columns(
    at=local("valid_at"), lead_h=(pl.col("valid_at") - pl.col("issued_at")).dt.total_hours()
)
(
    foretold.join(desk.history.read(WeatherObserved, as_of=now).select(at=local("at"), came="rain_mm"), on="at")
    .group_by(hours_ahead=pl.col("lead_h") // 12 * 12)
    .agg(pl.len(), rain_mae_mm=(pl.col("rain_mm") - pl.col("came")).abs().mean().round(2))
    .sort("hours_ahead")
)
