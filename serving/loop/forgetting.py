"""Trucks' tracks are kept for a stated time: what is older is deleted, and that is written into the audit log."""

from datetime import timedelta

from city.audit_log import by_caller
from city.complaint_orders import BY_ITSELF
from city.recorded_frames import TruckTracks
from serving.desk import Desk


def forget_tracks(desk: Desk) -> tuple[str, ...]:
    """Whole weeks, so that a fix is gone a week after its time at the latest. A sentence where anything was deleted."""
    days = desk.settings.tracks_kept_days
    rows = desk.history.forget(TruckTracks, desk.clock() - timedelta(days=days))
    if not rows:
        return ()
    line = by_caller("tracks.forgotten", TruckTracks.__name__, BY_ITSELF, detail={"rows": rows, "kept_days": days})
    desk.ledger.audit.add(line)
    return (f"{rows:,} fixes of trucks were older than {days} days and are deleted.",)
