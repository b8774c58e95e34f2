"""What a line of the audit log may say: a deed, a thing, a person; no secret, and not a novel."""

import pytest

from city.audit_log import AuditLine
from city.errors import BrokenRuleError, InvalidValueError
from city.ledger import Ledger


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"action": "approved"}, "thing.deed"),
        ({"subject": " "}, "subject is ' '"),
        ({"person": "\x00"}, "person"),
        ({"detail": {"x": "y" * 4000}}, "at most 4000"),
    ],
)
def test_a_line_that_says_too_little_or_too_much_is_refused(wrong: dict[str, object], sentence: str) -> None:
    said: dict[str, object] = {"action": "key.made", "subject": "k1", "person": "Li Wei", "key_id": "k0", **wrong}

    with pytest.raises(InvalidValueError, match=sentence):
        AuditLine(**said)  # type: ignore[arg-type]


def test_a_line_that_would_hold_a_key_is_refused(ledger: Ledger) -> None:
    made = ledger.keys.make(person="Li Wei", scopes=["signals:read"], districts=None, made_by="Wang Fang")

    with pytest.raises(BrokenRuleError, match="which is a secret"):
        AuditLine(action="key.made", subject="k1", person="Li Wei", key_id="k0", detail={"key": made.text})
