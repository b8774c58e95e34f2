"""The rules of the collection check by name, as findings, certificates and tests call them."""

from typing import Final

OF_THE_PLAN: Final = (
    "accounted",
    "audit",
    "cost",
    "day",
    "fairness",
    "site_cap",
    "site_throughput",
    "stop_load",
    "times_served",
    "truck",
    "unserved_reason",
    "window",
)
OF_A_ROUTE: Final = (
    "access",
    "break",
    "clock",
    "daily_kg",
    "daily_m3",
    "depot",
    "distance",
    "drive_time",
    "empty_trip",
    "end_loaded",
    "kg_tipped",
    "licence",
    "load",
    "load_risk",
    "max_stops",
    "payload",
    "point",
    "queue",
    "service_time",
    "shift",
    "site",
    "site_hours",
    "site_stream",
    "stream_change",
    "stream_mix",
    "tip_time",
    "volume",
    "way",
)
RULES: Final = (*OF_THE_PLAN, *OF_A_ROUTE)
