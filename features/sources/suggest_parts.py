"""Several records in one row: a complaint opened and closed, two streams at one visit."""

import re
from itertools import groupby

from features.sources.suggest_columns import Look
from features.sources.suggest_lines import Lines, quoted, time_side
from features.sources.suggest_subjects import Fit
from features.sources.suggest_units import unit_of
from features.sources.suggest_words import stream_in

_CLOSED = re.compile(r"clos|resolv|complet|办结|erledigt|abschluss|完成|finish", re.IGNORECASE)
_FILL = re.compile(r"%|fill|full|level|füll|满", re.IGNORECASE)


def event_parts(fit: Fit, looks: tuple[Look, ...]) -> Lines | None:
    """Opened by one column of times, closed by another."""
    opened = fit.columns.get("at")
    closed = next((look for look in looks if look.is_time and look is not opened and _CLOSED.search(look.name)), None)
    if opened is None or closed is None:
        return None
    lines = Lines()
    for event, look in (("opened", opened), ("closed", closed)):
        lines.add("[[feed.part]]")
        if event == "closed":
            lines.add(f"when_present = {quoted(closed.name)}", "rows without it have no such record")
            lines.add(f"not_before = {quoted(opened.name)}")
        lines.add("[feed.part.columns]")
        lines.add(f'event = {{ value = "{event}" }}')
        lines.add(f"at = {time_side(lines, look)}", look.evidence if look.formats else "")
    return lines


def stream_parts(looks: tuple[Look, ...]) -> Lines | None:
    """A fill and perhaps a number of bins for each of several streams that the columns' names say."""
    named = sorted(((stream_in(look.name) or "", look) for look in looks if look.is_number), key=lambda pair: pair[0])
    by_stream = {
        stream: [look for _, look in group] for stream, group in groupby(named, key=lambda pair: pair[0]) if stream
    }
    fills = {stream: next((look for look in own if _FILL.search(look.name)), None) for stream, own in by_stream.items()}
    if sum(look is not None for look in fills.values()) < 2:
        return None
    lines = Lines()
    for stream, fill in fills.items():
        if fill is None:
            continue
        lines.add("[[feed.part]]")
        bins = next((look for look in by_stream[stream] if look is not fill and look.is_whole), None)
        lines.add("[feed.part.columns]")
        lines.add(f'stream = {{ value = "{stream}" }}', "the columns' names")
        unit = unit_of(lines, "BinReadings", "fill_level", fill)
        lines.add(f'fill_level = {{ column = {quoted(fill.name)}, unit = "{unit}" }}')
        if bins is not None:
            lines.add(f"bins = {quoted(bins.name)}")
            lines.ask(f"whether {bins.name!r} = 0 means that this stream was not collected; else take the rule out")
            lines.add("[[feed.part.leave_out]]")
            lines.add(f"column = {quoted(bins.name)}")
            lines.add('equals = ["0"]')
            lines.add(f'reason = "{stream} was not collected"')
    return lines
