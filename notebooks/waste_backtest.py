# %% [markdown]
# # Waste: what will be found, which bins overflow, and whether the model knows
#
# A small model is trained on what was known some days ago, in a registry of its own, so that it serves nobody. Then it
# is asked every midnight since, as the city would, and what it said is held against what came.
#
# `CITY_HOME` says where the city is (default: a small demo city, built first), `FIGURES` where the figures go.

# %%
from datetime import UTC, date, timedelta

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from demo_day import lived_city, of_ones_own
from drawing import BLUE, GREEN, ORANGE, PURPLE, RED, keep

from city.clock import midnight
from features.arrays import DAY_S, seconds
from features.emptyings import EmptyingRows
from models.emptying_training import simple_deciles
from models.emptyings import DECILES
from models.metrics import mae
from models.quantile_gbm import QUANTILES
from models.waste import SERVING_DAYS, forecast_waste, gathered, train_waste
from serving.terminal import Terminal

JUDGED_DAYS = 8
city, files = lived_city(Terminal())
desk = of_ones_own(city, "waste_backtest")
today = city.local_date(files.now)
days = [today - timedelta(days=back) for back in range(JUDGED_DAYS, 0, -1)]
began = midnight(days[0], city.zone()).astimezone(UTC)

# %% [markdown]
# ## Taught before, asked after
#
# The gate's verdict is for the few days before the judged ones. Refused or not, we look at what the model says: a
# model that the gate refused is worth a look exactly because of that.

# %%
trained = train_waste(desk.history, desk.settings, as_of=began, quick=True)
print(f"{'Promoted' if trained.promoted else 'Refused'}: {trained.reason}")
if not trained.promoted:
    from serving.model_moves import promote

    promote(desk, "waste", trained.version, "to be looked at in a notebook")
issued = {
    day: forecast_waste(desk.history, desk.settings, issued_at=midnight(day, city.zone()).astimezone(UTC))
    for day in days
}

# %% [markdown]
# ## What is found at emptyings
#
# One row per real emptying and day ahead, in bin-units (bins x fill). The opponents: what the point's last 20
# emptyings found, and the last 8 on the same weekday. Trucks come by timetable, so the point's own past is strong; a
# learner earns its place where rain, feasts or a missed round change what has gathered. "Simple" in the print above
# means that it did not.

# %%
after = gathered(desk.history, files.now, SERVING_DAYS).emptyings
found = pl.DataFrame(
    {
        "place": np.arange(len(after.at_s)),
        "point_id": [after.keys[one][0] for one in after.series],
        "stream": [after.keys[one][1] for one in after.series],
        "day": pl.Series(after.day.astype(np.int32)).cast(pl.Date),
        "level": after.level,
    }
).unique(["point_id", "stream", "day"], keep="first", maintain_order=True)
said = pl.concat(
    frame.emptyings.with_columns(
        day=pl.col("emptied_at").dt.convert_time_zone(city.zone().key).dt.date(),
        origin=pl.lit(seconds(midnight(day, city.zone()))),
    )
    for day, frame in issued.items()
)
rows = said.join(found, on=["point_id", "stream", "day"], maintain_order="left")
place = rows["place"].to_numpy()
asked = EmptyingRows(series=after.series[place], origin_s=rows["origin"].to_numpy(), at_s=after.at_s[place])
three = [DECILES.index(quantile) for quantile in QUANTILES]
SERVED = f"served ({rows['model'].mode()[0].replace('_', ' ')})"
answers = {
    SERVED: rows.select("units_p10", "units_p50", "units_p90").to_numpy(),
    "last 20 emptyings": simple_deciles(after, asked, "last_20")[:, three],
    "8 same weekdays": simple_deciles(after, asked, "same_weekdays_8")[:, three],
}
truth, ahead = after.units[place], rows["days_ahead"].to_numpy()
print(rows.group_by("rung").len().sort("len", descending=True))

# %% [markdown]
# Beside it the fill at the end of each day *if nobody comes*, which only the demo city's hidden truth can say: what was
# there plus what crews took since. The opponent goes straight on from the newest reading at the point's usual pace.

# %%
folder = (city.settings.home / "demo" / files.mapping).parent / "truth"
hidden, taken = (pl.read_parquet(folder / f"{name}.parquet") for name in ("fills", "emptied"))
taken = taken.group_by("point_id", "stream", day=pl.col("emptied_at").dt.date()).agg(pl.col("fill").sum())
need = hidden.join(taken, on=["point_id", "stream", "day"], how="left").with_columns(pl.col("fill").fill_null(0.0))
fills = gathered(desk.history, files.now, SERVING_DAYS).fills.fills
series_of = {key: number for number, key in enumerate(fills.keys)}


def fills_after(day: date) -> pl.DataFrame:
    """Per point and day ahead: what was said at midnight of `day`, what the usual pace says, and what came."""
    origin = midnight(day, city.zone())
    came = (
        need.filter(pl.col("day") >= day)
        .sort("day")
        .with_columns(came=pl.col("fill_end") + pl.col("fill").cum_sum().over("point_id", "stream"))
        .with_columns(ahead=(pl.col("day") - pl.lit(day)).dt.total_days())
    )
    told = issued[day].fill.with_columns(day=pl.col("valid_at").dt.convert_time_zone(city.zone().key))
    told = told.filter(pl.col("day").dt.hour() == 0).with_columns(day=pl.col("day").dt.date().dt.offset_by("-1d"))
    both = told.join(came, on=["point_id", "stream", "day"])
    series = np.array([series_of[key] for key in both.select("point_id", "stream").rows()])
    newest = fills.reference(series, np.full(len(series), seconds(origin)))
    since = both["ahead"].to_numpy() + 1 + (seconds(origin) - fills.at_s[newest]) / DAY_S
    pace = fills.growth(newest, np.full(len(series), seconds(origin))).slope
    return both.with_columns(straight=pl.Series(fills.level_after(newest) + pace * since))


filled = pl.concat([fills_after(day) for day in days]).filter(pl.col("straight").is_finite())

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
leads = range(7)
for shift, ((name, told), colour) in enumerate(zip(answers.items(), (BLUE, ORANGE, GREEN), strict=True)):
    values = [mae(truth[ahead == lead], told[ahead == lead, 1]) for lead in leads]
    left.bar(np.array(leads) + 0.27 * (shift - 1), values, 0.25, color=colour, label=name)
best = min((name for name in answers if name != SERVED), key=lambda name: mae(truth, answers[name][:, 1]))
ratio = mae(truth, answers[SERVED][:, 1]) / mae(truth, answers[best][:, 1])
left.set(xlabel="days ahead (0: the day that begins)", ylabel="mean absolute error, bin-units")
left.set_title(f"At emptyings: {ratio:.2f} of the error of “{best}”")
for shift, (name, column, colour) in enumerate((("served", "fill_p50", BLUE), ("usual pace", "straight", ORANGE))):
    own = [filled.filter(pl.col("ahead") == lead) for lead in leads]
    values = [mae(one["came"].to_numpy(), one[column].to_numpy()) for one in own]
    right.bar(np.array(leads) + 0.37 * (shift - 0.5), values, 0.34, color=colour, label=name)
errors = [mae(filled["came"].to_numpy(), filled[column].to_numpy()) for column in ("fill_p50", "straight")]
right.set(xlabel="days ahead (0: tonight)", ylabel="mean absolute error, share of capacity")
right.set_title(f"Fill if nobody comes: {errors[0] / errors[1]:.2f} of the error of the usual pace")
for axes in (left, right):
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    axes.legend(loc="upper left", ncols=2, fontsize="small")
keep(figure, "waste_error_by_lead")

# %% [markdown]
# ## Do the quantiles and the chances hold?
#
# Left: the share of truths at or below each quantile. Amounts repeat (half a bin, a full bin), so a share may lie
# anywhere between "below" and "at or below": the bar. Right: of the emptyings to which about 20 % were given to find a
# full bin, about 20 % should have been full. The size of a dot is how often that was said.

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6))
for (name, told), colour, shift in zip(answers.items(), (BLUE, ORANGE, GREEN), (-0.012, 0.0, 0.012), strict=True):
    below, within = (
        np.array([float(test(truth, told[:, k]).mean()) for k in range(3)]) for test in (np.less, np.less_equal)
    )
    left.vlines(np.array(QUANTILES) + shift, below, within, color=colour, lw=4, label=name)
left.plot([0, 1], [0, 1], color="0.35", lw=1)
left.set(xlabel="quantile said", ylabel="share of truths below it", xlim=(0, 1), ylim=(0, 1))
left.legend(loc="upper left", fontsize="small")
low, high = (float(test(truth, answers[SERVED][:, k]).mean()) for test, k in ((np.less, 0), (np.greater, 2)))
left.set_title(f"Quantiles: {low:.0%} lie below p10, {high:.0%} above p90")
chance, full = rows["full_probability"].to_numpy(), rows["level"].to_numpy() >= 1
buckets = np.clip((10 * chance).astype(int), 0, 9)
for bucket in np.unique(buckets):
    own = buckets == bucket
    spread = np.sqrt(full[own].mean() * (1 - full[own].mean()) / own.sum())
    right.errorbar(chance[own].mean(), full[own].mean(), 1.64 * spread, color=BLUE, lw=1, capsize=3)
    right.scatter(chance[own].mean(), full[own].mean(), 12 + 300 * own.mean(), color=BLUE, alpha=0.7, lw=0)
right.plot([0, 1], [0, 1], color="0.35", lw=1)
most = 1.15 * max(chance.max(), 0.3)
right.set(xlabel="chance given to a full bin", ylabel="share found full", xlim=(-0.02, most), ylim=(-0.02, most))
right.set_title(f"Full bins: {chance.mean():.1%} expected, {full.mean():.1%} found")
keep(figure, "calibration")

# %% [markdown]
# ## Which bins to visit
#
# The hidden daily truth of the demo city says which points would have overflowed had nobody come; a department never
# sees that. With trucks for a share of the points (across), how many of those in need are caught (upward)? A good
# ranking climbs at once. The others are what cities do: those whose usual interval is over, those that waited longest,
# those found fullest last time.

# %%


def ranks(day: date) -> pl.DataFrame:
    """Per point a column per ranking, larger is sooner; each knows what was known at midnight, and no more."""
    points = need.filter(pl.col("day") == day).with_columns(
        excess=(pl.col("fill_end") + pl.col("fill") - 1).clip(0),
        series=pl.struct("point_id", "stream").map_elements(lambda key: series_of[tuple(key.values())], pl.Int64),
    )
    series = points["series"].to_numpy()
    origin = np.full(len(series), seconds(midnight(day, city.zone())))
    newest = fills.reference(series, origin)
    waited = (origin - fills.last_emptied_s[newest]) / DAY_S
    usual = np.nan_to_num(fills.growth(newest, origin).gap_days, nan=1.0)
    visit = issued[day].emptyings.filter(pl.col("days_ahead") == 1)
    tonight = issued[day].fill.filter(pl.col("valid_at") == midnight(day + timedelta(days=1), city.zone()))
    key = ["point_id", "stream"]
    return (
        points.with_columns(
            interval=pl.Series(waited / np.maximum(usual, 0.1)),
            waited=pl.Series(waited),
            last=pl.Series(fills.level[newest]),
        )
        .join(visit.select(*key, "overflow_before_probability"), on=key, how="left")
        .join(tonight.select(*key, "fill_p50"), on=key, how="left")
        # A short history tells few different chances: of equal ones the fuller goes first.
        .with_columns(model=(pl.col("overflow_before_probability") + 0.01 * pl.col("fill_p50")).fill_null(-1.0))
    )


judged = [ranks(day) for day in days]
shares = np.linspace(0.02, 1, 50)
RANKINGS = {
    "excess": ("perfect", "0.35", "-", 1.0),
    "model": ("model: overflow before tomorrow's round", BLUE, "-", 2.2),
    "interval": ("usual interval over", ORANGE, "--", 1.4),
    "waited": ("longest unserved", GREEN, ":", 1.6),
    "last": ("fullest last time", PURPLE, "-.", 1.4),
}


def caught(name: str, share: float) -> float:
    """Share of the overflow that the first `share` of each day's points hold."""
    best = [day.sort(name, descending=True, maintain_order=True).head(round(share * day.height)) for day in judged]
    return sum(one["excess"].sum() for one in best) / sum(day["excess"].sum() for day in judged)


figure, axes = plt.subplots(figsize=(8.5, 5))
for name, (label, colour, style, width) in RANKINGS.items():
    curve = [0.0, *(caught(name, share) for share in shares)]
    axes.plot([0, *(100 * shares)], 100 * np.array(curve), color=colour, ls=style, lw=width, label=label)
THIRD = 1 / 3
rival = max(("interval", "waited", "last"), key=lambda name: caught(name, THIRD))
axes.axvline(100 * THIRD, color=RED, lw=0.8)
axes.set(xlabel="points visited, % of all", ylabel="overflow prevented, %", xlim=(0, 100), ylim=(0, 102))
axes.set_title(
    f"With visits to a third of the points the model prevents {caught('model', THIRD):.0%} of the overflow, "
    f"“{RANKINGS[rival][0]}” {caught(rival, THIRD):.0%}",
    fontsize="medium",
)
axes.legend(loc="lower right", fontsize="small")
keep(figure, "overflow_ranking")
in_need = sum(int((day["excess"] > 0).sum()) for day in judged)
print(f"{in_need} of {sum(day.height for day in judged)} point-days would have overflowed.")
