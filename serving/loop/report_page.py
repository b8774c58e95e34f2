"""The month's report as one HTML page that prints well: sentences first, then charts, then every figure."""

from collections.abc import Iterator, Mapping
from datetime import date
from html import escape
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from serving.loop.month import LEAST_ROWS, MonthReport
from serving.loop.report_charts import Series, legend, line_chart, pair_bars, pair_legend, stacked_bars
from serving.loop.report_telling import PROMISED, Teller, figure, minutes, note, share_of, table, verdict
from serving.loop.report_words import Language
from serving.pages.layout import PRODUCT, Markup

STYLE: Final = files("serving.loop").joinpath("report.css").read_text(encoding="utf-8")
WHATS: Final = ("congestion", "waste", "complaints")
DRAWN: Final = ("flow_veh_h", "emptied_bins", "complaints")


def report_page(report: MonthReport, language: Language, zone: ZoneInfo) -> str:
    tell = Teller(language, zone)
    title = tell("title", city=report.city, month=tell.month(report.first))
    as_of = f"{report.as_of.astimezone(zone):%Y-%m-%d %H:%M}"
    lead = tell("lead", days=len(report.days), all_days=(report.last - report.first).days + 1, as_of=as_of)
    sections = (
        ("summary", _summary(report, tell)),
        ("planned", _planned(report, tell)),
        ("happened", _happened(report, tell)),
        ("wrong", _wrong(report, tell)),
        ("effects", _effects(report, tell)),
        ("method", _method(tell, as_of)),
    )
    content = "".join(f"<section><h2>{escape(tell(key))}</h2>{''.join(parts)}</section>" for key, parts in sections)
    return f"""<!doctype html>
<html lang="{"zh-CN" if language == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {PRODUCT}</title>
<style>{STYLE}</style>
</head>
<body><main>
<h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p>
{content}
</main></body></html>
"""


def _summary(report: MonthReport, tell: Teller) -> Iterator[str]:
    came = report.happened
    told: list[str] = []
    if came["stops"]:
        share = tell.percent(came["done"] / came["stops"])
        told.append(tell("good_stops", done=tell.number(came["done"]), stops=tell.number(came["stops"]), share=share))
    if came["emptied"]:
        share = tell.percent(came["overflowed"] / came["emptied"])
        over, emptied = tell.number(came["overflowed"]), tell.number(came["emptied"])
        told.append(tell("good_overflow", over=over, emptied=emptied, share=share))
    if came["counted_delay_s"] is not None:
        told.append(
            tell(
                "good_delay", planned=tell.number(came["counted_delay_s"], 1),
                fixed=tell.number(came["fixed_delay_s"], 1), promised=tell.number(came["promised_delay_s"], 1),
            )
        )  # fmt: skip
    judged = [one for one in report.quantities if one["rows"] >= LEAST_ROWS]
    if judged:
        kept = sum(verdict(one) == "kept" for one in judged)
        told.append(tell("good_coverage", count=len(judged), kept=kept, wrong=len(judged) - kept))
    told += [_effect_text(one, tell) for one in report.effects]
    yield f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in told)}</ul>"


def _planned(report: MonthReport, tell: Teller) -> Iterator[str]:
    routes, signals = report.planned["routes"], report.planned["signals"]
    yield f"<h3>{escape(tell('collection'))}</h3>"
    if not routes["days"]:
        yield note(tell("nothing_routes"))
    else:
        rows = [
            (tell("plans"), tell.number(routes["plans"])),
            (tell("truck_days"), tell.number(routes["trucks"])),
            (tell("stops"), tell.number(routes["stops"])),
            (tell("km"), tell.number(routes["planned_km"], 1)),
            (tell("tonnes"), tell.number(routes["planned_kg"] / 1000, 1)),
            (tell("mandatory"), tell.number(routes["unserved_mandatory"])),
        ]
        yield table((tell("figure"), tell("planned_column")), rows)
    yield f"<h3>{escape(tell('signals'))}</h3>"
    if not signals["plans"]:
        yield note(tell("nothing_signals"))
        return
    yield table(
        (tell("figure"), tell("planned_column")),
        [
            (tell("plans"), tell.number(signals["plans"])),
            (tell("junctions"), tell.number(signals["junctions"])),
            (tell("delay"), f"{tell.number(signals['promised_delay_s'], 1)} s"),
            (tell("delay_fixed"), f"{tell.number(signals['promised_fixed_delay_s'], 1)} s"),
        ],
    )


def _happened(report: MonthReport, tell: Teller) -> Iterator[str]:
    came = report.happened
    rows = [*_collected(report, tell), *_signalled(came, tell)]
    yield table((tell("figure"), tell("planned_column"), tell("came_column")), rows)
    if came["stops"]:
        yield figure(tell("chart_stops"), *_stops_chart(report, tell))
    if came["counted_delay_s"] is not None:
        yield figure(tell("chart_delay"), *_delay_chart(report, tell))
        yield note(tell("delay_note"))
    if report.districts:
        yield f"<h3>{escape(tell('districts'))}</h3>"
        headings = (tell("district"), tell("service"), tell("overflow"), tell("inside"))
        yield table(
            headings,
            [
                (
                    one["name"],
                    share_of(one["done"], one["stops"], tell),
                    share_of(one["overflowed"], one["emptied"], tell),
                    tell.percent(one["coverage_80"]),
                )
                for one in report.districts
            ],
        )


def _collected(report: MonthReport, tell: Teller) -> Iterator[tuple[object, ...]]:
    came = report.happened
    if came["stops"]:
        yield tell("stops_done"), tell.number(came["stops"]), share_of(came["done"], came["stops"], tell)
        lost = came["skipped"] + came["blocked"] + came["missed"]
        yield tell("stops_missed"), tell("dash"), share_of(lost, came["stops"], tell)
        yield tell("late"), tell("dash"), minutes(came["late_median_s"], tell)
    if came["weighed_kg"] is not None:
        planned = tell.number(came["planned_kg_of_weighed"] / 1000, 1)
        yield tell("tonnes"), planned, tell.number(came["weighed_kg"] / 1000, 1)
    if came["emptied"]:
        yield tell("overflow"), tell("dash"), share_of(came["overflowed"], came["emptied"], tell)


def _signalled(came: Mapping[str, Any], tell: Teller) -> Iterator[tuple[object, ...]]:
    if came["counted_delay_s"] is not None:
        for name, promised, counted in (
            ("delay", "promised_delay_s", "counted_delay_s"),
            ("delay_fixed", "promised_fixed_delay_s", "fixed_delay_s"),
        ):
            yield tell(name), f"{tell.number(came[promised], 1)} s", f"{tell.number(came[counted], 1)} s"
    if came["vehicles"]:
        yield tell("vehicles"), tell("dash"), tell.number(came["vehicles"])
        yield tell("x"), tell("dash"), tell.number(came["mean_x"], 2)
        yield tell("censored"), tell("dash"), tell.percent(came["censored_share"])
        yield tell("left_out"), tell("dash"), tell.number(came["slots_left_out"])


def _wrong(report: MonthReport, tell: Teller) -> Iterator[str]:
    if not report.quantities:
        yield note(tell("nothing_forecasts"))
        return
    yield f"<h3>{escape(tell('forecast_table'))}</h3>"
    headings = ("quantity", "values", "error", "skill", "inside", "verdict")
    yield table(
        tuple(tell(key) for key in headings),
        [
            (
                tell(f"quantity_{one['quantity']}"), tell.number(one["rows"]), tell.short(one["mae"]),
                tell.percent(one["skill"], 0), tell.percent(one["coverage_80"]), tell(verdict(one)),
            )
            for one in report.quantities
        ],
    )  # fmt: skip
    yield figure(tell("chart_coverage"), *_coverage_chart(report, tell))
    for quantity in DRAWN:
        rows = _horizon_rows(report, quantity, tell)
        if rows:
            title = tell("chart_horizon", quantity=tell(f"quantity_{quantity}"))
            yield figure(title, pair_bars(title, rows, write=tell.short), pair_legend(tell("ours"), tell("simple")))
    if report.worst:
        yield f"<h3>{escape(tell('worst'))}</h3>"
        yield table(
            tuple(tell(key) for key in ("quantity", "day", "error", "against", "inside")),
            [
                (
                    tell(f"quantity_{one['quantity']}"), one["day"], tell.short(one["mae"]),
                    tell.short(one["month_mae"]), tell.percent(one["coverage_80"]),
                )
                for one in report.worst
            ],
        )  # fmt: skip


def _effects(report: MonthReport, tell: Teller) -> Iterator[str]:
    if not report.effects:
        yield note(tell("nothing_effects"))
        return
    yield f"<ul>{''.join(f'<li>{escape(_effect_text(one, tell))}</li>' for one in report.effects)}</ul>"


def _effect_text(one: Mapping[str, Any], tell: Teller) -> str:
    text = tell(
        "effect_text", name=tell(f"measure_{one['name']}"), pilot=", ".join(one["pilot"]),
        controls=", ".join(one["controls"]), start=one["after_from"], end=one["after_until"],
        word=tell(f"word_{one['word']}"),
    )  # fmt: skip
    parts = [text[:1].upper() + text[1:]]
    if one["effect"] is not None:
        found = one["effect"]
        low, high, estimate = (f"{found[name]:+.3g}" for name in ("low", "high", "estimate"))
        confidence = f"{100 * one['confidence']:g}"
        parts.append(tell("interval", estimate=estimate, unit=one["unit"], low=low, high=high, confidence=confidence))
    if one["why"]:
        parts.append(tell(f"why_{one['why']}"))
    if not one["is_over"]:
        parts.append(tell("not_over"))
    stop = "。" if tell.language == "zh" else "."
    return ("；" if tell.language == "zh" else "; ").join(parts) + stop


def _method(tell: Teller, as_of: str) -> Iterator[str]:
    keys = ("range_method", "missed_method", "x_method", "effect_method", "privacy")
    told = [tell("all_measured", as_of=as_of), *(tell(key) for key in keys)]
    yield f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in told)}</ul>"


def _stops_chart(report: MonthReport, tell: Teller) -> tuple[Markup, Markup]:
    labels = (tell("done"), tell("not_served"), tell("missed"))
    values = (
        [(date.fromisoformat(one["day"]), float(one["done"])) for one in report.days],
        [(date.fromisoformat(one["day"]), float(one["skipped"] + one["blocked"])) for one in report.days],
        [(date.fromisoformat(one["day"]), float(one["missed"])) for one in report.days],
    )
    series = [Series(label=label, points=points) for label, points in zip(labels, values, strict=True)]
    chart = stacked_bars(tell("chart_stops"), (report.first, report.last), series, write=tell.number)
    return chart, legend(labels, bars=True)


def _coverage_chart(report: MonthReport, tell: Teller) -> tuple[Markup, Markup]:
    shown = [what for what in WHATS if any(what in one["coverage"] for one in report.days)]
    series = [
        Series(
            label=tell(f"what_{what}"),
            points=[(date.fromisoformat(one["day"]), one["coverage"].get(what)) for one in report.days],
        )
        for what in shown
    ]
    span = report.first, report.last
    chart = line_chart(
        tell("chart_coverage"), span, series, write=lambda share: tell.percent(share, 0), wanted=PROMISED
    )
    return chart, legend(one.label for one in series)


def _delay_chart(report: MonthReport, tell: Teller) -> tuple[Markup, Markup]:
    named = (
        ("delay_planned", "counted_delay_s"), ("delay_running", "fixed_delay_s"),
        ("delay_promised", "promised_delay_s"),
    )  # fmt: skip
    series = [
        Series(label=tell(key), points=[(date.fromisoformat(one["day"]), one[name]) for one in report.days])
        for key, name in named
    ]
    chart = line_chart(tell("chart_delay"), (report.first, report.last), series, write=tell.number)
    return chart, legend(one.label for one in series)


def _horizon_rows(report: MonthReport, quantity: str, tell: Teller) -> list[tuple[str, float, float | None]]:
    """Both errors over the same values: those of which the simple rule says anything."""
    return [
        (
            tell.horizon(str(one["horizon"])),
            float(one["mae"] if one["mae_beside_simple"] is None else one["mae_beside_simple"]),
            one["simple_mae"],
        )
        for one in report.horizons
        if one["quantity"] == quantity and one["rows"] >= LEAST_ROWS
    ]
