/** The service's codes in the dispatcher's words. */
import { t } from "../shell/words";

const STREAMS: Record<string, readonly [string, string]> = {
  residual: ["residual", "其他垃圾"],
  kitchen: ["kitchen", "厨余垃圾"],
  recyclable: ["recyclable", "可回收物"],
  paper: ["paper", "纸类"],
  plastic: ["plastic", "塑料"],
  glass: ["glass", "玻璃"],
  hazardous: ["hazardous", "有害垃圾"],
  bulky: ["bulky", "大件垃圾"],
  green: ["green", "绿化垃圾"],
};

const STATUSES: Record<string, readonly [string, string]> = {
  draft: ["draft", "草案"],
  approved: ["approved", "已批准"],
  published: ["published", "已发布"],
  expired: ["expired", "已失效"],
  rolled_back: ["rolled back", "已回退"],
  refused: ["refused", "已否决"],
};

const REASONS: Record<string, readonly [string, string]> = {
  not_due: ["not due today", "今日无需收运"],
  not_worth_it: ["not worth the way today", "今日不值得前往"],
  no_truck_for_stream: ["no truck for the stream", "无可运此类垃圾的车辆"],
  no_site_for_stream: ["no site for the stream", "无可接收此类垃圾的处置点"],
  too_large: ["too large for any truck", "超出任何车辆装载量"],
  window_outside_shifts: ["open outside all shifts", "开放时间在班次之外"],
  no_way: ["no way leads there", "道路不通"],
  access: ["street too small for any truck", "道路限高或限重"],
  no_time: ["no time left", "时间不足"],
  no_capacity: ["no room left", "装载量不足"],
  left_by_hand: ["taken out by hand", "人工移出"],
  audit_dropped: ["drawn for an audit, fits nowhere", "抽检点无法安排"],
};

const RULES: Record<string, readonly [string, string]> = {
  window: ["service hours", "收运时段"],
  payload: ["payload", "载重"],
  volume: ["volume", "容积"],
  load_risk: ["risk of too much load", "超载风险"],
  stream_mix: ["streams mixed", "混装混运"],
  stream_change: ["change of stream", "换装清洗"],
  licence: ["licence of the compartment", "厢体许可"],
  shift: ["shift", "班次"],
  break: ["break", "休息"],
  access: ["street too small", "道路限制"],
  truck: ["truck not available", "车辆不可用"],
  site_hours: ["site hours", "处置点开放时间"],
  site_stream: ["site does not accept it", "处置点不接收"],
  site_cap: ["site is full", "处置点日限量"],
  site_throughput: ["site's hourly limit", "处置点小时限量"],
  max_stops: ["most stops a day", "每日最多站点数"],
  daily_kg: ["most kg a day", "每日最大重量"],
  daily_m3: ["most m³ a day", "每日最大体积"],
  end_loaded: ["home with a load", "载货收车"],
  times_served: ["visits a day", "每日次数"],
  point: ["point", "收运点"],
};

function said(table: Record<string, readonly [string, string]>, code: string): string {
  const found = table[code];
  return found === undefined ? code : t(found[0], found[1]);
}

export const streamText = (code: string) => said(STREAMS, code);
export const statusText = (code: string) => said(STATUSES, code);
export const reasonText = (code: string) => said(REASONS, code);
export const ruleText = (code: string) => said(RULES, code);

export function statusClass(status: string): string {
  if (status === "published") return "badge";
  return status === "draft" || status === "approved" ? "badge warn" : "badge quiet";
}

export function minutes(seconds: number): string {
  return t(`${Math.round(seconds / 60)} min`, `${Math.round(seconds / 60)} 分钟`);
}

/** With its sign, as a difference is read. */
export function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  const isNothing = Number(text) === 0;
  return isNothing ? (0).toFixed(digits) : `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(digits)}`;
}
