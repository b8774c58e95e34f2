"""Names of things. An id is the department's own key, never a position in a list."""

from typing import NewType

DistrictId = NewType("DistrictId", str)
DetectorId = NewType("DetectorId", str)
JunctionId = NewType("JunctionId", str)
MovementId = NewType("MovementId", str)
GroupId = NewType("GroupId", str)
StageId = NewType("StageId", str)
CorridorId = NewType("CorridorId", str)
NodeId = NewType("NodeId", str)
LinkId = NewType("LinkId", str)
PointId = NewType("PointId", str)
TruckId = NewType("TruckId", str)
DepotId = NewType("DepotId", str)
SiteId = NewType("SiteId", str)
PlanId = NewType("PlanId", str)
