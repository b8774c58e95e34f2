"""Privacy at the door: nobody can be recognised in what is stored.

`masked` takes phones, identity cards, passports, bank cards, number plates, e-mail addresses, chat accounts and names
after known words out of a text and puts a word such as [phone] there. House numbers stay: the crew must find the bin.
`hashed` makes reporters the same person without saying who it is. Both leave what they made themselves as it is, so a
row that went through quarantine is not changed again.
"""

import re
from collections.abc import Callable
from hashlib import blake2b

import polars as pl

from features.sources.privacy_chinese import NAME_MARKERS, NAME_RULES
from features.sources.privacy_english import MARKERS, without_names
from features.sources.privacy_numbers import WORTH_A_LOOK, without_numbers
from features.sources.privacy_rules import AFTERWARDS, IN_ORDER, Rule

_FULL_WIDTH = {
    chr(code): chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_FULL_WIDTH |= {"＠": "@", "＋": "+", "－": "-", "＿": "_", "．": ".", "‐": "-", "‑": "-", "−": "-"}
_FULL_WIDTH |= {"\u3000": " ", "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " "}
_FULL_WIDTH |= {"\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": ""}
_WIDE = "[" + "".join(_FULL_WIDTH) + "]"
# Without a digit, an @ or a marker there is nothing to look for.
_ANYTHING = r"[0-9@０-９＠]|(?-u:\b)(?i:at)(?-u:\b)|艾特|圈a|[零〇○一二三四五六七八九幺]{7}|微信|薇信|威信|卫星|v信|加v"
_CHATS = "|(?i:vx|wx|wechat|weixin|qq|alipay|telegram|whatsapp|instagram|line id|skype|tiktok|twitter)"
_MADE_HERE = re.compile(r"[0-9a-f]{32}")
_VALUE_BYTES, _SEAL_BYTES = 12, 4


def masked(series: pl.Series) -> pl.Series:
    """The texts without what recognises a person. A text in which nothing is found comes back byte for byte."""
    texts = series.cast(pl.String)
    done = texts
    rows = _suspects(texts)
    while len(rows):
        before = done.gather(rows)
        after = _once(before)
        changed = (before.ne_missing(after)).arg_true()
        rows = rows.gather(changed)
        done = _put(done, rows, after.gather(changed))
    return done.alias(series.name)


def hashed(series: pl.Series, salt: bytes) -> pl.Series:
    """Reporters as 32 hexadecimal digits: the same person, no way back without the salt. Empty ones become null."""
    words = series.cast(pl.String).str.strip_chars()
    words = words.set(words == "", None)
    different = words.drop_nulls().unique()
    tokens = pl.Series([_token(word, salt) for word in different], dtype=pl.String)
    return words.replace_strict(different, tokens, default=None, return_dtype=pl.String).alias(series.name)


def _suspects(texts: pl.Series) -> pl.Series:
    return (
        texts.str.contains(f"{_ANYTHING}{_CHATS}|{'|'.join(NAME_MARKERS)}|{MARKERS}").fill_null(value=False).arg_true()
    )


def _once(texts: pl.Series) -> pl.Series:
    """One sweep. Full-width letters are only made narrow where that shows something."""
    plain = _narrow(texts)
    done = plain
    for rule in IN_ORDER:
        done = _replaced(done, rule)
    names = _with(done, "|".join(NAME_MARKERS))
    if len(names):
        done = _put(done, names, _names(done.gather(names)))
    done = _judged(done, WORTH_A_LOOK, without_numbers)
    done = _judged(done, MARKERS, without_names)
    for rule in AFTERWARDS:
        done = _replaced(done, rule)
    return done.zip_with(done.ne_missing(plain), texts)


def _narrow(texts: pl.Series) -> pl.Series:
    rows = _with(texts, _WIDE)
    if not len(rows):
        return texts
    return _put(texts, rows, texts.gather(rows).str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values())))


def _replaced(texts: pl.Series, rule: Rule) -> pl.Series:
    rows = _with(texts, rule.trigger)
    if not len(rows):
        return texts
    return _put(texts, rows, texts.gather(rows).str.replace_all(rule.pattern, rule.replacement))


def _names(texts: pl.Series) -> pl.Series:
    for pattern, replacement in NAME_RULES:
        texts = texts.str.replace_all(pattern, replacement)
    return texts


def _judged(texts: pl.Series, trigger: str, judge: Callable[[str], str]) -> pl.Series:
    rows = _with(texts, trigger)
    if not len(rows):
        return texts
    return _put(texts, rows, pl.Series([judge(text) for text in texts.gather(rows)], dtype=pl.String))


def _put(texts: pl.Series, rows: pl.Series, new: pl.Series) -> pl.Series:
    """`scatter` works in place: on a copy, which shares what it does not change."""
    return texts.clone().scatter(rows, new) if len(rows) else texts


def _with(texts: pl.Series, trigger: str) -> pl.Series:
    return texts.str.contains(trigger).fill_null(value=False).arg_true()


def _token(word: str, salt: bytes) -> str:
    if (
        _MADE_HERE.fullmatch(word)
        and _seal(bytes.fromhex(word)[:_VALUE_BYTES], salt) == bytes.fromhex(word)[_VALUE_BYTES:]
    ):
        return word
    value = blake2b(word.encode(), digest_size=_VALUE_BYTES, key=_key(salt)).digest()
    return (value + _seal(value, salt)).hex()


def _seal(value: bytes, salt: bytes) -> bytes:
    """Tells our own tokens from a reporter whose id merely looks like one."""
    return blake2b(value, digest_size=_SEAL_BYTES, key=_key(salt), person=b"seal").digest()


def _key(salt: bytes) -> bytes:
    return salt if len(salt) <= 64 else blake2b(salt, digest_size=64).digest()
