"""The rules of the check by name: what a certificate says was looked at.

- lamps: judged in every second of a plan, and with the prefix `transition-` in every second of a switch of plans
- steps: the cycles by which a plan reaches its offset after a switch
- actuation: planned-actuated parameters; with the prefix `actuated-`, lamps at the extremes of what they allow
- plan, controller, junction, day, schedule: what they are about
"""

from typing import Final

LAMPS: Final = (
    "prohibited-overlap",
    "unlisted-yield",
    "intergreen",
    "minimum-green",
    "pedestrian-minimum",
    "maximum-green",
    "maximum-red",
    "pedestrian-wait",
    "yellow-fits",
    "green-flash",
    "countdown",
)
PLAN: Final = (
    "known-stage",
    "known-group",
    "cycle-range",
    "cycle-step",
    "offset-range",
    "splits-fill-cycle",
    "stage-minimum",
    "stage-chain",
    "protected-left",
    "group-served",
    "outside-stage",
    "coordinated-start",
)
STEPS: Final = ("transition-step", "transition-cycle", "transition-offset")
ACTUATION: Final = (
    "actuation-stages",
    "actuation-range",
    "actuation-extension",
    "actuation-force-off",
    "actuation-walk",
    "actuation-cycle",
    "actuation-jump",
    "actuation-call",
    *(f"actuated-{rule}" for rule in LAMPS),
)
CONTROLLER: Final = ("controller-stages", "controller-plans", "controller-day-entries", "controller-plan-number")
JUNCTION: Final = ("mode", "stored-intergreen")
DAY: Final = ("day-covered", "day-plans", "junction-ids", "transition-finished")
SCHEDULE: Final = ("known-junction", "planned-once", "districts", "known-corridor", "common-cycle")
RULES: Final = (
    *LAMPS,
    *(f"transition-{rule}" for rule in LAMPS),
    *STEPS,
    *PLAN,
    *ACTUATION,
    *CONTROLLER,
    *JUNCTION,
    *DAY,
    *SCHEDULE,
)
