"""What is said of a file that lacks columns: nearly always its name, delimiter, header row or encoding is wrong."""

from collections.abc import Sequence

from city.errors import UnreadableInputError
from features.sources.feeds import Format, Reading
from features.sources.toml_table import close_to

_DELIMITERS = {";": ";", "\t": "\\t", ",": ",", "|": "|"}
_ENCODINGS = ("utf-8", "gb18030", "cp1252", "big5", "cp850", "cp1251")
_LONGEST = 60  # letters of a name that are shown
_OFTEN = 2  # a name may well hold a comma of its own
_NEAR = "did you mean"


def lacking(reading: Reading, missing: Sequence[str], there: Sequence[str], where: str) -> UnreadableInputError:
    """The error that names every missing column, what there is once, and what is probably wrong."""
    near = {column: said for column in missing if (said := close_to(column, there)).startswith(_NEAR)}
    named = ", ".join(f"{column!r} ({near[column]})" if column in near else repr(column) for column in missing)
    parted = other_delimiter(reading.delimiter, there) if reading.format is Format.CSV else ""
    shown = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..." for name in there]
    all_there = "" if len(near) == len(missing) else f"; {close_to('', shown)}"
    several = "s" if len(missing) > 1 else ""
    return UnreadableInputError(
        source=where,
        problem=f"it lacks the column{several} {named}{all_there}",
        todo=parted
        or _encoding(reading, missing, there)
        or "Correct the mapping, or header_row if the column names stand in another row.",
    )


def other_delimiter(delimiter: str, names: Sequence[str]) -> str:
    """What to do where another sign parts the column names more often than the one that the mapping says."""
    found = max(_DELIMITERS, key="".join(names).count)
    times = "".join(names).count(found)
    if found == delimiter or times < (1 if len(names) == 1 else _OFTEN * len(names)):
        return ""
    return f'The column names are parted by another sign: say delimiter = "{_DELIMITERS[found]}".'


def _encoding(reading: Reading, missing: Sequence[str], there: Sequence[str]) -> str:
    """A name that is there, but read with the letters of another encoding."""
    if reading.format is not Format.CSV:
        return ""
    for column in missing:
        for encoding in _ENCODINGS:
            if not column.isascii() and _misread(column, encoding, reading.encoding) in there:
                return f'The names were read in the wrong encoding: say encoding = "{encoding}".'
    return ""


def _misread(name: str, written: str, read: str) -> str | None:
    """What a name becomes that was written in one encoding and read in another."""
    try:
        return name.encode(written).decode(read).strip()
    except UnicodeError:
        return None
