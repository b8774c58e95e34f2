"""How much work a training may be, and a search for routes."""

from dataclasses import dataclass

HERE_S = 12.0  # a search for routes up to so long: more processes would lose with their start what they gain


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """`trials` of a search for settings before the training; `as_before`: with what was found for the champion."""

    quick: bool = False
    trials: int = 0
    as_before: bool = False


PLAIN = Effort()
