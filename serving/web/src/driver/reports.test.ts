import { describe, expect, it } from "vitest";
import { type Halt, type Kept, type Kind, type State, nextHalt, states } from "./reports";

function halt(kind: Halt["kind"], number: number): Halt {
  return { kind, number, name: `${kind}${number}`, stream: "residual", arrive_s: 0, start_s: 0, depart_s: 0, kg: 1, load_kg: 1, lon: null, lat: null };
}

const halts = [halt("stop", 1), halt("break", 0), halt("stop", 2), halt("tip", 0), halt("stop", 3)];
const nothing = halts.filter((one) => one.kind === "stop").map(() => ({ outcome: "open" as const, at: null, reason: null }));

function said(at: number, kind: Kind, minute: number, state: State = "waiting", sentence = ""): Kept {
  const report = {
    event_id: `${at} ${minute}`, at: new Date(Date.UTC(2026, 2, 30, 6, minute)).toISOString(), kind, point_id: "P",
    stream: "residual", reason: kind === "skipped" ? "full" : null, kg: kind === "weight" ? 900 : null, ticket: null,
  };
  return { report, route: "p/T", halt: at, state, sentence, path: "" };
}

describe("what holds of each halt", () => {
  it("is open as long as nobody said anything, and the first stop is next", () => {
    const found = states(halts, nothing, []);
    expect(found.every((one) => one.outcome === "open")).toBe(true);
    expect(nextHalt(halts, found)).toBe(0);
  });

  it("is what was said on this phone, marked as long as it was not sent", () => {
    expect(states(halts, nothing, [said(0, "done", 1)])[0]).toMatchObject({ outcome: "done", waits: true });
    expect(states(halts, nothing, [said(0, "done", 1, "sent")])[0]).toMatchObject({ outcome: "done", waits: false });
  });

  it("is what was said last, on this phone or on another", () => {
    const known = [{ outcome: "blocked" as const, at: "2026-03-30T06:05:00Z", reason: "van" }, ...nothing.slice(1)];
    expect(states(halts, known, [said(0, "done", 1, "sent")])[0]?.outcome).toBe("blocked");
    expect(states(halts, known, [said(0, "done", 9)])[0]?.outcome).toBe("done");
  });

  it("stays open, with the sentence, where the service refused the report", () => {
    expect(states(halts, nothing, [said(0, "done", 1, "refused", "no such stop")])[0]).toMatchObject({ outcome: "open", refused: "no such stop" });
  });

  it("lets a break hold nobody up, and ends a tip by its weight, by a mark, or by the next stop", () => {
    const toTip = [said(0, "done", 1), said(2, "skipped", 2)];
    expect(nextHalt(halts, states(halts, nothing, [said(0, "done", 1)]))).toBe(2);
    expect(nextHalt(halts, states(halts, nothing, toTip))).toBe(3);
    expect(nextHalt(halts, states(halts, nothing, [...toTip, said(3, "weight", 3)]))).toBe(4);
    expect(nextHalt(halts, states(halts, nothing, [...toTip, said(3, "done", 3, "sent")]))).toBe(4);
    expect(nextHalt(halts, states(halts, nothing, [...toTip, said(4, "done", 3)]))).toBe(-1);
  });
});
