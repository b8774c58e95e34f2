"""What the columns of logs that devices write would be called in a department's file."""

from features.sources.suggest_fields import DISTRICT, LAT, LON, TRUCK, Field, Holds, Subject

_JUNCTION = Field(
    name="junction_id",
    called=r"device.?id|signal.?id|junction|intersection|knoten|路口|信号机",
    holds=Holds.ID,
    needed=True,
)
RECORDED = (
    Subject(
        name="TruckTracks",
        told_by=r"track|gps|position|trace|轨迹|定位",
        fields=(
            TRUCK,
            Field(
                name="at",
                called=r"time|date|zeit|datum|时间|日期|^t$|^ts$",
                holds=Holds.TIME,
                needed=True,
            ),
            Field(name="lon", called=LON.called, holds=Holds.NUMBER, needed=True),
            Field(name="lat", called=LAT.called, holds=Holds.NUMBER, needed=True),
            Field(name="speed_kmh", called=r"speed|geschw|tempo|速度|车速|^v$|kmh|mph", holds=Holds.NUMBER),
            DISTRICT,
        ),
    ),
    Subject(
        name="SignalEvents",
        told_by=r"event.?log|hi.?res|atspm|controller",
        fields=(
            _JUNCTION,
            Field(name="at", called=r"time|date|zeit|datum|时间|日期", holds=Holds.TIME, needed=True),
            Field(
                name="event_code",
                called=r"event.?(code|id|number)|^code$|事件",
                holds=Holds.NUMBER,
                needed=True,
            ),
            Field(name="parameter", called=r"param|event.?value|参数", holds=Holds.NUMBER, needed=True),
            DISTRICT,
        ),
    ),
)
