"""The words that departments write, and the city's own for them."""

import re

from features.sources.suggest_columns import MOST_WORDS, Look
from features.sources.suggest_lines import Lines, quoted

_STREAMS = (
    ("hazardous", r"hazard|有害|schadstoff|sonder"),
    ("bulky", r"bulk|sperr|大件"),
    ("kitchen", r"kitchen|food|bio|organic|厨余|餐厨"),
    ("paper", r"paper|papier|papel|cardboard|纸"),
    ("plastic", r"plasti|gelb|塑料|lvp|wertstoff"),
    ("glass", r"glas|vidrio|玻璃"),
    ("green", r"green|garden|grün|garten|yard|绿化"),
    ("recyclable", r"recyc|可回收"),
    ("residual", r"resid|rest|other|general|rubbish|garbage|trash|其他|其它|hausm"),
)
_EVENTS = (
    ("opened", r"open|creat|receiv|new|受理|来电|登记|eingang|neu"),
    ("closed", r"clos|done|resolv|finish|办结|完成|归档|erledigt|abschluss"),
    ("changed", r"chang|updat|assign|转办|派单|处理|bearbeit"),
)
_CATEGORIES = (
    ("waste", r"waste|garbage|trash|dump|litter|bin|rubbish|\bsanita|环卫|垃圾|市容|müll|abfall"),
    ("traffic", r"traffic|signal|congest|road|交通|拥堵|verkehr|ampel"),
    ("noise", r"noise|噪|lärm"),
    ("pests", r"rodent|rat\b|pest|roach|鼠"),
    ("water", r"water|sewer|flood|水|wasser"),
    ("greening", r"tree|park|green|绿化|园林|baum"),
)
_DAYS = (
    ("adjusted_workday", r"adjust|调休|make.?up"),
    ("workday", r"work|werktag|工作日"),
    ("weekend", r"week.?end|wochenende|周末|休息日"),
    ("holiday", r"holiday|feiertag|节|假"),
)
_RULES = (
    ("daily", r"daily|täglich|日产日清|每日"),
    ("by_fill", r"fill|满溢|füll|demand"),
    ("fixed_days", r"fixed|week|固定"),
    ("on_call", r"call|abruf|预约"),
    ("max_interval_h", r"interval"),
)
_SITES = (
    ("transfer_station", r"transfer|umlade|中转|转运"),
    ("disposal", r"dispos|landfill|deponie|处置|焚烧|填埋|mva"),
)
_CHOICES = {
    "stream": _STREAMS,
    "streams": _STREAMS,
    "compartments.0.streams": _STREAMS,
    "event": _EVENTS,
    "category": _CATEGORIES,
    "day_type": _DAYS,
    "rule.kind": _RULES,
    "kind": _SITES,
}


def mapped(lines: Lines, field: str, look: Look, separator: str = ";") -> str:
    """The right side of a column of words: each found word with the city's own, '?' where none is known."""
    choices = _CHOICES.get(field)
    if choices is None:
        return quoted(look.name)
    words = list(dict.fromkeys(part.strip() for word in look.words for part in word.split(separator) if part.strip()))
    own = {choice for choice, _ in choices}
    if field != "category" and set(words) <= own:
        return quoted(look.name)
    pairs = [
        (word, next((choice for choice, called in choices if re.search(called, word.casefold())), None))
        for word in words
    ]
    unknown = [word for word, choice in pairs if choice is None]
    if field == "category":
        lines.ask("whether these are the city's own categories (an id per category, such as waste or traffic)")
        pairs = [(word, choice or _slug(word)) for word, choice in pairs]
    elif unknown:
        lines.ask(f"which of {', '.join(sorted(own))} is meant by {', '.join(map(repr, unknown[:8]))}")
    if len(look.words) > MOST_WORDS:
        lines.ask(f"{look.name!r} holds more than {MOST_WORDS} different words; the most frequent are listed")
    listed = ", ".join(f'{quoted(word)} = "{choice or "?"}"' for word, choice in pairs)
    default = ', default = "other"' if field == "category" else ""
    return f"{{ column = {quoted(look.name)}{default}, map = {{ {listed} }} }}"


def districts_of(look: Look) -> tuple[str, dict[str, str]]:
    """The right side of district_id, and the districts that the column names."""
    are_ids = all(re.fullmatch(r"[A-Z0-9_-]*[0-9][A-Z0-9_-]*", word) for word in look.words)
    named = {word: word if are_ids else _slug(word) for word in sorted(look.words)}
    if all(word == key for word, key in named.items()):
        return quoted(look.name), {key: word for word, key in named.items()}
    listed = ", ".join(f"{quoted(word)} = {quoted(key)}" for word, key in named.items())
    return f"{{ column = {quoted(look.name)}, map = {{ {listed} }} }}", {key: word for word, key in named.items()}


def _slug(word: str) -> str:
    return re.sub(r"[^\w]+", "_", word.casefold()).strip("_") or word


def stream_in(name: str) -> str | None:
    """The stream that a column's name says."""
    return next((stream for stream, called in _STREAMS if re.search(called, name.casefold())), None)
