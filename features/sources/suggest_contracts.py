"""What the columns of each contract would be called in a department's file."""

from features.sources.suggest_fields import DETECTOR, DISTRICT, LAT, LON, POINT, STREAM, TRUCK, Field, Holds, Subject
from features.sources.suggest_recorded import RECORDED

CONTRACTS = (
    Subject(
        name="TrafficCounts",
        told_by=r"count|volume|traffic|detector|verkehr|zähl|流量",
        fields=(
            DETECTOR,
            Field(
                name="start_at", called=r"time|date|zeit|datum|时间|日期|时刻|^t$|^ts$", holds=Holds.TIME, needed=True
            ),
            Field(
                name="flow_veh_h",
                called=r"veh|count|^cnt$|volume|flow|anzahl|menge|kfz|流量|车流|过车|^q$|^n$|^vol",
                holds=Holds.NUMBER,
                needed=True,
            ),
            Field(name="speed_kmh", called=r"speed|geschw|tempo|速度|车速|^v$|kmh|mph", holds=Holds.NUMBER),
            Field(name="occupancy", called=r"\bocc|occupancy|belegung|占有率", holds=Holds.NUMBER),
            DISTRICT,
        ),
    ),
    Subject(
        name="Detectors",
        told_by=r"detectors?$|sensors?$|standorte",
        fields=(
            DETECTOR,
            Field(
                name="lanes",
                called=r"lanes|spuren|fahrstreifen|车道",
                holds=Holds.NUMBER,
                needed=True,
                ask="1",
                decide="how many lanes a detector covers",
            ),
            LON,
            LAT,
            Field(name="junction_id", called=r"junction|crossing|intersection|knoten|路口", holds=Holds.ID),
            Field(name="approach", called=r"approach|\barm\b|zufahrt|进口", holds=Holds.ID),
            DISTRICT,
        ),
    ),
    Subject(
        name="BinReadings",
        told_by=r"fill|level|visit|füll|满溢|收运|bins?$",
        fields=(
            POINT,
            STREAM,
            Field(
                name="read_at", called=r"time|date|zeit|datum|read|visit|时间|日期|fecha", holds=Holds.TIME, needed=True
            ),
            Field(
                name="fill_level",
                called=r"fill|full|level|füll|fuell|满溢|满载|llenado|auslast|^%",
                holds=Holds.NUMBER,
                needed=True,
            ),
            Field(
                name="emptied",
                called=r"empti|geleert|leerung|清空|清运",
                holds=Holds.WORDS,
                needed=True,
                ask="false",
                decide="true if every row is a visit at which the bins were emptied",
            ),
            Field(name="bins", called=r"^bins|# ?bins|桶数|bin count", holds=Holds.NUMBER),
            Field(name="ticket_id", called=r"ticket|schein|磅单", holds=Holds.ID),
            DISTRICT,
        ),
    ),
    Subject(
        name="Weighings",
        told_by=r"weigh|ticket|tonn|waage|过磅|称重",
        fields=(
            Field(
                name="ticket_id",
                called=r"ticket|schein|磅单|票号|receipt",
                holds=Holds.ID,
                needed=True,
                ask='"?"',
                decide="which column names each weighing; none is called so",
            ),
            TRUCK,
            Field(
                name="site_id",
                called=r"site|facility|landfill|anlage|deponie|地点|处置|dropoff",
                holds=Holds.ID,
                needed=True,
                ask='{ value = "?" }',
                decide="which disposal site",
            ),
            STREAM,
            Field(name="weighed_at", called=r"time|date|zeit|datum|时间|日期", holds=Holds.TIME, needed=True),
            Field(
                name="service_date",
                called=r"service.?date|schicht|作业日期|shift",
                holds=Holds.TIME,
                needed=True,
                ask='"?"',
                decide="the day on which the shift began",
            ),
            Field(name="net_kg", called=r"net|netto|weight|gewicht|净重|load", holds=Holds.NUMBER, needed=True),
            DISTRICT,
        ),
    ),
    *RECORDED,
    Subject(
        name="ComplaintEvents",
        told_by=r"complaint|311|beschwerde|meldung|投诉|工单|12345",
        fields=(
            Field(
                name="complaint_id",
                called=r"unique key|request|complaint.?(id|no|num)|case|工单|编号|meldung|vorgang|ticket",
                holds=Holds.ID,
                needed=True,
            ),
            Field(
                name="at",
                called=r"creat|open|receiv|eingang|受理|来电|requested",
                loosely=r"time|date|report|时间|日期",
                holds=Holds.TIME,
                needed=True,
            ),
            Field(
                name="category",
                called=r"complaint type|categor|^type|kategorie|类别|类型|service.?name|subject|betreff",
                holds=Holds.WORDS,
                needed=True,
                ask='{ value = "?" }',
                decide="which of the city's categories these are, such as waste or traffic",
            ),
            Field(name="event", called=r"event|环节|vorgangsart|action|step", holds=Holds.WORDS),
            LON,
            LAT,
            Field(
                name="text",
                called=r"(?<!resolution )description|内容|text|beschreib|诉求",
                loosely=r"descriptor|comment",
                holds=Holds.TEXT,
            ),
            DISTRICT,
        ),
    ),
    Subject(
        name="ComplaintCounts",
        told_by=r"complaint|dump|311|daily|投诉",
        fields=(
            Field(name="day", called=r"day|date|datum|tag|日期", holds=Holds.TIME, needed=True),
            Field(
                name="reports", called=r"count|cnt|report|number|anzahl|数量|^n$|total", holds=Holds.NUMBER, needed=True
            ),
            Field(
                name="category",
                called=r"categor|type|kategorie|类别",
                holds=Holds.WORDS,
                needed=True,
                ask='{ value = "?" }',
                decide="which of the city's categories is counted, such as waste",
            ),
            Field(
                name="district_key",
                called=DISTRICT.called,
                holds=Holds.WORDS,
                needed=True,
                ask='{ value = "city" }',
                decide="the id of the district that is counted",
            ),
        ),
    ),
    Subject(
        name="WeatherForecasts",
        told_by=r"forecast|prognose|预报",
        fields=(
            Field(name="issued_at", called=r"issue|run|base|发布|起报|init", holds=Holds.TIME, needed=True),
            Field(name="valid_at", called=r"valid|time|target|时间|预报", holds=Holds.TIME, needed=True),
            Field(name="temperature_c", called=r"temp|气温|温度|t2m", holds=Holds.NUMBER, needed=True),
            Field(name="rain_mm", called=r"rain|precip|niederschlag|降水|降雨|雨量", holds=Holds.NUMBER, needed=True),
        ),
    ),
    Subject(
        name="WeatherObserved",
        told_by=r"weather|wetter|天气|气象",
        fields=(
            Field(name="at", called=r"time|date|zeit|datum|时间|日期", holds=Holds.TIME, needed=True),
            Field(name="temperature_c", called=r"temp|气温|温度|t2m", holds=Holds.NUMBER, needed=True),
            Field(name="rain_mm", called=r"rain|precip|niederschlag|降水|降雨|雨量", holds=Holds.NUMBER, needed=True),
        ),
    ),
    Subject(
        name="CalendarDays",
        told_by=r"calendar|kalender|日历|holiday",
        fields=(
            Field(name="day", called=r"day|date|datum|日期", holds=Holds.TIME, needed=True),
            Field(name="day_type", called=r"day.?type|kind|类型|tagesart", holds=Holds.WORDS, needed=True),
            Field(name="holiday", called=r"holiday|feiertag|节日|节假日", holds=Holds.WORDS),
            Field(name="spring_festival_days", called=r"spring|春节", holds=Holds.NUMBER),
        ),
    ),
    Subject(
        name="Nodes",
        told_by=r"nodes?$|knoten",
        fields=(
            Field(name="node_id", called=r"^node.?id", holds=Holds.ID, needed=True),
            Field(name="lon", called=LON.called, holds=Holds.NUMBER, needed=True),
            Field(name="lat", called=LAT.called, holds=Holds.NUMBER, needed=True),
            DISTRICT,
        ),
    ),
    Subject(
        name="Links",
        told_by=r"links?$|edges?$|strecken",
        fields=(
            Field(name="link_id", called=r"^link.?id|edge.?id", holds=Holds.ID, needed=True),
            Field(name="from_node_id", called=r"from.?node|^source|^u$", holds=Holds.ID, needed=True),
            Field(name="to_node_id", called=r"to.?node|^target|^v$", holds=Holds.ID, needed=True),
            Field(name="length_m", called=r"length|länge|laenge|长度", holds=Holds.NUMBER, needed=True),
            Field(name="free_speed_kmh", called=r"free.?speed|maxspeed|speed|限速", holds=Holds.NUMBER, needed=True),
            Field(
                name="lanes",
                called=r"lanes|spuren|车道",
                holds=Holds.NUMBER,
                needed=True,
                ask="1",
                decide="how many lanes",
            ),
            Field(name="capacity_veh_h", called=r"capacity|kapazität|通行能力", holds=Holds.NUMBER),
            Field(name="detector_id", called=r"detector", holds=Holds.ID),
            DISTRICT,
        ),
    ),
)
