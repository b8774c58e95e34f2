import { beforeAll, describe, expect, it, vi } from "vitest";

let events: typeof import("./events");
let notes: typeof import("./notes");

/** The words ask the page for its session and its language. */
beforeAll(async () => {
  const session = JSON.stringify({ now: "2026-03-30T00:00:00Z", time_zone: "UTC", scopes: [] });
  vi.stubGlobal("document", { getElementById: () => ({ textContent: session }), documentElement: {} });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
  vi.stubGlobal("navigator", { language: "en-GB" });
  events = await import("./events");
  notes = await import("./notes");
});

const none = { from: "", to: "", minutes: 0 };

describe("events, as the service reads them", () => {
  it("are written as on the command line", () => {
    const { textOf } = events;
    expect(textOf({ ...none, kind: "breakdown", name: "T3" })).toBe("breakdown:T3");
    expect(textOf({ ...none, kind: "late", name: "T3", minutes: 45 })).toBe("late:T3:45min");
    expect(textOf({ ...none, kind: "closure", name: "P17" })).toBe("closure:P17");
    expect(textOf({ ...none, kind: "closure", name: "P17", from: "11:00", to: "13:00" })).toBe("closure:P17:11:00-13:00");
    expect(textOf({ ...none, kind: "site-shut", name: "S1", from: "11:00" })).toBe("site-shut:S1");
  });

  it("know a full bin as a point that became urgent", () => {
    expect(events.textOf({ ...none, kind: "full", name: "P30", to: "14:00" })).toBe("urgent:P30:by=14:00");
  });
});

describe("notes of the day", () => {
  it("are written as the plan's request takes them, and read back in words", () => {
    expect(notes.noteOf("absent", "T3", "", "")).toBe("absent:T3");
    expect(notes.noteOf("site-hours", "S1", "08:00", "16:00")).toBe("site-hours:S1:08:00-16:00");
    expect(notes.toldNote("site-hours:S1:08:00-16:00")).toBe("Site open only · S1 · 08:00–16:00");
    expect(notes.toldNote("broken-bin:P17/kitchen")).toBe("Bins broken · P17/kitchen");
  });

  it("are the same in whatever order they were written", () => {
    expect(notes.sameNotes(["absent:T3", "closed:P1"], ["closed:P1", "absent:T3"])).toBe(true);
    expect(notes.sameNotes(["absent:T3"], [])).toBe(false);
  });

  it("of a kind that nobody knows here are shown as they are", () => {
    expect(notes.toldNote("strike:everybody")).toBe("strike:everybody");
  });
});
