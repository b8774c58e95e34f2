"""Whether a challenger becomes champion, decided on days that it has not been fitted on, with the reason in words."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLoss:
    """Mean pinball loss over the quantiles of each quantity on the gate window; `champion` where one was judged."""

    challenger: dict[str, float]
    baseline: dict[str, float]
    champion: dict[str, float] | None = None

    def against(self, other: dict[str, float]) -> float:
        """Mean ratio of the losses over the quantities that both have: below 1 the challenger is better."""
        both = [name for name in self.challenger if name in other]
        return float(np.mean([self.challenger[name] / max(other[name], 1e-12) for name in both])) if both else np.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    promote: bool
    reason: str


def decide(loss: GateLoss) -> Verdict:
    """Better than seasonal-naive, and better than the champion where there is one."""
    to_baseline = loss.against(loss.baseline)
    if not to_baseline < 1.0:
        return Verdict(
            promote=False,
            reason=f"its loss on the gate window is {to_baseline:.3f} of seasonal-naive's; it must be below 1",
        )
    if loss.champion is None:
        return Verdict(
            promote=True, reason=f"first model; its loss on the gate window is {to_baseline:.3f} of seasonal-naive's"
        )
    to_champion = loss.against(loss.champion)
    if not to_champion < 1.0:
        return Verdict(
            promote=False,
            reason=f"its loss on the gate window is {to_champion:.3f} of the champion's; it must be below 1",
        )
    return Verdict(
        promote=True,
        reason=f"its loss on the gate window is {to_champion:.3f} of the champion's "
        f"and {to_baseline:.3f} of seasonal-naive's",
    )
