/** Levels of congestion and states of plans in words, colours and marks: nothing is said by colour alone. */
import { t } from "../shell/words";

export const LEVELS = ["free", "basically_free", "light", "moderate", "severe"] as const;
const COLORS: Record<string, string> = {
  free: "#2f9e62",
  basically_free: "#86a82f",
  light: "#d9a400",
  moderate: "#d9661f",
  severe: "#b01c2e",
};
const GREY = "#8a938f";

export function levelColor(level: string | undefined): string {
  return level === undefined ? GREY : (COLORS[level] ?? GREY);
}

/** Larger where it is worse. */
export function levelRadius(level: string | undefined): number {
  return level === undefined ? 4 : 6 + 1.6 * Math.max(0, LEVELS.indexOf(level as (typeof LEVELS)[number]));
}

export function levelName(level: string | undefined): string {
  switch (level) {
    case "free":
      return t("free", "畅通");
    case "basically_free":
      return t("almost free", "基本畅通");
    case "light":
      return t("light congestion", "轻度拥堵");
    case "moderate":
      return t("moderate congestion", "中度拥堵");
    case "severe":
      return t("severe congestion", "严重拥堵");
    default:
      return t("no forecast", "无预测");
  }
}

export function statusName(status: string): string {
  const names: Record<string, string> = {
    draft: t("draft", "草案"),
    approved: t("approved", "已批准"),
    published: t("published", "已发布"),
    expired: t("expired", "已过期"),
    rolled_back: t("rolled back", "已回退"),
    refused: t("refused", "已驳回"),
  };
  return names[status] ?? status;
}

export function actionName(action: string): string {
  const names: Record<string, string> = {
    approved: t("approved it", "批准"),
    refused: t("refused it", "驳回"),
    published: t("published it", "发布"),
    expired: t("ended it", "终止"),
    superseded: t("another plan took its place", "被其他方案取代"),
    rolled_back: t("rolled it back", "回退"),
    restored: t("it holds again", "恢复生效"),
  };
  return names[action] ?? action;
}

export function rungName(rung: string): string {
  const names: Record<string, string> = {
    optimised: t("optimised", "优化方案"),
    optimised_on_fallback_forecast: t("optimised on a fallback forecast", "基于备用预测的优化方案"),
    last_good_plan: t("last good plan", "最近可用方案"),
    repaired_skeleton: t("repaired skeleton", "修复骨架方案"),
    time_of_day_default: t("time-of-day default", "分时段默认方案"),
    by_hand: t("changed by hand", "人工修改"),
  };
  return names[rung] ?? rung;
}

export function modeName(mode: string): string {
  const names: Record<string, string> = {
    fixed: t("fixed", "定时"),
    coordinated: t("coordinated", "协调"),
    actuated: t("actuated", "感应"),
    flashing: t("flashing", "黄闪"),
    all_red: t("all red", "全红"),
    manual: t("manual", "手动"),
    escort: t("escort", "特勤"),
    fault: t("fault", "故障"),
  };
  return names[mode] ?? mode;
}
