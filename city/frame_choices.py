"""The words that columns of the frame contracts may hold."""

from city.signal_parts import ControlMode

DAY_TYPES = ("workday", "weekend", "holiday", "adjusted_workday")
VEHICLE_IMPACTS = (
    "all_lanes_closed",
    "some_lanes_closed",
    "all_lanes_open",
    "alternating_one_way",
    "flagging",
    "unknown",
)
PRIORITIES = ("urgent", "normal", "low")
READING_METHODS = ("sensor", "visit")
DECISIONS = ("released", "dropped", "replaced")
CONTROL_MODES = tuple(mode.value for mode in ControlMode)
CHANNEL_KINDS = ("advance", "presence", "count", "other")
