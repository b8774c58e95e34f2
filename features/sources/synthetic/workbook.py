"""What the sanitation department hands over: one Excel workbook, its headers in Chinese and English."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import xlsxwriter

from city.errors import BrokenRuleError
from city.waste import ALL_DAY, ServiceKind, SiteKind, Stream, TimeWindow
from features.sources.synthetic.world import World

STREAM_WORDS = {Stream.RESIDUAL: "其他垃圾", Stream.KITCHEN: "厨余垃圾", Stream.RECYCLABLE: "可回收物"}
RULE_WORDS = {ServiceKind.DAILY: "日产日清", ServiceKind.BY_FILL: "按满溢"}
SITE_WORDS = {SiteKind.TRANSFER_STATION: "中转站", SiteKind.DISPOSAL: "处置场"}
POINTS, FLEET, DEPOTS, SITES = "收集点 Points", "车辆班次 Trucks and shifts", "停车场 Depots", "处置场 Sites"
WEIGHINGS, LEVELS, VISITS = "过磅 Weighings", "满溢 Bin levels", "收运 Visits"
WEIGHINGS_HEADER_ROW = 4  # its title and the printing date stand above
_EXCEL_ROWS = 1_048_576
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

Row = Sequence[object]


def write_workbook(
    path: Path, world: World, *, tickets: pl.DataFrame, levels: pl.DataFrame, visits: pl.DataFrame, printed: datetime
) -> None:
    """`levels` with percent, `tickets` with gross_kg, tare_kg and net_kg. Times are city time without zone."""
    options = {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": "环卫台账", "created": printed.replace(tzinfo=UTC)})
        _sheet(book, POINTS, _POINT_HEADER, _point_rows(world))
        _sheet(book, FLEET, _TRUCK_HEADER, _truck_rows(world))
        _sheet(book, DEPOTS, _PLACE_HEADER, ((d.depot_id, d.district_id, d.lon, d.lat) for d in world.fleet.depots))
        _sheet(book, SITES, _SITE_HEADER, _site_rows(world))
        title: list[Row] = [("称重记录 Weighbridge records",), (f"打印日期 Printed {printed:%Y-%m-%d}",), ()]
        _sheet(book, WEIGHINGS, _WEIGHING_HEADER, _in_words(tickets, _WEIGHING_COLUMNS), above=title)
        _sheet(book, LEVELS, _LEVEL_HEADER, _in_words(levels, _LEVEL_COLUMNS))
        _sheet(book, VISITS, _VISIT_HEADER, _in_words(visits, _VISIT_COLUMNS))


def _sheet(
    book: xlsxwriter.Workbook, name: str, header: Row, rows: Iterable[Row], *, above: Sequence[Row] = ()
) -> None:
    sheet = book.add_worksheet(name)
    number = 0
    for number, row in enumerate((*above, header, *rows)):
        if number >= _EXCEL_ROWS:
            raise BrokenRuleError(
                subject=f"Demo workbook, sheet {name}",
                problem=f"it needs more than the {_EXCEL_ROWS:,} rows that Excel holds",
                todo="Build a smaller city or fewer days.",
            )
        sheet.write_row(number, 0, row)


_POINT_HEADER = (
    "点位编号 Point", "品类 Stream", "行政区 District", "经度 Lon", "纬度 Lat", "容积 m3", "容重 kg/m3",
    "作业时长 s", "收运规则 Rule", "时间窗 Windows", "原车辆 Usual truck",
)  # fmt: skip


def _point_rows(world: World) -> Iterable[Row]:
    usual = _usual_trucks(world)
    for number, point in enumerate(world.points.points):
        yield (
            point.point_id,
            STREAM_WORDS[point.stream],
            point.district_id,
            point.lon,
            point.lat,
            point.capacity_m3,
            point.density_kg_m3,
            point.service_s,
            RULE_WORDS[point.rule.kind],
            "" if point.windows == (ALL_DAY,) else _windows(point.windows),
            usual.get(number, ""),
        )


def _usual_trucks(world: World) -> dict[int, str]:
    return {number: beat.truck.truck_id for beats in world.rounds.by_weekday for beat in beats for number in beat.stops}


def _windows(windows: tuple[TimeWindow, ...]) -> str:
    return ";".join(f"{_clock(window.start_s)}-{_clock(window.end_s)}" for window in windows)


def _clock(second: int) -> str:
    """Hours count on after midnight: 30:00 is six in the morning of the day after."""
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


_TRUCK_HEADER = (
    "车号 Truck", "服务区 Districts", "停车场 Depot", "品类 Stream", "载重 kg", "车厢 m3", "压缩比 Ratio",
    "上班 Start", "下班 End", "加班上限 min", "休息 min", "休息时段 Break window", "车高 m", "整备质量 t",
    "元/km", "元/h", "元/天", "行驶系数 Speed factor",
)  # fmt: skip


def _truck_rows(world: World) -> Iterable[Row]:
    for truck in world.fleet.trucks:
        body, shift = truck.compartments[0], truck.shift
        yield (
            truck.truck_id,
            ";".join(truck.district_ids),
            truck.depot_id,
            ";".join(STREAM_WORDS[stream] for stream in body.streams),
            truck.payload_kg,
            body.body_m3,
            body.compaction_ratio,
            _clock(shift.start_s),
            _clock(shift.end_s),
            shift.max_overtime_s // 60,
            shift.break_s // 60,
            _windows((shift.break_window,)) if shift.break_window else "",
            truck.height_m,
            truck.empty_weight_kg / 1000,
            truck.cost_per_km,
            truck.cost_per_h,
            truck.cost_per_day,
            truck.speed_factor,
        )


_PLACE_HEADER = ("编号 Depot", "行政区 District", "经度 Lon", "纬度 Lat")
_SITE_HEADER = (
    "编号 Site", "类型 Kind", "行政区 District", "经度 Lon", "纬度 Lat", "接收品类 Streams", "开放时间 Hours",
    "卸料 s", "排队 s (0-23时)", "日上限 t", "处理能力 kg/h",
)  # fmt: skip


def _site_rows(world: World) -> Iterable[Row]:
    for site in world.fleet.sites:
        yield (
            site.site_id,
            SITE_WORDS[site.kind],
            site.district_id,
            site.lon,
            site.lat,
            ";".join(STREAM_WORDS[stream] for stream in site.streams),
            _windows(site.windows),
            site.tip_s,
            ";".join(str(seconds) for seconds in site.queue_s),
            "" if site.daily_cap_kg is None else site.daily_cap_kg / 1000,
            "" if site.throughput_kg_h is None else site.throughput_kg_h,
        )


_WEIGHING_HEADER = (
    "磅单号 Ticket", "车号 Truck", "地点 Site", "行政区 District", "品类 Stream", "时间 Time", "作业日期 Service date",
    "毛重 Gross kg", "皮重 Tare kg", "净重 Net kg",
)  # fmt: skip
_WEIGHING_COLUMNS = (
    "ticket_id", "truck_id", "site_id", "district_id", "stream", "weighed_at", "service_date", "gross_kg", "tare_kg",
    "net_kg",
)  # fmt: skip
_LEVEL_HEADER = ("点位编号 Point", "品类 Stream", "行政区 District", "时间 Time", "满溢率 %")
_LEVEL_COLUMNS = ("point_id", "stream", "district_id", "read_at", "percent")
_VISIT_HEADER = (
    "点位编号 Point", "品类 Stream", "行政区 District", "时间 Time", "满溢 Fill (1 = full)", "桶数 Bins",
    "磅单号 Ticket",
)  # fmt: skip
_VISIT_COLUMNS = ("point_id", "stream", "district_id", "read_at", "fill_level", "bins", "ticket_id")


def _in_words(frame: pl.DataFrame, columns: Sequence[str]) -> Iterable[Row]:
    """Times as texts, streams in the department's words, empty cells as empty texts."""
    words = {stream.value: word for stream, word in STREAM_WORDS.items()}
    spoken = frame.select(columns).with_columns(
        pl.col("stream").replace_strict(words),
        pl.col(pl.Datetime).dt.strftime(_TIME_FORMAT),
        pl.col(pl.Date).cast(pl.String),
    )
    return spoken.with_columns(pl.col(pl.String).fill_null("")).iter_rows()
