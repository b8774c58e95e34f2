"""What a training of waste leaves behind for people: figures, plots of the gate, what moved the medians."""

from dataclasses import dataclass
from pathlib import Path

from models.bundle import Part
from models.emptying_saved import AMOUNT
from models.emptying_training import TaughtEmptyings
from models.plots import calibration_plot, importance_plot
from models.quantile_gbm import as_matrix
from models.shap import Explained, contributions
from models.trip_training import PART as TRIP
from models.trip_training import TaughtTrips
from models.waste_fill import FILL
from models.waste_ladder import Gathered
from models.waste_training import TaughtFill


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    fill: TaughtFill
    trips: TaughtTrips | None
    emptyings: TaughtEmptyings | None

    @property
    def parts(self) -> dict[str, Part]:
        trips = {} if self.trips is None else {TRIP: self.trips.part}
        found = {} if self.emptyings is None else self.emptyings.parts
        return self.fill.model.parts | trips | found

    @property
    def left_out(self) -> tuple[str, ...]:
        return self.fill.left_out + (() if self.emptyings is None else self.emptyings.left_out)

    @property
    def figures(self) -> tuple[dict[str, float], dict[str, float]]:
        """Of the gate window: of the model, of the simple answers."""
        taught = [part for part in (self.fill, self.trips, self.emptyings) if part is not None]
        return (
            {key: value for part in taught for key, value in part.metrics.items()},
            {key: value for part in taught for key, value in part.baseline.items()},
        )


def explained_gate(known: Gathered, taught: Taught, seed: int) -> dict[str, Explained]:
    """What moved the medians of the gate."""
    shown = {FILL: known.fills.apply(taught.fill.asked)}
    if taught.trips is not None:
        shown[TRIP] = known.trips.apply(taught.trips.rows)
    found = {}
    for name, features in shown.items():
        forest = taught.parts[name].forest
        rows = as_matrix(features, forest.features)
        found[name] = contributions(forest.boosters[0.5], rows, forest.features, seed=seed)
    return found


def gate_plots(folder: Path, taught: Taught) -> tuple[Path, ...]:
    made = []
    judged = {FILL: (taught.fill.gate.truth, taught.fill.gate.model)}
    if taught.trips is not None:
        judged[TRIP] = (taught.trips.gate.truth, taught.trips.gate.model)
    if taught.emptyings is not None and AMOUNT in taught.emptyings.parts:
        judged[AMOUNT] = (taught.emptyings.truth, taught.emptyings.said)
    for name, (truth, said) in judged.items():
        made.append(calibration_plot(folder / f"{name}_calibration.png", name, truth, said))
        made.append(importance_plot(folder / f"{name}_importance.png", name, taught.parts[name].forest.importances()))
    return tuple(made)
