"""How the sanitation workbook is read: its part of the demo city's mapping file."""

from features.sources.synthetic import workbook

WORKBOOK = "sanitation.xlsx"


def inline(words: dict[str, str]) -> str:
    """A TOML inline table from the department's word to the city's."""
    return "{ " + ", ".join(f'"{word}" = "{ours}"' for ours, word in words.items()) + " }"


def sanitation_feeds(since: str) -> str:
    """`since` is the line that says since when master data was known."""
    return _SANITATION.format(
        since=since,
        book=WORKBOOK,
        streams=inline({stream.value: word for stream, word in workbook.STREAM_WORDS.items()}),
        rules=inline({kind.value: word for kind, word in workbook.RULE_WORDS.items()}),
        kinds=inline({kind.value: word for kind, word in workbook.SITE_WORDS.items()}),
        points=workbook.POINTS,
        fleet=workbook.FLEET,
        depots=workbook.DEPOTS,
        sites=workbook.SITES,
        weighings=workbook.WEIGHINGS,
        header_row=workbook.WEIGHINGS_HEADER_ROW,
        levels=workbook.LEVELS,
        visits=workbook.VISITS,
    )


_SANITATION = """
[[feed]]
name = "collection points"
entity = "point"
path = "{book}"
sheet = "{points}"
crs = "WGS84"
{since}
[feed.columns]
point_id = "点位编号 Point"
stream = {{ column = "品类 Stream", map = {streams} }}
district_id = "行政区 District"
lon = "经度 Lon"
lat = "纬度 Lat"
capacity_m3 = {{ column = "容积 m3", unit = "m3" }}
density_kg_m3 = {{ column = "容重 kg/m3", unit = "kg/m3" }}
service_s = {{ column = "作业时长 s", unit = "s" }}
"rule.kind" = {{ column = "收运规则 Rule", map = {rules} }}
windows = "时间窗 Windows"
usual_truck_id = "原车辆 Usual truck"

[[feed]]
name = "trucks and shifts"
entity = "truck"
path = "{book}"
sheet = "{fleet}"
{since}
[feed.columns]
truck_id = "车号 Truck"
district_ids = "服务区 Districts"
depot_id = "停车场 Depot"
payload_kg = {{ column = "载重 kg", unit = "kg" }}
"compartments.0.streams" = {{ column = "品类 Stream", map = {streams} }}
"compartments.0.body_m3" = {{ column = "车厢 m3", unit = "m3" }}
"compartments.0.compaction_ratio" = "压缩比 Ratio"
"shift.start_s" = "上班 Start"
"shift.end_s" = "下班 End"
"shift.max_overtime_s" = {{ column = "加班上限 min", unit = "min" }}
"shift.break_s" = {{ column = "休息 min", unit = "min" }}
"shift.break_window" = "休息时段 Break window"
height_m = {{ column = "车高 m", unit = "m" }}
empty_weight_kg = {{ column = "整备质量 t", unit = "t" }}
cost_per_km = "元/km"
cost_per_h = "元/h"
cost_per_day = "元/天"
speed_factor = "行驶系数 Speed factor"

[[feed]]
name = "depots"
entity = "depot"
path = "{book}"
sheet = "{depots}"
crs = "WGS84"
{since}
[feed.columns]
depot_id = "编号 Depot"
district_id = "行政区 District"
lon = "经度 Lon"
lat = "纬度 Lat"

[[feed]]
name = "disposal sites"
entity = "site"
path = "{book}"
sheet = "{sites}"
crs = "WGS84"
{since}
[feed.columns]
site_id = "编号 Site"
kind = {{ column = "类型 Kind", map = {kinds} }}
district_id = "行政区 District"
lon = "经度 Lon"
lat = "纬度 Lat"
streams = {{ column = "接收品类 Streams", map = {streams} }}
windows = "开放时间 Hours"
tip_s = {{ column = "卸料 s", unit = "s" }}
queue_s = {{ column = "排队 s (0-23时)", unit = "s" }}
daily_cap_kg = {{ column = "日上限 t", unit = "t" }}
throughput_kg_h = "处理能力 kg/h"

[[feed]]
name = "weighings"
contract = "Weighings"
path = "{book}"
sheet = "{weighings}"
header_row = {header_row}
delay = "1h"
[feed.columns]
ticket_id = "磅单号 Ticket"
truck_id = "车号 Truck"
site_id = "地点 Site"
district_id = "行政区 District"
stream = {{ column = "品类 Stream", map = {streams} }}
weighed_at = "时间 Time"
service_date = "作业日期 Service date"
net_kg = {{ column = "净重 Net kg", unit = "kg" }}

[[feed]]
name = "bin levels"
contract = "BinReadings"
path = "{book}"
sheet = "{levels}"
delay = "30min"
[feed.columns]
point_id = "点位编号 Point"
stream = {{ column = "品类 Stream", map = {streams} }}
district_id = "行政区 District"
read_at = "时间 Time"
method = {{ value = "sensor" }}
fill_level = {{ column = "满溢率 %", unit = "percent" }}
emptied = false

[[feed]]
name = "visits"
contract = "BinReadings"
path = "{book}"
sheet = "{visits}"
delay = "30min"
[feed.columns]
point_id = "点位编号 Point"
stream = {{ column = "品类 Stream", map = {streams} }}
district_id = "行政区 District"
read_at = "时间 Time"
method = {{ value = "visit" }}
fill_level = {{ column = "满溢 Fill (1 = full)", unit = "share" }}
emptied = true
bins = "桶数 Bins"
ticket_id = "磅单号 Ticket"
"""
