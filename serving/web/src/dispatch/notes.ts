/** What is known in the morning and stands in no table, as POST /v1/routes/day-notes takes it. */
import { t } from "../shell/words";

export type NoteKind = "absent" | "workshop" | "broken-bin" | "closed" | "site-shut" | "site-hours";

export interface NoteShape {
  of: "truck" | "point" | "site";
  hours: "none" | "may" | "must";
}

export const NOTES: Record<NoteKind, NoteShape> = {
  absent: { of: "truck", hours: "none" },
  workshop: { of: "truck", hours: "none" },
  "broken-bin": { of: "point", hours: "none" },
  closed: { of: "point", hours: "may" },
  "site-shut": { of: "site", hours: "may" },
  "site-hours": { of: "site", hours: "must" },
};

export function noteText(kind: NoteKind): string {
  const words: Record<NoteKind, string> = {
    absent: t("Crew absent", "班组缺勤"),
    workshop: t("Truck in the workshop", "车辆送修"),
    "broken-bin": t("Bins broken", "垃圾桶损坏"),
    closed: t("Point closed", "收运点封闭"),
    "site-shut": t("Site shut", "处置点关闭"),
    "site-hours": t("Site open only", "处置点仅开放"),
  };
  return words[kind];
}

export function noteOf(kind: NoteKind, name: string, from: string, to: string): string {
  const hasHours = NOTES[kind].hours !== "none" && from !== "" && to !== "";
  return hasHours ? `${kind}:${name}:${from}-${to}` : `${kind}:${name}`;
}

/** A note in words; one of a kind that this page does not know is shown as it is written. */
export function toldNote(text: string): string {
  const at = text.indexOf(":");
  const kind = text.slice(0, at) as NoteKind;
  if (at < 0 || !(kind in NOTES)) return text;
  const hours = /:(\d{1,2}:\d\d(?:\+\d)?-\d{1,2}:\d\d(?:\+\d)?)$/.exec(text);
  const name = text.slice(at + 1, hours === null ? undefined : hours.index);
  return [noteText(kind), name, hours?.[1]?.replace("-", "–")].filter(Boolean).join(" · ");
}

/** A note as it stands on the service, for every dispatcher. */
export interface DayNote {
  note_id: string;
  text: string;
  noted_by: string;
  noted_at: string;
}

/** Whether a plan was made with just these notes, in whatever order. */
export function sameNotes(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join("\n") === [...others].sort().join("\n");
}
