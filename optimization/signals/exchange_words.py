"""The names that controllers' standards give to our tables and columns.

NTCIP 1202 is ring-based: each stage becomes a phase of ring 1, each signal group an overlap of the phases in which it
is green, times stay whole seconds. What those objects cannot hold has columns and tables of our own (`x_...`).
GB/T 20999-2017 is stage-based as we are. The names are the standards' terms; the files are tables for people
and for import tools, not messages of either protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from city.errors import BrokenRuleError, InvalidValueError, UnreadableInputError
from optimization.signals.exchange_tables import COLUMNS, Cell, Table, Tables, is_whole

MOST_PHASES: Final = 16
MOST_OVERLAPS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`columns` per table of ours, in its order of columns."""

    name: str
    tables: Mapping[str, str]
    columns: Mapping[str, tuple[str, ...]]


NTCIP: Final = Vocabulary(
    name="NTCIP 1202",
    tables={
        "junction": "x_controller",
        "signal_group": "overlapTable",
        "stage": "phaseTable",
        "intergreen": "x_intergreen",
        "stage_chain": "sequenceTable",
        "plan": "patternTable",
        "split": "splitTable",
        "green": "x_green",
        "day_plan": "timeBaseDayPlanTable",
        "schedule": "timeBaseScheduleTable",
        "transition_split": "x_transitionSplit",
        "transition_green": "x_transitionGreen",
        "stage_actuation": "x_patternPhaseTable",
        "jump": "x_omittedPhases",
        "walk": "x_patternWalk",
        "extension_detector": "x_extensionDetector",
    },
    columns={
        "junction": ("x_controllerId", "x_district", "x_name"),
        "signal_group": (
            "x_controllerId", "overlapNumber", "x_name", "x_kind", "x_minimumGreen", "x_maximumGreen", "x_yellow",
            "x_redAmber", "x_greenFlash", "overlapIncludedPhases",
        ),
        "stage": ("x_controllerId", "phaseNumber", "x_name", "x_overlaps", "x_protectedLeft"),
        "intergreen": ("x_controllerId", "x_fromOverlap", "x_toOverlap", "x_intergreen"),
        "stage_chain": ("x_controllerId", "sequenceNumber", "sequenceRingNumber", "sequenceData"),
        "plan": (
            "x_controllerId", "patternNumber", "patternCycleTime", "patternOffsetTime", "x_offsetReference",
            "x_coordinatedPhase", "patternSequenceNumber", "patternSplitNumber",
        ),
        "split": ("x_controllerId", "splitNumber", "splitPhase", "splitTime"),
        "green": ("x_controllerId", "patternNumber", "overlapNumber", "x_start", "x_end"),
        "day_plan": (
            "x_controllerId", "dayPlanNumber", "dayPlanEventNumber", "dayPlanHour", "dayPlanMinute", "x_second",
            "timebaseAscPattern", "x_coordCorrectionMode",
        ),
        "schedule": ("x_controllerId", "timeBaseScheduleNumber", "x_date", "x_dayKind", "timeBaseScheduleDayPlan"),
        "transition_split": (
            "x_controllerId", "dayPlanNumber", "dayPlanEventNumber", "x_step", "splitPhase", "splitTime",
        ),
        "transition_green": (
            "x_controllerId", "dayPlanNumber", "dayPlanEventNumber", "x_step", "overlapNumber", "x_start", "x_end",
        ),
        "stage_actuation": (
            "x_controllerId", "patternNumber", "phaseNumber", "x_minimumSplit", "x_maximumSplit", "phaseMinimumGreen",
            "phaseMaximum1", "phasePassage", "x_forceOff", "x_recall", "x_callAfter",
        ),
        "jump": ("x_controllerId", "patternNumber", "x_fromPhase", "x_toPhase", "x_overlapLeads"),
        "walk": ("x_controllerId", "patternNumber", "overlapNumber", "phaseWalk"),
        "extension_detector": ("x_controllerId", "patternNumber", "x_movement", "x_beforeLine"),
    },
)  # fmt: skip
GB_T_20999: Final = Vocabulary(
    name="GB/T 20999-2017",
    tables={
        "junction": "路口",
        "signal_group": "相位",
        "stage": "相位阶段",
        "intergreen": "相位绿间隔",
        "stage_chain": "阶段链",
        "plan": "方案",
        "split": "阶段时长",
        "green": "相位绿灯",
        "day_plan": "日计划",
        "schedule": "调度表",
        "transition_split": "过渡阶段时长",
        "transition_green": "过渡相位绿灯",
        "stage_actuation": "阶段感应参数",
        "jump": "阶段跳转",
        "walk": "行人放行",
        "extension_detector": "感应检测器",
    },
    columns={
        "junction": ("路口编号", "辖区", "名称"),
        "signal_group": (
            "路口编号", "相位编号", "相位名称", "类型", "最小绿(秒)", "最大绿(秒)", "黄灯(秒)", "红黄(秒)", "绿闪(秒)",
            "所在阶段",
        ),
        "stage": ("路口编号", "阶段编号", "阶段名称", "放行相位", "左转保护"),
        "intergreen": ("路口编号", "结束相位", "开始相位", "绿间隔(秒)"),
        "stage_chain": ("路口编号", "阶段链编号", "环编号", "阶段顺序"),
        "plan": (
            "路口编号", "方案编号", "周期(秒)", "相位差(秒)", "相位差基准", "协调阶段", "阶段链编号", "时长编号",
        ),
        "split": ("路口编号", "时长编号", "阶段编号", "阶段时长(秒)"),
        "green": ("路口编号", "方案编号", "相位编号", "绿灯开始(秒)", "绿灯结束(秒)"),
        "day_plan": ("路口编号", "日计划编号", "时段编号", "时", "分", "秒", "方案编号", "过渡方式"),
        "schedule": ("路口编号", "调度编号", "日期", "日期类型", "日计划编号"),
        "transition_split": ("路口编号", "日计划编号", "时段编号", "过渡周期序号", "阶段编号", "阶段时长(秒)"),
        "transition_green": (
            "路口编号", "日计划编号", "时段编号", "过渡周期序号", "相位编号", "绿灯开始(秒)", "绿灯结束(秒)",
        ),
        "stage_actuation": (
            "路口编号", "方案编号", "阶段编号", "最短时长(秒)", "最长时长(秒)", "最小绿(秒)", "最大绿(秒)",
            "单位延长绿(0.1秒)", "强制结束点(秒)", "最低请求", "无请求放行(秒)",
        ),
        "jump": ("路口编号", "方案编号", "前阶段", "后阶段", "相位提前结束(秒)"),
        "walk": ("路口编号", "方案编号", "相位编号", "行人放行(秒)"),
        "extension_detector": ("路口编号", "方案编号", "流向", "距停车线(米)"),
    },
)  # fmt: skip
VOCABULARIES: Final = {"ntcip": NTCIP, "gbt20999": GB_T_20999}


def said_in(tables: Tables, words: Vocabulary) -> Tables:
    """The same tables under the vocabulary's names. Raises BrokenRuleError for what its objects cannot hold."""
    if words is NTCIP:
        _refuse_what_ntcip_cannot_hold(tables)
    renamed = tuple(replace(t, name=words.tables[t.name], columns=words.columns[t.name]) for t in tables.tables)
    return Tables(about=(("vocabulary", words.name), *tables.about), tables=renamed)


def understood(tables: Tables, words: Vocabulary) -> Tables:
    """Our tables from the vocabulary's. Raises UnreadableInputError for tables or columns that are missing."""
    found = {table.name: table for table in tables.tables}
    ours = []
    for name, foreign in words.tables.items():
        if foreign not in found:
            raise UnreadableInputError(source=words.name, problem=f"table {foreign} is missing")
        absent = [c for c in words.columns[name] if c not in found[foreign].columns]
        if absent:
            raise UnreadableInputError(source=words.name, problem=f"table {foreign} lacks {', '.join(absent)}")
        order = [found[foreign].columns.index(column) for column in words.columns[name]]
        columns = COLUMNS[name]
        rows = tuple(
            tuple(_typed(row[k], column, foreign) for k, column in zip(order, columns, strict=True))
            for row in found[foreign].rows
        )
        ours.append(Table(name=name, columns=columns, rows=rows))
    return Tables(about=tables.about, tables=tuple(ours))


def _typed(cell: Cell, column: str, table: str) -> Cell:
    if not is_whole(column):
        return "" if cell is None else str(cell)
    if cell is None or cell == "":
        return None
    try:
        return int(cell)
    except ValueError:
        raise UnreadableInputError(source=table, problem=f"{cell!r} is no whole number ({column})") from None


def vocabulary(name: str) -> Vocabulary:
    if name not in VOCABULARIES:
        raise InvalidValueError(
            subject="Export", field="vocabulary", found=name, expected=f"one of {', '.join(VOCABULARIES)}"
        )
    return VOCABULARIES[name]


def _refuse_what_ntcip_cannot_hold(tables: Tables) -> None:
    for table, column, most, what in (
        ("stage", "stage_no", MOST_PHASES, "phases"),
        ("signal_group", "group_no", MOST_OVERLAPS, "overlaps"),
    ):
        for row in tables.rows(table):
            if int(row[column] or 0) > most:
                raise BrokenRuleError(
                    subject=f"Junction {row['junction_id']}",
                    problem=f"it needs {row[column]} {what}, NTCIP 1202 controllers hold {most}",
                    todo="Export it in another vocabulary.",
                )
    for row in tables.rows("day_plan"):
        if row["second"]:
            raise BrokenRuleError(
                subject=f"Junction {row['junction_id']}",
                problem=f"its day plan changes at second {row['second']} of a minute, NTCIP knows hours and minutes",
            )
