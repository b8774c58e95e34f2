/** English and Chinese, side by side where they are used; times and numbers as the city writes them. */
import { session } from "./session";

export type Language = "en" | "zh";
const KEPT = "city.language";

function chosen(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language: Language = chosen();
document.documentElement.lang = language === "zh" ? "zh-CN" : "en";

export function speak(other: Language): void {
  localStorage.setItem(KEPT, other);
  location.reload();
}

export function t(english: string, chinese: string): string {
  return language === "zh" ? chinese : english;
}

const LOCALE = language === "zh" ? "zh-CN" : "en-GB";
const ZONE = { timeZone: session.time_zone };
const clock = new Intl.DateTimeFormat(LOCALE, { ...ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("sv-SE", { ...ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
const numbers = new Map<number, Intl.NumberFormat>();

/** 07:45, on the city's clock. */
export function clockOf(moment: string | Date): string {
  return clock.format(new Date(moment));
}

/** 2026-03-30, on the city's clock. */
export function dayOf(moment: string | Date): string {
  return day.format(new Date(moment));
}

export function dayAndClock(moment: string | Date): string {
  return `${dayOf(moment)} ${clockOf(moment)}`;
}

/** Seconds after midnight of the service date; +1 where the next day has begun. */
export function secondsClock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const days = Math.floor(minutes / 1440);
  const text = `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
  return days > 0 ? `${text} +${days}` : text;
}

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  let format = numbers.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    numbers.set(digits, format);
  }
  return format.format(value);
}

export function percent(share: number | null | undefined, digits = 0): string {
  return share === null || share === undefined ? "–" : `${number(share * 100, digits)} %`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
