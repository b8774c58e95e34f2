"""Lines of a draft: TOML with the reasons as comments."""

import re
from dataclasses import dataclass, field

from features.sources.suggest_columns import Look

_FIRST_PRINTABLE = " "
_DELETE = "\x7f"
_ESCAPED = {"\\": "\\\\", '"': '\\"'}
_NO_COMMENT = re.compile(r"[\x00-\x1f\x7f\s]+")


def quoted(text: str, *, bare: bool = False) -> str:
    """A TOML string, or a key that needs no quotes where it can be one."""
    if bare and re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return text
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter < _FIRST_PRINTABLE or letter == _DELETE:
        return f"\\u{ord(letter):04x}"
    return _ESCAPED.get(letter, letter)


def _plain(sentence: str) -> str:
    """One line without what TOML forbids in a comment."""
    return _NO_COMMENT.sub(" ", sentence).strip()


@dataclass(slots=True)
class Lines:
    texts: list[str] = field(default_factory=list)

    def add(self, line: str, why: str = "") -> None:
        self.texts.append(f"{line}  # {_plain(why)}" if why else line)

    def say(self, sentence: str) -> None:
        self.texts.append(f"# {_plain(sentence)}")

    def ask(self, question: str) -> None:
        """What a person must decide: the line below holds "?" or the likelier answer."""
        self.texts.append(f"# decide: {_plain(question)}")

    def extend(self, others: "Lines") -> None:
        self.texts += others.texts


def time_side(lines: Lines, look: Look) -> str:
    """The right side of a time: ISO 8601 needs no formats; where day and month cannot be told apart it is asked."""
    held = f"{'template' if look.is_template else 'column'} = {quoted(look.name)}"
    if look.open_formats:
        ways = " or ".join("[" + ", ".join(quoted(form) for form in way) + "]" for way in look.open_formats)
        lines.ask(f"formats of {look.name!r}: {ways} ({look.evidence}), such as {', '.join(look.words[:2])}")
        return f'{{ {held}, formats = ["?"] }}'
    if not look.formats:
        return f"{{ {held} }}" if look.is_template else quoted(look.name)
    return f"{{ {held}, formats = [{', '.join(quoted(form) for form in look.formats)}] }}"
