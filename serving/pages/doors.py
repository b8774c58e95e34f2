"""The pages there are, and for whom: a door is shown to whoever has one of its scopes."""

from dataclasses import dataclass
from typing import Final

from city.access import Caller, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """`entry` names the built page behind it."""

    path: str
    entry: str
    name: str
    name_zh: str
    lead: str
    lead_zh: str
    scopes: tuple[Scope, ...]

    def opens_for(self, caller: Caller) -> bool:
        return any(caller.may(scope) for scope in self.scopes)


DOORS: Final = (
    Door(
        path="/traffic",
        entry="traffic",
        name="Traffic centre",
        name_zh="交通中心",
        lead="Congestion through the day, plans that wait for approval, what-if, shadow mode",
        lead_zh="全天拥堵预测、待批方案、假设推演、影子运行",
        scopes=("signals:read",),
    ),
    Door(
        path="/dispatch",
        entry="dispatch",
        name="Dispatch",
        name_zh="环卫调度",
        lead="The day's start, routes on the map, moving stops, re-planning, run sheets, live progress",
        lead_zh="出车准备、路线地图、调整站点、重排、打印、实时进度",
        scopes=("routes:read",),
    ),
    Door(
        path="/data",
        entry="data",
        name="Forecasts and administration",
        name_zh="预测与管理",
        lead="Skill and calibration, drift, champions, feeds and quarantine, warnings, keys, audit",
        lead_zh="预测质量、漂移、模型、数据源与隔离区、告警、密钥、审计",
        scopes=("models:promote", "data:import", "audit:read", "admin"),
    ),
)
BY_PATH: Final = {door.path: door for door in DOORS}


def doors_of(caller: Caller) -> tuple[Door, ...]:
    return tuple(door for door in DOORS if door.opens_for(caller))
