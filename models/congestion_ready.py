"""What the newest congestion forecast was made from, reduced to what its origin reads: asked again at any time.

One origin is looked at once, when a forecast is issued. What every learner reads of it, what is usual at the steps
that were asked for and how the last days held are kept; saying the forecast from that again takes milliseconds, gives
the same numbers, and any quantile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.congestion_around import AroundTraffic
from features.dense.gathering import Gathered
from models.congestion_lately import MEDIAN, Lately, looked_back, origins_per_day, past_origins, witnesses
from models.congestion_model import NOTHING, CongestionModel, require_quantiles, widened
from models.dense_settings import QUANTILES
from models.leads import between, used_between


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMeasure:
    """`usual` and `spread` are sensors x leads, `usual_at` and `spread_at` sensors x anchors of the learner."""

    origin: int
    leads: Ints
    rows: Gathered
    usual: Floats
    spread: Floats
    usual_at: Floats
    spread_at: Floats
    lately: Lately


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyForecast:
    """One issue, ready to be said again by the model whose hash this is.

    `detectors` are those that it spoke for, `places` their rows; `at_s` is when each step begins, `newest_s` when the
    newest known count ended, in seconds of UTC. `said` is what the issue had to do without.
    """

    model_hash: str
    label: str
    issued_s: int
    newest_s: int
    step_s: int
    at_s: Ints
    detectors: tuple[str, ...]
    districts: tuple[str, ...]
    places: Ints
    measures: Mapping[str, ReadyMeasure]
    said: tuple[str, ...] = ()


def look(model: CongestionModel, view: AroundTraffic, measure: str, leads: Ints) -> ReadyMeasure:
    """Everything that has to do with the history: what is known now, and how the intervals of the last days held."""
    one, origin = model.measures[measure], np.array([view.traffic.steps - 1])
    slots, sensors = view.traffic.clock.slots_per_day, len(view.traffic.detectors)
    past = past_origins(int(origin[0]), slots, sensors, taught_until=one.dense.state.cutoff)
    shown = one.show(view, measure, np.concatenate([past, origin]), leads)
    some, anchors = witnesses(sensors), one.dense.settings.horizons
    lately = looked_back(
        one.dense.predict(shown, past, some) if len(past) else dict.fromkeys(anchors, NOTHING),
        past - shown.skipped,
        shown.grid.values[: int(origin[0]) + 1 - shown.skipped, some],
        one.doubt,
        per_day=origins_per_day(sensors, slots),
        slots_per_day=slots,
    )
    usual_at, spread_at = one.usual(shown, origin, np.array(anchors))
    usual, spread = one.usual(shown, origin, leads)
    return ReadyMeasure(
        origin=int(origin[0]),
        leads=leads,
        rows=Gathered.of(shown, np.repeat(origin - shown.skipped, sensors), np.arange(sensors)),
        usual=usual[0],
        spread=spread[0],
        usual_at=usual_at[0],
        spread_at=spread_at[0],
        lately=lately,
    )


def say(
    model: CongestionModel,
    measure: str,
    ready: ReadyMeasure,
    *,
    sensors: Ints | None = None,
    steps: slice = slice(None),
    quantiles: tuple[float, ...] = QUANTILES,
) -> Floats:
    """Sensors x steps x quantiles (ascending, between 0 and 1), intervals as wide as those of the last days should be.

    Without `sensors` of all of them, which are the very numbers of the issue. Of fewer the network's sums are added up
    in another order: they differ by less than a millionth of the detector's usual deviation.
    """
    require_quantiles(quantiles)
    one = model.measures[measure]
    asked = np.arange(len(ready.rows)) if sensors is None else sensors
    rows = ready.rows if sensors is None else ready.rows.only(sensors)
    at, leads = one.dense.settings.horizons, ready.leads[steps]
    said = one.dense.say(rows, used_between(at, leads))
    # What lies beside no asked lead is not computed, and weighs nothing.
    off = np.zeros((len(asked), len(at), len(QUANTILES)))
    for place, anchor in enumerate(at):
        if anchor in said:
            usual, spread = (of[asked, place, None] for of in (ready.usual_at, ready.spread_at))
            off[:, place] = (said[anchor] - usual) / spread
    raw = ready.usual[asked, steps, None] + ready.spread[asked, steps, None] * between(at, off, leads)
    told = tuple(sorted({*quantiles, MEDIAN}))
    wide = widened(one.doubt, raw[None], np.array([ready.origin]), leads, model.step_s, quantiles=told)[0]
    found: Floats = ready.lately.corrected(wide, leads, told)[..., [told.index(one) for one in quantiles]]
    return found
