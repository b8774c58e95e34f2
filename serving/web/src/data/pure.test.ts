import { beforeAll, describe, expect, it, vi } from "vitest";
import { feedsOf } from "./feed_rows";
import { csvOf, type Definition } from "./indicator_csv";
import { midnight } from "./times";

beforeAll(() => {
  const session = { person: "", scopes: [], districts: null, csrf: "", city: "", time_zone: "Asia/Shanghai", now: "2026-03-30T05:00:00+08:00", software: "", doors: [], page: {} };
  vi.stubGlobal("document", { getElementById: () => ({ textContent: JSON.stringify(session) }), documentElement: {} });
  vi.stubGlobal("localStorage", { getItem: () => "en" });
});

describe("a day of the city", () => {
  it("begins by the city's clock", () => {
    expect(midnight("2026-03-30", "Asia/Shanghai")).toBe("2026-03-29T16:00:00.000Z");
  });
  it("also on the day the clock is changed, and the day after", () => {
    expect(midnight("2026-03-29", "Europe/Berlin")).toBe("2026-03-28T23:00:00.000Z");
    expect(midnight("2026-03-30", "Europe/Berlin")).toBe("2026-03-29T22:00:00.000Z");
  });
});

describe("figures for a spreadsheet", () => {
  const definition: Definition = { indicator_id: "a", kind: "feeds", name: 'km, "driven"', unit: "km", definition: "" };
  const value = { indicator_id: "a", subject: "x", district_ids: ["D01", "D02"], as_of: "2026-03-30", value: -1.5 };
  const lines = (subject: string) => csvOf([{ ...value, subject }], () => definition).split("\r\n");
  it("are quoted where they hold commas, and numbers stay numbers", () => {
    expect(lines("plan")[1]).toBe('a,"km, ""driven""",plan,D01 D02,2026-03-30,-1.5,km');
  });
  it("never begin like a formula", () => {
    for (const evil of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"]) expect(lines(evil)[1]).toContain(`,'${evil}`);
  });
  it("begin with the mark that says UTF-8", () => {
    expect(csvOf([], () => definition).charCodeAt(0)).toBe(0xfeff);
  });
});

describe("feeds", () => {
  const figure = (name: string, subject: string, value: number) => ({ indicator_id: `feeds.${name}`, subject, value });
  it("with faults come first, then the latest by their own step", () => {
    const rows = feedsOf([
      figure("age_s", "hourly", 7_200), figure("step_s", "hourly", 3_600),
      figure("age_s", "quarterly", 3_600), figure("step_s", "quarterly", 900),
      figure("findings", "broken", 2),
      { indicator_id: "routes.km", subject: "plan", value: 3 },
    ]);
    expect(rows.map((one) => one.subject)).toEqual(["broken", "quarterly", "hourly"]);
    expect(rows[0]).toMatchObject({ findings: 2, age_s: null });
  });
});

describe("skill", () => {
  const day = (rows: number, to_gate: number | null) => ({
    day: "2026-03-20", rows, loss: 1, below: 0.1, above: 0.1, coverage: 0.8, simple_loss: null, to_simple: null, to_gate,
  });
  it("of several days weighs each by its forecasts", async () => {
    const { mean } = await import("./skill_words");
    expect(mean([day(300, 1), day(100, 3)], (one) => one.to_gate)).toBe(1.5);
  });
  it("of nothing judged is nothing, never 0", async () => {
    const { mean } = await import("./skill_words");
    expect(mean([day(300, null)], (one) => one.to_gate)).toBeNull();
    expect(mean([], (one) => one.to_gate)).toBeNull();
  });
  it("names horizons as they follow one another", async () => {
    const { horizonNames } = await import("./skill_words");
    expect(horizonNames([1, 6, null])).toEqual(["up to 1 h", "1 to 6 h", "over 6 h"]);
    expect(horizonNames([6, 48])).toEqual(["up to 6 h", "6 to 48 h"]);
  });
  it("draws the loss in times that of the gate, with the bounds of the watch", async () => {
    const { lossOption } = await import("./skill_options");
    const quantity = { what: "congestion", quantity: "flow_veh_h", gate_loss: 0.5, simple_to_gate: 1.2, grew_at: 1.5, days: [], horizons: [], districts: [] };
    const option = lossOption(quantity, [day(10, 2)]) as { series: { data: number[]; markLine: { data: { yAxis: number }[] } }[] };
    expect(option.series[0]?.data).toEqual([2]);
    expect(option.series[0]?.markLine.data.map((one) => one.yAxis)).toEqual([1, 1.5, 1.2]);
    expect(option.series).toHaveLength(1);
  });
});

describe("what may be asked for as a mapping", () => {
  it("are those that came with the files, then those that are kept, each once", async () => {
    vi.stubGlobal("location", { pathname: "/data" });
    const { mappingsOf } = await import("./uploading");
    const files = ["counts.csv", "mine.TOML"].map((name) => ({ name, size_bytes: 1, sha256: "" }));
    expect(mappingsOf(files, ["mapping.toml", "mine.TOML"])).toEqual(["mine.TOML", "mapping.toml"]);
  });
});

describe("complaints", () => {
  const complaint = (complaint_id: string, state: string, priority: string, due_at: string) => ({
    complaint_id, district_id: "D01", opened_at: due_at, state, category: "waste", priority, department: null, due_at,
    point_id: null, stream: null, plan_id: null, truck_id: null, why: "",
    proposed: { category: "waste", priority, department: null, sure: state !== "unsure", confidence: 0.5, reasons: [], model: "m", first_department: null },
  });
  it("nobody is sure of come first, then the urgent, then those due first", async () => {
    const { triaged } = await import("./complaint_words");
    const given = [
      complaint("late", "proposed", "normal", "2026-03-31T08:00:00Z"),
      complaint("soon", "proposed", "normal", "2026-03-30T08:00:00Z"),
      complaint("fire", "proposed", "urgent", "2026-04-02T08:00:00Z"),
      complaint("what?", "unsure", "low", "2026-04-03T08:00:00Z"),
    ];
    expect(triaged(given).map((one) => one.complaint_id)).toEqual(["what?", "fire", "soon", "late"]);
    expect(given[0]?.complaint_id).toBe("late");
  });
});

describe("an indicator over time", () => {
  const cell = (district_id: string | null, start: string, value: number | null) => ({
    part: "", district_id, start, end: start, value, support: 1, note: "",
  });
  it("is a line per district, the city's first, with gaps where nothing is told", async () => {
    const { linesOf } = await import("./series_lines");
    const found = linesOf([cell("D01", "2026-03-02", 5), cell("D01", "2026-03-01", null), cell(null, "2026-03-02", 7)], "city");
    expect(found.starts).toEqual(["2026-03-01", "2026-03-02"]);
    expect(found.lines.map((one) => [one.name, one.values])).toEqual([["city", [null, 7]], ["D01", [null, 5]]]);
  });
});
