"""The simulated life as one HTML page that needs nothing else: targets, sums, and a picture per question."""

from collections.abc import Callable, Sequence
from html import escape
from io import StringIO
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from serving.simulation.document import TableRow, document_of, sum_rows
from serving.simulation.scores import Scores, Target

VERDICT: Final = {True: "met", False: "missed", None: "too few values"}
OURS, FIXED, OLD, DIAL = "#0b5cad", "#b3420c", "#6b6b6b", "#2f7d32"
_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0; background: #fff; padding: .5rem; border-radius: .5rem; color: #222; }
svg { width: 100%; height: auto; }
.met { font-weight: 600; }
"""


def page_of(scores: Scores) -> str:
    document = document_of(scores)
    size = scores.lived.size
    title = f"{size.days} simulated days"
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{escape(document['city'])}, seed {size.seed}, scale {size.scale:g}: {_span(document)}.</p>",
        _targets(scores.targets()),
        _sums(sum_rows(scores)),
        *(_figure(words, draw, document["days"]) for words, draw in _PICTURES),
        _notes(document),
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
    )
    return f"{head}<body><main>{''.join(parts)}</main></body></html>\n"


def _targets(targets: Sequence[Target]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.sentence)}</td><td class=n>{_number(one.figure)}</td>"
        f"<td class=n>{escape(one.wanted)}</td><td class=met>{VERDICT[one.reached]}</td></tr>"
        for one in targets
    )
    head = "<tr><th>Target</th><th class=n>reached</th><th class=n>wanted</th><th></th></tr>"
    return f"<h2>Targets</h2><table>{head}{rows}</table>"


def _span(document: dict[str, Any]) -> str:
    return f"{document['first_day']} to {document['last_day']}"


def _sums(rows: Sequence[TableRow]) -> str:
    head = "<tr><th>Over all days</th><th class=n>forecast and planned</th><th class=n>fixed</th></tr>"
    body = "".join(
        f"<tr><td>{escape(name)}</td><td class=n>{_number(ours)}</td><td class=n>{_number(fixed)}</td></tr>"
        for name, ours, fixed in rows
    )
    return f"<h2>What it came to</h2><table>{head}{body}</table>"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _notes(document: dict[str, Any]) -> str:
    sentences = "".join(f"<li>{escape(one)}</li>" for one in document["notes"])
    return f"<h2>How it was compared</h2><ul>{sentences}</ul>"


Draw = Callable[[Figure, Sequence[dict[str, Any]]], None]


def _figure(words: str, draw: Draw, days: Sequence[dict[str, Any]]) -> str:
    figure = Figure(figsize=(9.0, 2.9), layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure, days)
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    label = f'<svg role="img" aria-label="{escape(words)}"'
    return (
        f"<figure>{svg[svg.index('<svg') :].replace('<svg', label, 1)}<figcaption>{escape(words)}</figcaption></figure>"
    )


def _lines(figure: Figure, days: Sequence[dict[str, Any]], names: dict[str, tuple[str, str]], unit: str) -> None:
    axes = figure.subplots()
    labels = [day["day"][5:] for day in days]
    for name, (label, colour) in names.items():
        values = [float("nan") if day.get(name) is None else day[name] for day in days]
        axes.plot(range(len(days)), values, label=label, color=colour, marker="o", markersize=3)
    step = max(1, len(days) // 10)
    axes.set_xticks(range(0, len(days), step), labels[::step])
    axes.set_ylim(bottom=0)
    axes.set_ylabel(unit)
    axes.legend(frameon=False, fontsize=8)


def _km(figure: Figure, days: Sequence[dict[str, Any]]) -> None:
    names = {"ours_by_fill_km": ("forecast and planned", OURS), "fixed_by_fill_km": ("fixed weekly rounds", FIXED)}
    _lines(figure, days, names, "km a day")


def _delays(figure: Figure, days: Sequence[dict[str, Any]]) -> None:
    names = {
        "delay_ours_s": ("forecast and planned", OURS),
        "delay_ours_by_traffic_s": ("the same, if traffic ran the plans", DIAL),
        "delay_fixed_s": ("Webster on average counts", FIXED),
        "delay_of_old_s": ("the city's plans of old", OLD),
    }
    _lines(figure, days, names, "s per vehicle")


def _overflow(figure: Figure, days: Sequence[dict[str, Any]]) -> None:
    sums: list[dict[str, Any]] = []
    total = dict.fromkeys(("ours_visits", "ours_late_visits", "fixed_visits", "fixed_late_visits"), 0)
    for day in days:
        total = {name: value + day[name] for name, value in total.items()}
        shares = {who: total[f"{who}_late_visits"] / max(total[f"{who}_visits"], 1) for who in ("ours", "fixed")}
        sums.append({"day": day["day"], **shares})
    names = {"ours": ("forecast and planned", OURS), "fixed": ("fixed weekly rounds", FIXED)}
    _lines(figure, sums, names, "share of visits so far")


def _covered(figure: Figure, days: Sequence[dict[str, Any]]) -> None:
    names = {"coverage_congestion": ("traffic", OURS), "coverage_fill": ("fill", FIXED)}
    _lines(figure, days, names, "share")
    figure.axes[0].axhline(0.8, color=DIAL, linewidth=1)


_PICTURES: Final[tuple[tuple[str, Draw], ...]] = (
    ("Km driven to points that may be skipped, day by day.", _km),
    ("Visits to such points that came after an overflow, as a share of all until that day.", _overflow),
    ("Delay at signals, in an independent simulation of queues.", _delays),
    ("Share of values between the forecasts' 10 % and 90 % quantile; 0.8 was promised.", _covered),
)
