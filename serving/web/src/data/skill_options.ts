/** The charts of skill, as ECharts takes them: pure, so that what is drawn can be tested without drawing. */
import type { EChartsOption } from "echarts";
import { t } from "../shell/words";
import { NEAR, type SkillDay, type SkillQuantity, WANTED } from "./skill_words";

const GRID = { left: 56, right: 24, top: 36, bottom: 30 };
const GOOD = "#0b7a5d";
const SIMPLE = "#7a6aa8";
const BAD = "#b3382f";

interface Mark {
  name: string;
  yAxis: number;
  color: string;
  atEnd?: boolean;
}

function lines(marks: readonly Mark[]) {
  return {
    silent: true,
    symbol: "none",
    data: marks.map((one) => ({
      name: one.name,
      yAxis: one.yAxis,
      lineStyle: { color: one.color, type: "dashed" as const },
      label: { formatter: one.name, position: one.atEnd ? ("insideEndBottom" as const) : ("insideStartBottom" as const), color: one.color },
    })),
  };
}

/** The loss of each day by that of the gate; without one the loss itself, beside what the simple forecast lost. */
export function lossOption(quantity: SkillQuantity, days: readonly SkillDay[]): EChartsOption {
  const gate = quantity.gate_loss;
  const scale = gate ?? 1;
  const marks: Mark[] = [];
  if (gate !== null) {
    marks.push({ name: t("as judged on the gate", "评审时水平"), yAxis: 1, color: GOOD });
    marks.push({ name: t("the watch warns", "监测告警线"), yAxis: quantity.grew_at, color: BAD });
  }
  if (quantity.simple_to_gate !== null) {
    const name = t("best simple forecast on the gate", "评审时最佳简单预测");
    marks.push({ name, yAxis: quantity.simple_to_gate, color: SIMPLE, atEnd: true });
  }
  const simple = days.map((one) => (one.simple_loss === null ? null : round(one.simple_loss / scale)));
  const hasSimple = simple.some((one) => one !== null);
  return {
    grid: GRID,
    legend: { top: 0 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: days.map((one) => one.day.slice(5)) },
    yAxis: { type: "value", min: 0, max: (value: { max: number }) => roof(Math.max(value.max, ...marks.map((one) => one.yAxis))) },
    series: [
      {
        name: t("champion", "在用模型"),
        type: "line",
        data: days.map((one) => round(one.loss / scale)),
        itemStyle: { color: GOOD },
        lineStyle: { width: 3 },
        markLine: lines(marks),
      },
      ...(hasSimple
        ? [
            {
              name: t("same weekdays (simple)", "同星期均值（简单）"),
              type: "line" as const,
              data: simple,
              itemStyle: { color: SIMPLE },
              symbol: "triangle",
            },
          ]
        : []),
    ],
  };
}

/** The share of truths from p10 to p90, and on which side the others lay. */
export function coverageOption(days: readonly SkillDay[]): EChartsOption {
  const share = (of: (one: SkillDay) => number) => days.map((one) => round(of(one) * 100));
  return {
    grid: GRID,
    legend: { top: 0 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: days.map((one) => one.day.slice(5)) },
    yAxis: { type: "value", min: 0, max: 100 },
    series: [
      {
        name: t("from p10 to p90, %", "p10–p90 内，%"),
        type: "line",
        data: share((one) => one.coverage),
        itemStyle: { color: GOOD },
        lineStyle: { width: 3 },
        markArea: {
          silent: true,
          itemStyle: { color: "rgba(11,122,93,0.15)" },
          data: [[{ yAxis: (WANTED - NEAR) * 100 }, { yAxis: (WANTED + NEAR) * 100 }]],
        },
      },
      { name: t("below p10, %", "低于 p10，%"), type: "bar", stack: "out", data: share((one) => one.below), itemStyle: { color: SIMPLE } },
      { name: t("above p90, %", "高于 p90，%"), type: "bar", stack: "out", data: share((one) => one.above), itemStyle: { color: "#c98a1b" } },
    ],
  };
}

/** A little above, at a round number. */
function roof(value: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return round((Math.floor((value * 5) / step) + 1) * (step / 5));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
