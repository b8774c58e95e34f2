/** What things are called here, in both languages. */
import { t } from "../shell/words";

export const MODELS = ["congestion", "waste", "complaints"] as const;
export type ModelName = (typeof MODELS)[number];

export function modelName(name: string): string {
  const known: Record<string, string> = {
    congestion: t("Congestion", "拥堵"),
    waste: t("Waste", "垃圾量"),
    complaints: t("Complaints", "投诉"),
    triage: t("Complaint triage", "投诉分派"),
  };
  return known[name] ?? name;
}

export function quantityName(quantity: string): string {
  const known: Record<string, string> = {
    flow_veh_h: t("Flow, veh/h", "流量（辆/小时）"),
    speed_kmh: t("Speed, km/h", "速度（公里/小时）"),
    fill: t("Fill of bins, share", "桶满溢度"),
    complaints: t("Complaints a day", "每日投诉数"),
    occupancy: t("Occupancy", "占有率"),
    fill_level: t("Fill readings", "满溢度读数"),
    net_kg: t("Weighings, kg", "称重（公斤）"),
    emptied_bins: t("Bins emptied, fill", "清运量（桶）"),
    trip_kg: t("Trips, kg", "车次（公斤）"),
    reports: t("Complaints counted", "投诉计数"),
  };
  return known[quantity] ?? quantity;
}

export function rungName(rung: string): string {
  const known: Record<string, string> = {
    champion: t("champion", "当选模型"),
    previous_champion: t("former champion", "前任模型"),
    ha_ar1: t("simple: average and last error", "简单模型：均值加近况"),
    profile: t("simple: usual day", "简单模型：常态曲线"),
    seasonal_naive: t("simple: same as last week", "简单模型：同上周"),
  };
  return known[rung] ?? rung;
}

export function stateName(state: string): string {
  const known: Record<string, string> = {
    open: t("open", "待处理"),
    released: t("let in", "已放行"),
    dropped: t("dropped", "已丢弃"),
    replaced: t("replaced", "已替换"),
    valid: t("valid", "有效"),
    expired: t("expired", "已过期"),
    revoked: t("revoked", "已撤销"),
    promoted: t("promoted", "上任"),
    refused: t("refused", "未通过"),
    rolled_back: t("rolled back", "回退"),
    passed: t("passed", "通过"),
  };
  return known[state] ?? state;
}

const DAY_S = 86_400;
const HOUR_S = 3_600;

/** 3 days, 5 h, 12 min: as far as it matters. */
export function age(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds >= 2 * DAY_S) return t(`${Math.round(seconds / DAY_S)} days`, `${Math.round(seconds / DAY_S)} 天`);
  if (seconds >= HOUR_S) return t(`${Math.round(seconds / HOUR_S)} h`, `${Math.round(seconds / HOUR_S)} 小时`);
  return t(`${Math.max(0, Math.round(seconds / 60))} min`, `${Math.max(0, Math.round(seconds / 60))} 分钟`);
}

/** A difference as a share, below 0 is better: 15.1 % better. */
export function against(share: number | undefined): string {
  if (share === undefined || Number.isNaN(share)) return "–";
  const points = (Math.abs(share) * 100).toFixed(1);
  return share <= 0 ? t(`${points} % better`, `好 ${points}%`) : t(`${points} % worse`, `差 ${points}%`);
}
