import { beforeAll, describe, expect, it, vi } from "vitest";

beforeAll(() => {
  const session = { person: "", scopes: [], districts: null, csrf: "", city: "", time_zone: "Asia/Shanghai", now: "2026-03-30T05:00:00+08:00", software: "", doors: [], page: {} };
  vi.stubGlobal("document", { getElementById: () => ({ textContent: JSON.stringify(session) }), documentElement: {} });
  vi.stubGlobal("localStorage", { getItem: () => "en" });
});

describe("ages", () => {
  it("are told as far as they matter", async () => {
    const { age } = await import("./names");
    expect([30, 59 * 60, 3_600, 47 * 3_600, 3 * 86_400].map(age)).toEqual(["1 min", "59 min", "1 h", "47 h", "3 days"]);
  });
  it("of nothing are a dash, never 0", async () => {
    const { age } = await import("./names");
    expect(age(null)).toBe("–");
  });
});

describe("a difference to another model", () => {
  it("says which way is better", async () => {
    const { against } = await import("./names");
    expect([-0.151, 0.02, 0].map(against)).toEqual(["15.1 % better", "2.0 % worse", "0.0 % better"]);
  });
  it("that nobody measured is a dash", async () => {
    const { against } = await import("./names");
    expect(against(undefined)).toBe("–");
  });
});
