import { describe, expect, it } from "vitest";
import { clockShift } from "./clock";
import { type Answer, type Send, type Store, forgetOld, patience, sendAll } from "./outbox";
import type { Kept, Report } from "./reports";

class Memory implements Store {
  kept = new Map<string, Kept>();
  all = async () => [...this.kept.values()];
  put = async (one: Kept) => void this.kept.set(one.report.event_id, one);
  remove = async (ids: readonly string[]) => ids.forEach((id) => this.kept.delete(id));
  states = () => [...this.kept.values()].map((one) => one.state);
}

let made = 0;

function report(minute: number, route = "p/T1"): Kept {
  made += 1;
  const at = new Date(Date.UTC(2026, 2, 30, 6, minute)).toISOString();
  const said: Report = { event_id: `e${made}`, at, kind: "done", point_id: `P${made}`, stream: "residual", reason: null, kg: null, ticket: null };
  return { report: said, route, halt: made, state: "waiting", sentence: "", path: "/driver/x" };
}

/** As the service does it: an id counts once, and one bad report of a request spoils it where `spoilt` says so. */
class Service {
  taken = new Map<string, Report>();
  asked = 0;
  spoilt: string | undefined;
  refusing = new Set<string>();

  send: Send = async (reports) => {
    this.asked += 1;
    if (reports.some((one) => one.event_id === this.spoilt)) return { kind: "faulty", sentence: "this id stands for another report" };
    const events = reports.map((one) => {
      if (this.refusing.has(one.event_id)) return { event_id: one.event_id, outcome: "refused" as const, sentence: "no such stop" };
      const outcome = this.taken.has(one.event_id) ? ("duplicate" as const) : ("accepted" as const);
      this.taken.set(one.event_id, one);
      return { event_id: one.event_id, outcome, sentence: "" };
    });
    return { kind: "answered", events };
  };
}

async function filled(...reports: Kept[]): Promise<Memory> {
  const store = new Memory();
  for (const one of reports) await store.put(one);
  return store;
}

describe("sending what waits", () => {
  it("sends everything of this route, oldest first, and nothing of another", async () => {
    const [late, early, other] = [report(9), report(3), report(1, "p/T2")];
    const store = await filled(late, early, other);
    const service = new Service();
    expect(await sendAll(store, "p/T1", service.send)).toEqual({ waiting: 0, stopped: undefined });
    expect([...service.taken.keys()]).toEqual([early.report.event_id, late.report.event_id]);
    expect(store.kept.get(other.report.event_id)?.state).toBe("waiting");
  });

  it("neither loses nor doubles a report whose answer got lost", async () => {
    const store = await filled(report(1), report(2));
    const service = new Service();
    const lossy: Send = async (reports) => {
      await service.send(reports);
      return { kind: "later", sentence: "the line broke" };
    };
    expect((await sendAll(store, "p/T1", lossy)).waiting).toBe(2);
    expect((await sendAll(store, "p/T1", service.send)).waiting).toBe(0);
    expect(service.taken.size).toBe(2);
    expect(store.states()).toEqual(["sent", "sent"]);
  });

  it("goes on where the line breaks between two requests", async () => {
    const store = await filled(...Array.from({ length: 120 }, (_, minute) => report(minute)));
    const service = new Service();
    const breaking: Send = (reports) => (service.asked === 1 ? Promise.resolve({ kind: "later", sentence: "" }) : service.send(reports));
    expect((await sendAll(store, "p/T1", breaking)).waiting).toBe(70);
    expect((await sendAll(store, "p/T1", service.send)).waiting).toBe(0);
    expect(service.taken.size).toBe(120);
  });

  it("does not let one report that cannot be taken hold up the others", async () => {
    const [good, bad, better] = [report(1), report(2), report(3)];
    const store = await filled(good, bad, better);
    const service = new Service();
    service.spoilt = bad.report.event_id;
    expect((await sendAll(store, "p/T1", service.send)).waiting).toBe(0);
    expect([...service.taken.keys()]).toEqual([good.report.event_id, better.report.event_id]);
    expect(store.kept.get(bad.report.event_id)).toMatchObject({ state: "refused", sentence: "this id stands for another report" });
  });

  it("shows what the service refused, and does not send it again", async () => {
    const one = report(1);
    const store = await filled(one);
    const service = new Service();
    service.refusing.add(one.report.event_id);
    await sendAll(store, "p/T1", service.send);
    await sendAll(store, "p/T1", service.send);
    expect(service.asked).toBe(1);
    expect(store.kept.get(one.report.event_id)).toMatchObject({ state: "refused", sentence: "no such stop" });
  });

  it("keeps what the service did not speak of", async () => {
    const store = await filled(report(1));
    const silent: Send = async () => ({ kind: "answered", events: [] });
    expect((await sendAll(store, "p/T1", silent)).waiting).toBe(1);
  });

  it("keeps everything when the link has ended, and says so", async () => {
    const store = await filled(report(1));
    const ended: Answer = { kind: "ended", sentence: "revoked" };
    expect(await sendAll(store, "p/T1", async () => ended)).toEqual({ waiting: 1, stopped: ended });
  });
});

it("forgets what arrived long ago and never what waits", async () => {
  const [sent, waits] = [report(1), report(2)];
  const store = await filled({ ...sent, state: "sent" }, waits);
  await forgetOld(store, Date.UTC(2026, 4, 1));
  expect([...store.kept.keys()]).toEqual([waits.report.event_id]);
});

it("waits longer after each round that did not get through, up to a minute", () => {
  expect([1, 2, 3, 10].map(patience)).toEqual([2_000, 4_000, 8_000, 60_000]);
});

describe("the service's clock on the phone", () => {
  const memory = () => {
    const kept = new Map<string, string>();
    return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  };
  const served = "2026-03-30T06:00:00+00:00";
  const hour = 3_600_000;

  it("is told by the page as it was served, however wrong the phone's own is", () => {
    expect(clockShift(served, Date.parse(served) + 2 * hour, memory())).toBe(-2 * hour);
  });

  it("is not taken from a page that was kept: two hours later it says a time gone by", () => {
    const phone = memory();
    const first = clockShift(served, Date.parse(served), phone);
    expect(clockShift(served, Date.parse(served) + 2 * hour, phone)).toBe(first);
    expect(clockShift("2026-03-30T05:59:00+00:00", Date.parse(served) + 2 * hour, phone)).toBe(first);
    expect(clockShift("2026-03-30T09:00:00+00:00", Date.parse(served), phone)).toBe(3 * hour);
  });

  it("is told anew the next day, when the phone's own clock may have been set", () => {
    const phone = memory();
    clockShift(served, Date.parse(served) - hour, phone);
    expect(clockShift("2026-03-31T06:00:00+00:00", Date.parse("2026-03-31T06:00:00+00:00"), phone)).toBe(0);
  });
});
