/** What can happen while routes are driven, and how the service reads it. */
import { t } from "../shell/words";

export type EventKind = "breakdown" | "late" | "closure" | "urgent" | "full" | "site-shut";

export interface Happened {
  kind: EventKind;
  name: string;
  /** A clock such as 14:00, where the kind has one. */
  from: string;
  to: string;
  minutes: number;
}

export interface Shape {
  of: "truck" | "point" | "site";
  hours: "none" | "span" | "by";
  minutes: boolean;
}

export const SHAPES: Record<EventKind, Shape> = {
  breakdown: { of: "truck", hours: "none", minutes: false },
  late: { of: "truck", hours: "none", minutes: true },
  closure: { of: "point", hours: "span", minutes: false },
  urgent: { of: "point", hours: "by", minutes: false },
  full: { of: "point", hours: "by", minutes: false },
  "site-shut": { of: "site", hours: "span", minutes: false },
};

export function kindText(kind: EventKind): string {
  const words: Record<EventKind, string> = {
    breakdown: t("Truck broken or crew gone", "车辆故障或班组缺勤"),
    late: t("Truck late", "车辆延误"),
    closure: t("Road or point closed", "道路或收运点封闭"),
    urgent: t("Urgent point", "紧急收运点"),
    full: t("Bin full early", "垃圾桶提前满溢"),
    "site-shut": t("Site shut", "处置点关闭"),
  };
  return words[kind];
}

/** As POST .../replan takes it. A bin that is full is a point that has become urgent. */
export function textOf(event: Happened): string {
  const shape = SHAPES[event.kind];
  const word = event.kind === "full" ? "urgent" : event.kind;
  if (shape.minutes) return `${word}:${event.name}:${event.minutes}min`;
  if (shape.hours === "by") return `${word}:${event.name}:by=${event.to}`;
  if (shape.hours === "span" && event.from !== "" && event.to !== "") return `${word}:${event.name}:${event.from}-${event.to}`;
  return `${word}:${event.name}`;
}

export function toldOf(event: Happened): string {
  const shape = SHAPES[event.kind];
  const hours =
    shape.hours === "by"
      ? t(`by ${event.to}`, `${event.to} 前`)
      : shape.hours === "span" && event.from !== "" && event.to !== ""
        ? `${event.from}–${event.to}`
        : "";
  const late = shape.minutes ? t(`${event.minutes} min`, `${event.minutes} 分钟`) : "";
  return [kindText(event.kind), event.name, hours, late].filter((part) => part !== "").join(" · ");
}
