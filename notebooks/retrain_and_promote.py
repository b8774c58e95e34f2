# %% [markdown]
# # Retrain, compare, promote, roll back
#
# The life of a model, in a registry of its own (so that nothing that you do here serves anybody): a model that was
# trained a week ago serves, a challenger is trained on what is known today, the gate decides in words, MLflow shows
# both runs side by side, and a person may overrule the gate and take it back. Each step is the one that the `city`
# commands take: `city retrain waste`, `city models waste --log`, `city promote`, `city rollback`.
#
# `CITY_HOME` says where the city is (default: a small demo city, built first), `FIGURES` where the figures go.

# %%
from datetime import timedelta
from io import StringIO

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import mlflow
import numpy as np
import polars as pl
from demo_day import lived_city, of_ones_own
from drawing import BLUE, ORANGE, keep
from mlflow import MlflowClient

from models.registry import EXPERIMENT, Registry
from serving.effort import Effort
from serving.model_moves import listed, promote, rollback
from serving.showing_models import show_log, show_models, show_moved, show_training
from serving.terminal import Terminal
from serving.training import train

MODEL, DAYS_AGO = "waste", 7
city, files = lived_city(Terminal())
desk, speak = of_ones_own(city, "retrain_and_promote"), Terminal()
before = len(desk.ledger.model_log(MODEL))

# %% [markdown]
# ## The champion of last week
#
# The first model has no champion to beat: it must be below the best simple baseline, and its quantiles must hold.
# "Less error" is against that baseline, on the gate: the last days before the training, which the model was not shown.

# %%
first = train(desk, MODEL, asked=files.now - timedelta(days=DAYS_AGO), effort=Effort(quick=True))
show_training(speak, first)
if not first.promoted:
    show_moved(speak, promote(desk, MODEL, first.version, "somebody has to serve"))

# %% [markdown]
# ## The challenger
#
# `as_before` is what makes it `city retrain`: the settings that a search had found for the champion are taken again.
# The gate is the same for both: days that neither has learned from. Promoted is what beats the champion beyond chance
# (the whole 90 % interval over days below zero), beats the best simple baseline, keeps its quantiles within 2 points,
# and is in no district more than 3 % worse. Otherwise nothing changes, and the reason says what was missing.

# %%
second = train(desk, MODEL, asked=files.now, effort=Effort(quick=True, as_before=True))
show_training(speak, second)
print(f"In words: {second.reason}")

# %% [markdown]
# ## What the gate saw
#
# Each run keeps its gate line by line (`tables/gate.csv`): per day, district and quantity the loss of the challenger,
# the champion and the best simple baseline. Losses of different units are compared as ratios, below 0 % is better. One
# lucky day is no proof: that is why whole days are drawn.

# %%
client = MlflowClient(tracking_uri=desk.settings.tracking_uri)


def table(run_id: str, name: str) -> pl.DataFrame:
    uri = f"{client.get_run(run_id).info.artifact_uri}/tables/{name}.csv"
    return pl.read_csv(StringIO(mlflow.artifacts.load_text(uri)), try_parse_dates=True)


gate = table(second.run_id, "gate")
weighted = [(pl.col(name) * pl.col("rows")).sum().alias(name) for name in ("loss", "champion_loss", "baseline_loss")]
per_day = (
    gate.filter(pl.col("champion_loss").is_not_null())
    .group_by("quantity", "day")
    .agg(*weighted)
    .with_columns(
        champion=100 * (pl.col("loss") / pl.col("champion_loss") - 1),
        baseline=100 * (pl.col("loss") / pl.col("baseline_loss") - 1),
    )
    .sort("quantity", "day")
)
quantities = per_day["quantity"].unique().sort().to_list()
figure, panels = plt.subplots(
    1, len(quantities), figsize=(max(7, 4.6 * len(quantities)), 4), sharey=True, squeeze=False
)
for axes, quantity in zip(panels[0], quantities, strict=True):
    own = per_day.filter(pl.col("quantity") == quantity)
    axes.axhline(0, color="0.35", lw=1)
    for name, colour, marker in (("champion", BLUE, "o"), ("baseline", ORANGE, "s")):
        axes.plot(own["day"], own[name], marker, color=colour, ls=":", ms=7, label=f"against the {name}")
    axes.set_title(f"{quantity}: better than the champion on {(own['champion'] < 0).sum()} of {own.height} days")
    axes.xaxis.set_major_locator(mdates.DayLocator(interval=max(1, own.height // 7)))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
low, high = (100 * second.figures.get(f"to_champion_{end}", np.nan) for end in ("low", "high"))
panels[0, 0].axhspan(low, high, color=BLUE, alpha=0.15, lw=0, label="90 % interval over all")
panels[0, 0].set_ylabel("loss of the challenger, % more")
panels[0, 0].legend(fontsize="small")
keep(figure, "gate_by_day")

# %% [markdown]
# ## Both runs in MLflow
#
# The same figures that `mlflow ui` shows (`mlflow ui --backend-store-uri sqlite:///var/mlruns/mlflow.db` beside a city
# in `var`): what was measured on each gate, beside the baseline of the same rows. Two gates are two different weeks:
# compare the ratios to the baseline, not the errors.

# %%
experiment = client.get_experiment_by_name(EXPERIMENT)
runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])
ratios = {
    f"v{number}": {
        name: run.data.metrics[name] / run.data.metrics[f"naive_{name}"]
        for name in run.data.metrics
        if run.data.metrics.get(f"naive_{name}") and "coverage" not in name
    }
    for number, run in enumerate(runs, start=1)
}
for run in runs:
    commit = run.data.tags.get("mlflow.source.git.commit", "unknown")
    print(f"{run.info.run_name}: as of {run.data.params['as_of']}, code {commit[:8]}")
figures = sorted(set.intersection(*(set(one) for one in ratios.values())))
figure, axes = plt.subplots(figsize=(8.5, 0.42 * len(figures) + 1.5))
for (version, own), colour, marker in zip(ratios.items(), (ORANGE, BLUE), "so", strict=True):
    axes.plot(
        [own[name] for name in figures], range(len(figures)), marker, color=colour, ms=8, label=f"waste {version}"
    )
axes.axvline(1, color="0.35", lw=1, ls="--")
axes.set_yticks(range(len(figures)), [name.replace("_", " ") for name in figures])
axes.set(
    xlabel="error / error of the simple baseline on the same rows", xlim=(0, None), ylim=(-0.6, len(figures) - 0.4)
)
means = {version: np.mean([own[name] for name in figures]) for version, own in ratios.items()}
axes.set_title(
    "Against the baseline: " + ", ".join(f"{version} {mean:.2f}" for version, mean in means.items()) + " on average"
)
axes.legend(loc="lower left", fontsize="small")
keep(figure, "runs_compared")

# %% [markdown]
# ## A person decides, and takes it back
#
# What the gate refused is a version too, and a person may let it serve, with a reason that stays in the log. What
# served before is one step away: `rollback` moves one alias, so there is no moment without a champion, and no
# forecast is made by a half-replaced model. A version whose files were changed since is refused.

# %%
registry = Registry(desk.settings)
other = first.version if registry.serving(MODEL) == second.version else second.version
show_moved(speak, promote(desk, MODEL, other, "the works on the ring road are over"))
show_moved(speak, rollback(desk, MODEL, "the morning forecasts were off"))
now_serving = registry.serving(MODEL)

# %% [markdown]
# The list says what serves, and what the gate had said of each; the log who moved what, when and why. Lines are only
# ever added to it (those of the city's own models, which came over with its ledger, are left out here).

# %%
found = listed(desk, MODEL)
show_models(speak, found.models, city.zone())
show_log(speak, found.log[before:], city.zone())

# %% [markdown]
# What the gate had to look at grows with the history: with a few weeks its interval is wide, and "no change" is the
# usual answer. The picture shows how sure it was of each version.

# %%
figure, axes = plt.subplots(figsize=(8.5, 3.2))
for place, one in enumerate(found.models):
    for shift, (name, colour) in enumerate((("to_champion", BLUE), ("to_baseline", ORANGE))):
        middle = 100 * one.figures.get(name, np.nan)
        spans = [
            [middle - 100 * one.figures.get(f"{name}_low", np.nan)],
            [100 * one.figures.get(f"{name}_high", np.nan) - middle],
        ]
        axes.errorbar(middle, place + 0.16 * (shift - 0.5), xerr=spans, fmt="o", color=colour, capsize=4, lw=2)
axes.axvline(0, color="0.35", lw=1)
axes.set_yticks(
    range(len(found.models)),
    [f"v{one.version}: {one.gate}{', serves' if one.version == now_serving else ''}" for one in found.models],
)
axes.set(
    ylim=(len(found.models) - 0.5, -0.5), xlabel="loss on its gate, % more than the other's, with its 90 % interval"
)
axes.set_title(f"What the gates said; v{now_serving} serves")
handles = [plt.Line2D([], [], color=colour, marker="o", lw=2) for colour in (BLUE, ORANGE)]
figure.legend(handles, ["against the champion", "against the best simple baseline"], ncols=2, loc="outside lower right")
keep(figure, "what_the_gates_said")
