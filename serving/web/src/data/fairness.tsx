/** What each district gets beside how readily it complains, and how far the worst is behind. */
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { type Column, Table } from "../shell/table";
import { dayOf, number, percent, t } from "../shell/words";
import { modelName, quantityName } from "./names";
import { Said } from "../shell/said";

interface District {
  district_id: string;
  completion: number | null;
  overflow_rate: number | null;
  overflow_low: number | null;
  overflow_high: number | null;
  response_median_h: number | null;
  complaints: number;
  propensity: number | null;
  propensity_low: number | null;
  propensity_high: number | null;
  quiet: boolean;
  forecast_errors: [string, number][];
}

interface Gap {
  measure: string;
  unit: string;
  worst: string;
  value: number;
  city: number;
  gap: number;
  beyond_chance: boolean | null;
  quiet: boolean;
}

interface Fairness {
  since: string;
  until: string;
  districts: District[];
  gaps: Gap[];
  notes: string[];
}

const DAYS = [14, 28, 91];

export function FairnessView() {
  const [days, setDays] = useState(28);
  const fairness = useLoad((signal) => get<Fairness>("/v1/fairness", { days }, signal), [days]);
  return (
    <>
      <h2>{t("Fairness between districts", "各区公平性")}</h2>
      <label>
        {t("Of the last", "最近")}{" "}
        <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
          {DAYS.map((one) => (
            <option key={one} value={one}>
              {t(`${one} days`, `${one} 天`)}
            </option>
          ))}
        </select>
      </label>
      <Shown of={fairness}>{(found) => <Found fairness={found} />}</Shown>
    </>
  );
}

function Found(props: { fairness: Fairness }) {
  const { fairness } = props;
  return (
    <>
      <p class="quiet">
        {dayOf(fairness.since)} – {dayOf(fairness.until)}
      </p>
      <h3>{t("Who is worst off", "最差的区")}</h3>
      <Table
        caption={t("Gaps of the worst district", "最差区的差距")}
        columns={GAPS}
        rows={fairness.gaps}
        id={(one) => one.measure}
        empty={t("No gap can be told.", "无法给出差距。")}
      />
      <h3>{t("Every district", "各区")}</h3>
      <Table
        caption={t("Service by district", "各区服务")}
        columns={DISTRICTS}
        rows={fairness.districts}
        id={(one) => one.district_id}
        empty={t("No district.", "没有行政区。")}
      />
      {fairness.notes.map((sentence) => (
        <p key={sentence} class="quiet">
          <Said text={sentence} />
        </p>
      ))}
    </>
  );
}

function measureName(measure: string): string {
  const known: Record<string, string> = {
    collection_completion: t("Visits made", "完成清运"),
    overflow_rate: t("Found overflowing", "满溢率"),
    response_median: t("Response to complaints", "投诉响应"),
  };
  const error = /^error of (.*)$/.exec(measure)?.[1];
  return error === undefined ? (known[measure] ?? measure) : t(`Forecast error: ${forecastName(error)}`, `预测误差：${forecastName(error)}`);
}

/** `congestion flow_veh_h`, as the service joins them. */
function forecastName(joined: string): string {
  const [what = "", quantity = ""] = joined.split(" ");
  return `${modelName(what)} · ${quantityName(quantity)}`;
}

function chance(one: Gap): string {
  if (one.beyond_chance === null) return t("not known", "未知");
  return one.beyond_chance ? t("beyond chance", "超出偶然") : t("may be chance", "可能偶然");
}

const GAPS: Column<Gap>[] = [
  { name: t("Measure", "指标"), cell: (one) => measureName(one.measure), by: (one) => one.measure },
  { name: t("Worst", "最差"), cell: (one) => one.worst, by: (one) => one.worst },
  { name: t("There", "该区"), cell: (one) => number(one.value, 3), by: (one) => one.value, number: true },
  { name: t("City", "全市"), cell: (one) => number(one.city, 3), by: (one) => one.city, number: true },
  { name: t("Gap", "差距"), cell: (one) => number(one.gap, 3), by: (one) => one.gap, number: true },
  { name: t("Unit", "单位"), cell: (one) => one.unit || "–" },
  {
    name: t("Chance?", "是否偶然"),
    cell: (one) => <span class={one.beyond_chance === true ? "badge bad" : "badge quiet"}>{chance(one)}</span>,
    by: chance,
  },
  { name: t("Complains less", "投诉偏少"), cell: (one) => (one.quiet ? t("yes", "是") : "–") },
];

function interval(low: number | null, high: number | null, say: (value: number) => string): string {
  return low === null || high === null ? "" : ` (${say(low)} … ${say(high)})`;
}

const DISTRICTS: Column<District>[] = [
  { name: t("District", "行政区"), cell: (one) => one.district_id, by: (one) => one.district_id },
  { name: t("Visits made", "完成清运"), cell: (one) => percent(one.completion, 1), by: (one) => one.completion ?? 0, number: true },
  {
    name: t("Found overflowing", "满溢率"),
    cell: (one) => percent(one.overflow_rate, 1) + interval(one.overflow_low, one.overflow_high, (value) => percent(value, 1)),
    by: (one) => one.overflow_rate ?? 0,
    number: true,
  },
  { name: t("Response, h (median)", "响应（小时，中位）"), cell: (one) => number(one.response_median_h, 1), by: (one) => one.response_median_h ?? 0, number: true },
  { name: t("Complaints", "投诉"), cell: (one) => number(one.complaints), by: (one) => one.complaints, number: true },
  {
    name: t("Readiness to complain (city: 1)", "投诉倾向（全市为 1）"),
    cell: (one) => number(one.propensity, 2) + interval(one.propensity_low, one.propensity_high, (value) => number(value, 2)),
    by: (one) => one.propensity ?? 1,
    number: true,
  },
  { name: t("Quiet", "偏少投诉"), cell: (one) => (one.quiet ? <span class="badge warn">{t("quiet", "偏少")}</span> : "–"), by: (one) => Number(one.quiet) },
  {
    name: t("Forecast error", "预测误差"),
    cell: (one) => one.forecast_errors.map(([quantity, error]) => `${forecastName(quantity)}: ${number(error, 3)}`).join("; ") || "–",
  },
];
