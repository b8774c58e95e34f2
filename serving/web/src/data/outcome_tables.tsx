/** One kind of one day: forecasts by district and horizon, trucks and districts, or junctions. */
import { useState } from "preact/hooks";
import { type Column, Table } from "../shell/table";
import { dayAndClock, number, percent, t } from "../shell/words";
import { modelName, quantityName } from "./names";
import { Said } from "../shell/said";

interface Line {
  what: string;
  district_id: string;
  quantity: string;
  horizon: string;
  rows: number;
  mae: number;
  bias: number;
  coverage_80: number;
  simple_mae: number | null;
  mae_beside_simple: number | null;
}

interface Stops {
  stops: number;
  done: number;
  skipped: number;
  blocked: number;
  missed: number;
  late_stops: number;
  late_median_s: number | null;
}

interface Truck extends Stops {
  truck_id: string;
  in_order: number | null;
  planned_kg: number;
  weighed_kg: number | null;
}

interface District extends Stops {
  district_id: string;
  emptied: number;
  overflowed: number;
}

interface Junction {
  junction_id: string;
  district_id: string;
  plan_id: string | null;
  slots: number;
  slots_left_out: number;
  largest_x: number | null;
  mean_x: number | null;
  censored_share: number | null;
  promised_delay_s?: number | null;
  counted_delay_s?: number | null;
  fixed_delay_s?: number | null;
}

export interface Outcome {
  day: string;
  kind: string;
  version: number;
  as_of: string;
  plans: string[];
  forecasts: Line[];
  trucks: Truck[];
  districts: District[];
  junctions: Junction[];
  said: string[];
}

export function OutcomeTables(props: { outcome: Outcome }) {
  const { outcome } = props;
  return (
    <>
      <h3>
        {kindName(outcome.kind)}{" "}
        <span class="quiet">
          {t(`version ${outcome.version}, as known at `, `第 ${outcome.version} 版，截至 `)}
          {dayAndClock(outcome.as_of)}
        </span>
      </h3>
      {outcome.kind === "forecasts" && <Lines rows={outcome.forecasts} />}
      {outcome.kind === "routes" && <Routes outcome={outcome} />}
      {outcome.kind === "signals" && <Junctions rows={outcome.junctions} />}
      {outcome.said.map((sentence) => (
        <p key={sentence} class="quiet">
          <Said text={sentence} />
        </p>
      ))}
    </>
  );
}

function kindName(kind: string): string {
  const known: Record<string, string> = {
    forecasts: t("Forecasts", "预测"),
    routes: t("Routes", "路线"),
    signals: t("Signals", "信号"),
  };
  return known[kind] ?? kind;
}

const nothing = () => t("Nothing to compare.", "没有可比较的内容。");

function Lines(props: { rows: Line[] }) {
  const names = [...new Set(props.rows.map(nameOf))];
  const [asked, setAsked] = useState<string>();
  const name = asked !== undefined && names.includes(asked) ? asked : names[0];
  const rows = byHorizon(props.rows.filter((one) => nameOf(one) === name));
  const columns: Column<Line>[] = [
    { name: t("District", "行政区"), cell: (one) => one.district_id, by: (one) => one.district_id },
    { name: t("Horizon", "预见期"), cell: (one) => one.horizon },
    { name: t("Values", "数值"), cell: (one) => number(one.rows), by: (one) => one.rows, number: true },
    { name: t("Mean error", "平均误差"), cell: (one) => number(one.mae, 3), by: (one) => one.mae, number: true },
    { name: t("Too high by", "偏高"), cell: (one) => number(one.bias, 3), by: (one) => one.bias, number: true },
    { name: t("From p10 to p90", "p10–p90 内"), cell: (one) => percent(one.coverage_80, 1), by: (one) => one.coverage_80, number: true },
    { name: t("Simple rule's error", "简单规则误差"), cell: (one) => number(one.simple_mae, 3), by: (one) => one.simple_mae ?? 0, number: true },
  ];
  return (
    <>
      {names.length > 0 && (
        <label>
          {t("What was forecast", "预测对象")}{" "}
          <select value={name} onChange={(event) => setAsked(event.currentTarget.value)}>
            {names.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
      <Table caption={t("Forecasts of the day", "当日预测")} columns={columns} rows={rows} id={(one) => `${one.district_id} ${one.horizon}`} empty={nothing()} />
    </>
  );
}

function nameOf(one: Line): string {
  return `${modelName(one.what)} · ${quantityName(one.quantity)}`;
}

/** 3-6 h comes before 12-24 h. */
export function byHorizon<R extends { district_id: string; horizon: string }>(rows: readonly R[]): R[] {
  const first = (one: R) => Number(/\d+/.exec(one.horizon)?.[0] ?? 0);
  return [...rows].sort((a, b) => a.district_id.localeCompare(b.district_id) || first(a) - first(b));
}

function stops<R extends Stops>(): Column<R>[] {
  return [
    { name: t("Stops", "站点"), cell: (one) => number(one.stops), by: (one) => one.stops, number: true },
    { name: t("Done", "完成"), cell: (one) => number(one.done), by: (one) => one.done, number: true },
    { name: t("Skipped", "跳过"), cell: (one) => number(one.skipped), by: (one) => one.skipped, number: true },
    { name: t("Blocked", "受阻"), cell: (one) => number(one.blocked), by: (one) => one.blocked, number: true },
    { name: t("Missed", "漏收"), cell: (one) => number(one.missed), by: (one) => one.missed, number: true },
    { name: t("Late stops", "晚点站"), cell: (one) => number(one.late_stops), by: (one) => one.late_stops, number: true },
    { name: t("Late, min (median)", "晚点（分，中位）"), cell: (one) => number(one.late_median_s === null ? null : one.late_median_s / 60, 0), by: (one) => one.late_median_s ?? 0, number: true },
  ];
}

function Routes(props: { outcome: Outcome }) {
  const trucks: Column<Truck>[] = [
    { name: t("Truck", "车辆"), cell: (one) => one.truck_id, by: (one) => one.truck_id },
    ...stops<Truck>(),
    { name: t("In the plan's order", "按计划顺序"), cell: (one) => percent(one.in_order), by: (one) => one.in_order ?? 0, number: true },
    { name: t("Planned, kg", "计划（公斤）"), cell: (one) => number(one.planned_kg), by: (one) => one.planned_kg, number: true },
    { name: t("Weighed, kg", "称重（公斤）"), cell: (one) => number(one.weighed_kg), by: (one) => one.weighed_kg ?? 0, number: true },
  ];
  const districts: Column<District>[] = [
    { name: t("District", "行政区"), cell: (one) => one.district_id, by: (one) => one.district_id },
    ...stops<District>(),
    { name: t("Emptied", "清运次数"), cell: (one) => number(one.emptied), by: (one) => one.emptied, number: true },
    { name: t("Found overflowing", "满溢次数"), cell: (one) => number(one.overflowed), by: (one) => one.overflowed, number: true },
  ];
  return (
    <>
      <Table caption={t("Trucks of the day", "当日车辆")} columns={trucks} rows={props.outcome.trucks} id={(one) => one.truck_id} empty={nothing()} />
      <h4>{t("By district", "按行政区")}</h4>
      <Table caption={t("Collection by district", "各区收运")} columns={districts} rows={props.outcome.districts} id={(one) => one.district_id} empty={nothing()} />
    </>
  );
}

function Junctions(props: { rows: Junction[] }) {
  const columns: Column<Junction>[] = [
    { name: t("Junction", "路口"), cell: (one) => one.junction_id, by: (one) => one.junction_id },
    { name: t("District", "行政区"), cell: (one) => one.district_id, by: (one) => one.district_id },
    { name: t("Plan", "方案"), cell: (one) => one.plan_id ?? t("fixed program", "固定方案") },
    { name: t("Quarter hours", "刻钟数"), cell: (one) => number(one.slots), by: (one) => one.slots, number: true },
    { name: t("Left out", "剔除"), cell: (one) => number(one.slots_left_out), by: (one) => one.slots_left_out, number: true },
    { name: t("Largest x", "最大饱和度"), cell: (one) => number(one.largest_x, 2), by: (one) => one.largest_x ?? 0, number: true },
    { name: t("Promised delay, s", "承诺延误（秒）"), cell: (one) => number(one.promised_delay_s, 1), by: (one) => one.promised_delay_s ?? 0, number: true },
    { name: t("From counts, s", "按计数（秒）"), cell: (one) => number(one.counted_delay_s, 1), by: (one) => one.counted_delay_s ?? 0, number: true },
    { name: t("Fixed program, s", "固定方案（秒）"), cell: (one) => number(one.fixed_delay_s, 1), by: (one) => one.fixed_delay_s ?? 0, number: true },
  ];
  return (
    <Table caption={t("Junctions of the day", "当日路口")} columns={columns} rows={props.rows} id={(one) => one.junction_id} empty={nothing()} />
  );
}
