"""What the citizens' hotline, the weather office and the calendar hand over: CSV files."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from features.sources.coordinates import wgs84_to_gcj02
from features.sources.synthetic.days import day_kind, days_between
from features.sources.synthetic.traffic_files import write_csv

EVENT_WORDS = {"opened": "受理", "closed": "办结"}
CATEGORY_WORDS = {"waste": "市容环卫", "traffic": "交通拥堵", "noise": "噪声扰民", "greening": "园林绿化"}
DEPARTMENT_WORDS = {
    "sanitation": "环卫所",
    "urban_management": "城管局",
    "traffic_police": "交警大队",
    "public_works": "市政处",
    "environment": "生态环境局",
    "greening": "园林局",
    "police": "公安局",
}
PRIORITY_WORDS = {"urgent": "紧急", "normal": "一般", "low": "不急"}
DAY_WORDS = {"workday": "工作日", "weekend": "周末", "holiday": "节假日", "adjusted_workday": "调休上班"}
_DAY_FORMAT = "%Y-%m-%d"
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def in_hotline_coordinates(events: pl.DataFrame) -> pl.DataFrame:
    """The hotline's map is GCJ-02; its times are texts."""
    lon, lat = wgs84_to_gcj02(events["lon"].to_numpy().astype(np.float64), events["lat"].to_numpy().astype(np.float64))
    return events.with_columns(
        lon=pl.Series(lon).round(6), lat=pl.Series(lat).round(6), time=pl.col("at").dt.strftime(_TIME_FORMAT)
    )


def write_complaints(path: Path, events: pl.DataFrame) -> None:
    """The department that has it: at first where it was sent, at the end who closed it."""
    closed = pl.col("event") == "closed"
    department = pl.when(closed).then("last_department").otherwise("first_department")
    priority = pl.when(closed).then("priority").otherwise("first_priority")
    rows = events.select(
        "complaint_id",
        pl.col("event").replace_strict(EVENT_WORDS),
        "time",
        pl.col("category").replace_strict(CATEGORY_WORDS),
        "district_id",
        "lon",
        "lat",
        "text",
        department=department.replace_strict(DEPARTMENT_WORDS),
        priority=priority.replace_strict(PRIORITY_WORDS),
    )
    header = ("工单编号", "环节", "时间", "类别", "行政区", "经度", "纬度", "诉求内容", "承办部门", "紧急程度")
    write_csv(path, header, rows.iter_rows())


def write_weather(observed: Path, forecast: Path, hours: pl.DataFrame, issues: pl.DataFrame) -> None:
    rows = hours.select(pl.col("at").dt.strftime(_TIME_FORMAT), "temperature_c", "rain_mm")
    write_csv(observed, ("时间 time", "气温 temperature", "降水 rain"), rows.iter_rows())
    rows = issues.select(
        pl.col("issued_at").dt.strftime(_TIME_FORMAT),
        pl.col("valid_at").dt.strftime(_TIME_FORMAT),
        "temperature_c",
        "rain_mm",
    )
    write_csv(forecast, ("发布时间 issued", "预报时间 valid", "气温 temperature", "降水 rain"), rows.iter_rows())


def write_calendar(path: Path, first: date, last: date) -> None:
    rows = []
    for day in days_between(first, last):
        kind = day_kind(day)
        days = "" if kind.spring_festival_days is None else kind.spring_festival_days
        rows.append((day.strftime(_DAY_FORMAT), DAY_WORDS[kind.day_type], kind.holiday or "", days, kind.announced))
    write_csv(
        path,
        ("日期 date", "类型 type", "节日 holiday", "距春节天数 days_from_spring_festival", "公布日期 announced"),
        rows,
    )
