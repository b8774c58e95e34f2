"""What run sheets say, in Chinese and English side by side."""

from typing import Final

from city.waste import AccessSide, Stream

TRUCK: Final = "车辆 Truck"
DATE: Final = "日期 Date"
SHIFT: Final = "班次 Shift"
LEAVE: Final = "出场 Leave"
RETURN: Final = "返场 Return"
STOPS: Final = "点位 Stops"
TRIPS: Final = "趟次 Trips"
LENGTH: Final = "里程 km"
MASS: Final = "预计 t"
BREAK: Final = "休息 Break"
TIP: Final = "卸料 Tip"
DEPOT: Final = "停车场 Depot"
WAIT: Final = "等候 wait"
CREW: Final = "签名 Signed"
COLUMNS: Final = ("序号 No.", "到达 ETA", "时段 Window", "地点 Place", "品类 Stream", "kg", "备注 Notes", "完成 Done")
AUDIT: Final = "抽查：记录满溢度 audit: note the fill found"
UNITS: Final = (
    "时间为当地时间，+1 为次日；重量为预计值。坐标系 WGS 84。 "
    "Clocks are local, +1 is the next day; kg are expected. Places are WGS 84."
)
NOT_TO_SCALE: Final = "直线示意，非道路走向 straight lines, not streets"
STREAMS: Final = {
    Stream.RESIDUAL: "其他垃圾",
    Stream.KITCHEN: "厨余垃圾",
    Stream.RECYCLABLE: "可回收物",
    Stream.PAPER: "纸类",
    Stream.PLASTIC: "塑料",
    Stream.GLASS: "玻璃",
    Stream.HAZARDOUS: "有害垃圾",
    Stream.BULKY: "大件垃圾",
    Stream.GREEN: "园林垃圾",
}
SIDES: Final = {AccessSide.LEFT: "左侧靠边 left kerb", AccessSide.RIGHT: "右侧靠边 right kerb"}


def stream_text(stream: Stream) -> str:
    return f"{STREAMS[stream]} {stream.value}"
