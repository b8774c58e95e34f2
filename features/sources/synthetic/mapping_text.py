"""The mapping file that reads the whole demo city in one import."""

from datetime import date

from features.sources.synthetic.device_logs import device_feeds
from features.sources.synthetic.hotline_files import (
    CATEGORY_WORDS,
    DAY_WORDS,
    DEPARTMENT_WORDS,
    EVENT_WORDS,
    PRIORITY_WORDS,
)
from features.sources.synthetic.mapping_sanitation import inline, sanitation_feeds
from features.sources.synthetic.world import CITY_NAME, TIME_ZONE, World

DATABASE = "traffic.sqlite"
COMPLAINTS = "complaints.csv"
WEATHER = "weather.csv"
WEATHER_FORECAST = "weather_forecast.csv"
CALENDAR = "calendar.csv"
JUNCTIONS = "junctions.json"
CORRIDORS = "corridors.json"
NODES = "node.csv"
LINKS = "link.csv"


def mapping_text(world: World, known_since: date) -> str:
    """`known_since` lies before the first measurement, so that backtests see the master data."""
    profile = world.crossings.forms[0].national_profile
    districts = ", ".join(f'{one.district_id} = "District {one.district_id[1:]}"' for one in world.districts)
    since = f'known_since = "{known_since}"'
    head = f'[city]\nname = "{CITY_NAME}"\ntime_zone = "{TIME_ZONE}"\nnational_profile = "{profile}"\n'
    others = _OTHERS.format(
        events=inline(EVENT_WORDS),
        categories=inline(CATEGORY_WORDS),
        departments=inline(DEPARTMENT_WORDS),
        priorities=inline(PRIORITY_WORDS),
        days=inline(DAY_WORDS),
    )
    departments = _TRAFFIC.format(since=since) + sanitation_feeds(since) + others
    return f"{head}districts = {{ {districts} }}\n{departments}{device_feeds(world, since)}"


_TRAFFIC = """
[[feed]]
name = "detectors"
contract = "Detectors"
database = "sqlite:///traffic.sqlite"
table = "detectors"
crs = "WGS84"
{since}
[feed.columns]
detector_id = "det_no"
junction_id = "crossing"
approach = "arm"
lanes = "lanes"
lon = "lng"
lat = "lat"
district_id = "district"

[[feed]]
name = "detector counts"
contract = "TrafficCounts"
database = "sqlite:///traffic.sqlite"
query = "SELECT c.det_no, c.ts, c.veh, c.speed, c.occ, d.district FROM counts c JOIN detectors d ON d.det_no = c.det_no"
step = "15min"
delay = "5min"
[feed.columns]
detector_id = "det_no"
start_at = "ts"
flow_veh_h = {{ column = "veh", unit = "veh/interval" }}
speed_kmh = {{ column = "speed", unit = "km/h" }}
occupancy = {{ column = "occ", unit = "share" }}
district_id = "district"

[[feed]]
name = "junctions"
entity = "junction"
path = "junctions.json"
document = "junction_form"
crs = "WGS84"
{since}

[[feed]]
name = "corridors"
entity = "corridor"
path = "corridors.json"
{since}

[[feed]]
name = "road nodes"
contract = "Nodes"
path = "node.csv"
crs = "WGS84"
{since}
[feed.columns]
node_id = "node_id"
lon = "x_coord"
lat = "y_coord"
district_id = "zone_id"

[[feed]]
name = "road links"
contract = "Links"
path = "link.csv"
{since}
[feed.columns]
link_id = "link_id"
from_node_id = "from_node_id"
to_node_id = "to_node_id"
length_m = {{ column = "length", unit = "m" }}
free_speed_kmh = {{ column = "free_speed", unit = "km/h" }}
lanes = "lanes"
capacity_veh_h = {{ column = "capacity", unit = "veh/h" }}
detector_id = "detector_id"
district_id = "zone_id"
"""

_OTHERS = """
[[feed]]
name = "complaints"
contract = "ComplaintEvents"
path = "complaints.csv"
crs = "GCJ-02"
delay = "1h"
[feed.columns]
complaint_id = "工单编号"
event = {{ column = "环节", map = {events} }}
at = {{ column = "时间", formats = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S"] }}
category = {{ column = "类别", map = {categories} }}
district_id = "行政区"
lon = "经度"
lat = "纬度"
text = "诉求内容"
department = {{ column = "承办部门", map = {departments} }}
priority = {{ column = "紧急程度", map = {priorities} }}

[[feed]]
name = "weather"
contract = "WeatherObserved"
path = "weather.csv"
district = "*"
delay = "30min"
[feed.columns]
at = "时间 time"
temperature_c = {{ column = "气温 temperature", unit = "degree C" }}
rain_mm = {{ column = "降水 rain", unit = "mm" }}

[[feed]]
name = "weather forecast"
contract = "WeatherForecasts"
path = "weather_forecast.csv"
district = "*"
delay = "0s"
[feed.columns]
issued_at = "发布时间 issued"
valid_at = "预报时间 valid"
temperature_c = {{ column = "气温 temperature", unit = "degree C" }}
rain_mm = {{ column = "降水 rain", unit = "mm" }}

[[feed]]
name = "calendar"
contract = "CalendarDays"
path = "calendar.csv"
district = "*"
[feed.columns]
day = "日期 date"
day_type = {{ column = "类型 type", map = {days} }}
holiday = "节日 holiday"
spring_festival_days = "距春节天数 days_from_spring_festival"
known_at = "公布日期 announced"
"""
