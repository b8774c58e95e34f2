"""Figures from what was counted: by kind of request, per request, and whether memory is flat."""

import numpy as np

from benchmarks.serving_load import WARM_SHARE, Answers, quantile

Sample = tuple[float, dict[str, float]]
"""Seconds since the start, and megabytes by kind of process."""


def by_kind(answers: Answers) -> dict[str, dict[str, float]]:
    kinds: dict[str, list[float]] = {}
    for label, by_status in answers.ms.items():
        for ms in by_status.values():
            kinds.setdefault(label.partition("#")[0], []).extend(ms)
    ordered = {kind: sorted(ms) for kind, ms in kinds.items()}
    return {
        kind: {"n": len(ms), "p50_ms": quantile(ms, 0.5), "p99_ms": quantile(ms, 0.99)} for kind, ms in ordered.items()
    }


def per_request(cpu_s: float, counted: int) -> float:
    """Milliseconds; the load ran a little longer than what was counted."""
    return round(1000 * cpu_s * (1 - WARM_SHARE) / max(counted, 1), 3)


def flatness(samples: list[Sample], kind: str) -> dict[str, float]:
    """The slope after the first fifth: what is loaded at first is no leak."""
    later = samples[len(samples) // 5 :]
    if len(later) < 3:
        return {}
    minutes = np.array([at / 60 for at, _ in later])
    total = np.array([by_kind[kind] for _, by_kind in later])
    slope = float(np.polyfit(minutes, total, 1)[0])
    return {
        "first_mb": round(float(total[0]), 1),
        "last_mb": round(float(total[-1]), 1),
        "most_mb": round(float(total.max()), 1),
        "slope_mb_per_min": round(slope, 3),
    }
