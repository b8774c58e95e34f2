"""Numbers that people broke by spaces, dashes and brackets: judged group by group, with the words before them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from features.sources.privacy_rules import CARD, ID, PHONE

# Nine digits, or seven after a word: a date alone has eight. Read by polars' expressions.
WORTH_A_LOOK = (
    r"[0-9](?:[ \-./·_()（）—–~]{0,3}[0-9]){8,}|"
    r"(?i:电话|手机|联系|致电|来电|回电|打给|座机|固话|传真|号码|tel|phone|mobile|cell|fax|whatsapp|handy|ring|call|text|reach|contact|dial)"
    r"[^0-9]{0,20}[0-9](?:[ \-./·_()（）—–~]{0,3}[0-9]){6,}"
)
_RUN = re.compile(r"[+(（]?[0-9](?:[ \-./·_()（）—–~]{0,3}[0-9]){6,}(?:[ \-]?[xX](?![A-Za-z0-9]))?")
_GROUP = re.compile(r"[0-9]+[xX]?|[xX]")
_MOST_GROUPS = 18
_FEWEST, _MOST = 7, 19
_CONTEXT = 28

_PHONE_MARKER = re.compile(
    (
        r"(?:电话|手机|联系方式|致电|来电|回电|打给|座机|固话|传真|号码|\b(?:tel|phone|telephone|mobile|cell|"
        r"cellphone|fax|whatsapp|telefon|"
        r"handy|ring me|call me|call|text me|reach me|contact me|dial))(?:[\s:：,，.#)）是为号码在]|\b(?:at|"
        r"on|back|number|no|is|was|me|my|via|by|under|to|or)\b)*$"
    ),
    re.IGNORECASE,
)
_ORDER_MARKER = re.compile(
    (
        r"(?:工单|订单|单号|编号|序列号|运单|发票|受理号|案件|流水号|批次|设备|\b(?:order|ticket|ref|reference|"
        r"case|invoice|tracking|"
        r"serial|sn|batch|job|request|sensor|detector|device))(?:[\s:：,，.#是为号码]|\b(?:number|no|nr|id|"
        r"is)\b)*[A-Za-z\-]{0,4}$"
    ),
    re.IGNORECASE,
)
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_ID_18 = re.compile(rf"{_PROVINCE}\d{{4}}(?:19|20)\d\d{_BIRTH}\d{{3}}[\dxX]")
_ID_15 = re.compile(rf"{_PROVINCE}\d{{4}}\d\d{_BIRTH}\d{{3}}")
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}")
_DATE = re.compile(r"(?:19|20)\d\d[-./ ]?(?:0?[1-9]|1[0-2])[-./ ]?(?:0?[1-9]|[12]\d|3[01])(?:\D.*)?")
_IS_TIME = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d")
_DECIMALS = re.compile(r"\d\.$")
_CARD_STARTS = ("3", "4", "5", "62", "2", "9")


@dataclass(frozen=True, slots=True)
class _Window:
    """Neighbouring groups of digits: `text` as written, `before` what stands in front."""

    digits: str
    lengths: tuple[int, ...]
    text: str
    before: str
    plus: bool
    bracket: bool


def without_numbers(text: str) -> str:
    """The text with phones, cards and ids masked, however they were broken."""
    parts: list[str] = []
    done = 0
    for run in _RUN.finditer(text):
        for start, end, mask in _found(text, run.start(), run.end()):
            parts += (text[done:start], mask)
            done = end
    return text if not parts else "".join((*parts, text[done:]))


def _found(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    groups = [(match.start(), match.end()) for match in _GROUP.finditer(text, start, end)]
    first = 0
    while first < len(groups):
        hit = _longest(text, groups[first : first + _MOST_GROUPS])
        if hit is None:
            first += 1
            continue
        taken, begin, mask = hit
        yield begin, groups[first + taken - 1][1], mask
        first += taken


def _longest(text: str, groups: list[tuple[int, int]]) -> tuple[int, int, str] | None:
    """How many groups from the first are one number, where it begins with its brackets, and its mask."""
    digits = list(accumulate(end - start for start, end in groups))
    for taken in range(len(groups), 0, -1):
        if not _FEWEST <= digits[taken - 1] <= _MOST:
            continue
        begin = _with_brackets(text, groups[0][0], groups[taken - 1][1])
        mask = _kind(_window(text, groups[:taken], begin))
        if mask:
            return taken, begin, mask
    return None


def _with_brackets(text: str, start: int, end: int) -> int:
    if start and text[start - 1] in "(（" and any(sign in text[start:end] for sign in ")）"):
        start -= 1
    return start - 1 if start and text[start - 1] == "+" else start


def _window(text: str, groups: list[tuple[int, int]], begin: int) -> _Window:
    return _Window(
        digits="".join(text[a:b] for a, b in groups),
        lengths=tuple(b - a for a, b in groups),
        text=text[groups[0][0] : groups[-1][1]],
        before=text[max(0, begin - _CONTEXT) : begin],
        plus=text[begin] == "+",
        bracket=text[begin] in "(（",
    )


def _kind(window: _Window) -> str:
    if _is_id(window):
        return ID
    if not window.digits.isdigit() or (len(window.lengths) == 1 and _DECIMALS.search(window.before)):
        return ""
    if _is_mobile(window) or _is_marked(window):
        return PHONE
    if _ORDER_MARKER.search(window.before):
        return ""
    if _is_card(window):
        return CARD
    return PHONE if _is_landline(window) or _is_abroad(window) else ""


def _is_id(window: _Window) -> bool:
    digits = window.digits
    if len(digits) == 18:
        return _ID_18.fullmatch(digits) is not None
    if len(digits) == 15 and len(window.lengths) <= 5:
        return _ID_15.fullmatch(digits) is not None and min(window.lengths) > 1
    return window.lengths == (3, 2, 4) and window.text.count("-") == 2  # social security number of the US


def _is_mobile(window: _Window) -> bool:
    """Grouped as people group it. 13 15 20 116 21 are bus lines, 1330 1430 is a time of day."""
    if _MOBILE.fullmatch(window.digits) is None:
        return False
    own = _own_lengths(window)
    if window.plus or len(own) == 1 or set(own) == {1}:
        return True
    if own[0] == 4 and len(own) > 1 and own[1] == 4:
        return not all(_IS_TIME.fullmatch(group) for group in (window.digits[:4], window.digits[4:8]))
    return sum(length >= 4 for length in own) >= 2 or max(own) >= 5 or own == (3, 4, 2, 2)


def _own_lengths(window: _Window) -> tuple[int, ...]:
    """Lengths of the groups without the country's."""
    extra = len(window.digits) - 11
    lengths = list(window.lengths)
    while extra > 0 and lengths:
        taken = min(extra, lengths[0])
        lengths[0] -= taken
        extra -= taken
        if not lengths[0]:
            lengths.pop(0)
    return tuple(lengths)


def _is_marked(window: _Window) -> bool:
    if not 7 <= len(window.digits) <= 15 or _DATE.fullmatch(window.text):
        return False
    return _PHONE_MARKER.search(window.before) is not None


def _is_landline(window: _Window) -> bool:
    digits, lengths = window.digits, window.lengths
    if not digits.startswith("0") or digits.startswith("000") or not 9 <= len(digits) <= 15:
        return False
    if lengths == (2, 2, 2, 2, 2) and len({sign for sign in window.text if not sign.isdigit()}) == 1:
        return ":" not in window.text
    if digits.startswith("00"):
        return len(digits) >= 11 and len(lengths) > 1
    if len(lengths) == 1:
        return len(digits) in {11, 12} and re.fullmatch(r"0(?:10|2\d|[3-9]\d\d)[2-9]\d{6,7}", digits) is not None
    return (
        _is_area(window)
        and len(digits) <= 13
        and min(lengths) >= 2
        and len(lengths) <= 5
        and not _DATE.search(window.text)
    )


def _is_area(window: _Window) -> bool:
    """A first group that stands for a place: 3 to 5 digits, or 2 in brackets."""
    return 3 <= window.lengths[0] <= 5 or (window.lengths[0] == 2 and window.bracket)


def _is_abroad(window: _Window) -> bool:
    if window.plus:
        return 9 <= len(window.digits) <= 15
    if window.lengths in ((3, 3, 4), (1, 3, 3, 4)):
        return re.fullmatch(r"1?(?:[2-9]\d\d){2}\d{4}|[48]00\d{7}", window.digits) is not None
    return window.lengths in ((3, 4, 3), (10,)) and window.digits.startswith(("400", "800"))


def _is_card(window: _Window) -> bool:
    digits, lengths = window.digits, window.lengths
    if not 14 <= len(digits) <= 19 or not digits.startswith(_CARD_STARTS):
        return False
    grouped = len(lengths) == 1 or set(lengths[:-1]) == {4} or lengths in ((6, 13), (4, 6, 5), (6, 10), (4, 6, 4))
    return grouped and _luhn(digits)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
