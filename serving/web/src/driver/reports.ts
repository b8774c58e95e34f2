/** What a driver says of a stop, as it waits on the phone and as the service takes it. */

export type Kind = "done" | "skipped" | "blocked" | "weight";

export interface Report {
  /** Made on this phone: the same report sent again is one report. */
  event_id: string;
  at: string;
  kind: Kind;
  point_id: string | null;
  stream: string | null;
  reason: string | null;
  kg: number | null;
  ticket: string | null;
}

export type State = "waiting" | "sent" | "refused";

/** `route` names plan and truck; `halt` is the halt's place in the day, from 0. `path` is the page it was made on. */
export interface Kept {
  report: Report;
  route: string;
  halt: number;
  state: State;
  sentence: string;
  path: string;
}

export interface Halt {
  kind: "stop" | "tip" | "break";
  /** Of stops, from 1; of others 0. */
  number: number;
  name: string;
  stream: string | null;
  arrive_s: number;
  start_s: number;
  depart_s: number;
  kg: number;
  load_kg: number;
  lon: number | null;
  lat: number | null;
}

export interface StopSaid {
  outcome: "done" | "skipped" | "blocked" | "open";
  at: string | null;
  reason: string | null;
}

export interface HaltState {
  outcome: "done" | "skipped" | "blocked" | "open";
  reason: string | null;
  /** Not all of it has arrived at the service yet. */
  waits: boolean;
  refused: string;
}

const OPEN: HaltState = { outcome: "open", reason: null, waits: false, refused: "" };

/**
 * What holds of each halt: the newest of what the service knows (`said`, by stop number less one) and of what was said
 * on this phone. A tip is over when it was weighed, or when a later stop is settled.
 */
export function states(halts: readonly Halt[], said: readonly StopSaid[], kept: readonly Kept[]): HaltState[] {
  const found = halts.map((halt, at) => (halt.kind === "stop" ? ofStop(halt, at, said, kept) : ofOther(at, kept)));
  let isPassed = false;
  for (let at = found.length - 1; at >= 0; at -= 1) {
    const state = found[at] ?? OPEN;
    if (halts[at]?.kind === "stop") isPassed ||= state.outcome !== "open";
    else if (isPassed && state.outcome === "open") found[at] = { ...state, outcome: "done" };
  }
  return found;
}

function ofStop(halt: Halt, at: number, said: readonly StopSaid[], kept: readonly Kept[]): HaltState {
  const known = said[halt.number - 1];
  const mine = kept.filter((one) => one.halt === at && one.report.kind !== "weight" && one.state !== "refused").sort(byTime).at(-1);
  const refused = kept.filter((one) => one.halt === at && one.state === "refused").sort(byTime).at(-1);
  const isNewer = mine !== undefined && (known?.at == null || Date.parse(mine.report.at) >= Date.parse(known.at));
  const base: HaltState = isNewer
    ? { outcome: mine.report.kind as HaltState["outcome"], reason: mine.report.reason, waits: mine.state === "waiting", refused: "" }
    : { ...OPEN, outcome: known?.outcome ?? "open", reason: known?.reason ?? null };
  const isLast = refused !== undefined && (mine === undefined || byTime(mine, refused) < 0);
  return isLast ? { ...base, refused: refused.sentence } : base;
}

function ofOther(at: number, kept: readonly Kept[]): HaltState {
  const weighed = kept.filter((one) => one.halt === at && one.report.kind === "weight").sort(byTime).at(-1);
  // Tipped without a weighbridge: nothing that the service takes, so that it is noted on this phone alone.
  const isPassed = kept.some((one) => one.halt === at && one.report.kind === "done");
  if (weighed === undefined) return isPassed ? { ...OPEN, outcome: "done" } : OPEN;
  if (weighed.state === "refused") return { ...OPEN, refused: weighed.sentence };
  return { ...OPEN, outcome: "done", reason: `${weighed.report.kg} kg`, waits: weighed.state === "waiting" };
}

function byTime(one: Kept, other: Kept): number {
  return Date.parse(one.report.at) - Date.parse(other.report.at);
}

/** The first halt that is not over; breaks are told, not reported, so that they never hold anybody up. */
export function nextHalt(halts: readonly Halt[], states: readonly HaltState[]): number {
  return halts.findIndex((halt, at) => halt.kind !== "break" && states[at]?.outcome === "open");
}
