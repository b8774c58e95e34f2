"""What an audit of a junction says: one sentence each, with ids and numbers, and what it costs to leave it so."""

from dataclasses import dataclass
from enum import StrEnum

from city.signals import Junction


class Weight(StrEnum):
    WRONG = "wrong"  # a rule of the check is broken
    DOUBTFUL = "doubtful"  # it may be right, and somebody should look
    MISSING = "missing"  # nobody recorded it


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """`cost` is what follows from leaving it so, empty where the sentence says it."""

    weight: Weight
    rule: str
    subject: str
    sentence: str
    cost: str = ""


def doubt(junction: Junction, weight: Weight, rule: str, said: str, cost: str = "") -> Doubt:
    """`said` goes on after "Junction J: "."""
    subject = f"Junction {junction.junction_id}"
    return Doubt(weight=weight, rule=rule, subject=subject, sentence=f"{subject}: {said}.", cost=cost)


def named(ids: list[str], most: int = 6) -> str:
    """The first few, and how many more there are."""
    shown = ", ".join(ids[:most])
    return shown if len(ids) <= most else f"{shown} and {len(ids) - most} more"


def of_groups(ids: list[str]) -> str:
    """The subject of a sentence: "signal group A has", "signal groups A, B have"."""
    return f"signal group {ids[0]} has" if len(ids) == 1 else f"signal groups {named(ids)} have"
