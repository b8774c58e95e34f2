"""Words, numbers, tables and figures of the month's report in one language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from serving.loop.month import LEAST_ROWS
from serving.loop.report_words import WORDS, Language
from serving.pages.layout import Markup, html

CLOSE: Final = 0.03
PROMISED: Final = 0.8
_NUMBER: Final = ' class="number"'


@dataclass(frozen=True, slots=True)
class Teller:
    """Words and numbers of one language."""

    language: Language
    zone: ZoneInfo

    def __call__(self, key: str, **values: object) -> str:
        return WORDS[self.language][key].format(**values)

    def number(self, value: float | None, digits: int = 0) -> str:
        return self("dash") if value is None else f"{value:,.{digits}f}"

    def short(self, value: float | None) -> str:
        """Three digits that matter."""
        if value is None:
            return self("dash")
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"

    def percent(self, share: float | None, digits: int = 1) -> str:
        return self("dash") if share is None else f"{100 * share:.{digits}f} %"

    def horizon(self, text: str) -> str:
        """'6-12 h' and 'day 2', as outcomes name them."""
        if text.startswith("day "):
            return self("days_ahead", span=text.removeprefix("day "))
        return self("hours_ahead", span=text.removeprefix("over ").removesuffix(" h").replace("-", "–"))

    def month(self, first: date) -> str:
        return f"{first.year}年{first.month}月" if self.language == "zh" else f"{first:%B %Y}"


def verdict(line: Mapping[str, Any]) -> str:
    if line["rows"] < LEAST_ROWS:
        return "few"
    off = line["coverage_80"] - PROMISED
    if abs(off) <= CLOSE:
        return "kept"
    return "too_wide" if off > 0 else "too_narrow"


def share_of(part: float, whole: float, tell: Teller) -> Markup:
    if not whole:
        return Markup(tell("dash"))
    return Markup(f"{tell.number(part)} <small>{tell.percent(part / whole)}</small>")


def minutes(seconds: float | None, tell: Teller) -> str:
    if seconds is None:
        return tell("dash")
    return tell("minutes" if seconds >= 0 else "earlier", value=f"{abs(seconds) / 60:.0f}")


def note(sentence: str) -> str:
    return f'<p class="note">{escape(sentence)}</p>'


def figure(title: str, chart: Markup, key: Markup) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{chart}{key}</figure>"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The first column is text, the others are figures."""
    head = "".join(
        f'<th scope="col"{"" if number == 0 else _NUMBER}>{escape(text)}</th>' for number, text in enumerate(headings)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{'' if number == 0 else _NUMBER}>{html(cell)}</td>" for number, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
