"""How much work a training may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """`trials` of a search for settings before the training; `as_before`: with what was found for the champion."""

    quick: bool = False
    trials: int = 0
    as_before: bool = False


PLAIN = Effort()
