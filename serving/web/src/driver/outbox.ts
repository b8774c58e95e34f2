/** Reports on their way: kept on the phone first, sent when there is a connection, once each whatever gets lost. */
import type { Kept, Report } from "./reports";

export interface Store {
  all(): Promise<Kept[]>;
  put(kept: Kept): Promise<void>;
  remove(eventIds: readonly string[]): Promise<void>;
}

export interface Outcome {
  event_id: string;
  outcome: "accepted" | "duplicate" | "refused";
  sentence: string;
}

/** `later`: nobody can say whether it arrived; `ended`: the link opens nothing any more; `faulty`: nothing was kept. */
export type Answer =
  | { kind: "answered"; events: Outcome[] }
  | { kind: "faulty"; sentence: string }
  | { kind: "ended"; sentence: string }
  | { kind: "later"; sentence: string };

export type Send = (reports: Report[]) => Promise<Answer>;

export interface Sent {
  waiting: number;
  /** What ended the round before everything was sent. */
  stopped: Answer | undefined;
}

export const AT_ONCE = 50;

/** One round: everything of this route that waits, oldest first. */
export async function sendAll(store: Store, route: string, send: Send): Promise<Sent> {
  const waiting = (await store.all())
    .filter((one) => one.route === route && one.state === "waiting")
    .sort((one, other) => Date.parse(one.report.at) - Date.parse(other.report.at));
  for (let first = 0; first < waiting.length; first += AT_ONCE) {
    const stopped = await sendSome(store, waiting.slice(first, first + AT_ONCE), send);
    if (stopped !== undefined) return { waiting: await countWaiting(store, route), stopped };
  }
  return { waiting: await countWaiting(store, route), stopped: undefined };
}

async function sendSome(store: Store, some: Kept[], send: Send): Promise<Answer | undefined> {
  const answer = await send(some.map((one) => one.report));
  if (answer.kind === "later" || answer.kind === "ended") return answer;
  if (answer.kind === "answered") {
    await note(store, some, answer.events);
    return undefined;
  }
  if (some.length === 1 && some[0] !== undefined) {
    await store.put({ ...some[0], state: "refused", sentence: answer.sentence });
    return undefined;
  }
  // One of them cannot be taken, and with it none was: each by itself, so that the others arrive.
  for (const one of some) {
    const stopped = await sendSome(store, [one], send);
    if (stopped !== undefined) return stopped;
  }
  return undefined;
}

async function note(store: Store, some: readonly Kept[], events: readonly Outcome[]): Promise<void> {
  const outcomes = new Map(events.map((one) => [one.event_id, one]));
  for (const one of some) {
    const outcome = outcomes.get(one.report.event_id);
    if (outcome === undefined) continue; // not spoken of: it stays, and is sent again
    const state = outcome.outcome === "refused" ? "refused" : "sent";
    await store.put({ ...one, state, sentence: outcome.sentence });
  }
}

export async function countWaiting(store: Store, route: string): Promise<number> {
  return (await store.all()).filter((one) => one.route === route && one.state === "waiting").length;
}

const OLD_MS = 7 * 86_400_000;

/** What arrived long ago is forgotten; what waits never is. */
export async function forgetOld(store: Store, now: number): Promise<void> {
  const old = (await store.all()).filter((one) => one.state !== "waiting" && now - Date.parse(one.report.at) > OLD_MS);
  await store.remove(old.map((one) => one.report.event_id));
}

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/** How long to wait after so many rounds in a row that did not get through. */
export function patience(failures: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1));
}
