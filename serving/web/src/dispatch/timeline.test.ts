import { describe, expect, it } from "vitest";
import type { Route } from "./model";
import { barsOf, loadLine, secondAt, spanOf, ticks, xOf } from "./timeline";

const scale = { from_s: 6 * 3600, to_s: 18 * 3600, left: 100, right: 1300 };
const halt = { point_id: "A", stream: "residual", arrive_s: 900, start_s: 1000, depart_s: 1100, kg: 300, m3: 1, load_kg: 300, load_m3: 1, reason: "planned" };
const route: Route = {
  truck_id: "T", depot_id: "D", depart_s: 0, return_s: 4000, metres: 1, drive_s: 1, break_taken: { start_s: 2500, end_s: 2600 },
  trips: [{ stream: "residual", stops: [halt], tip: { site_id: "S", arrive_s: 2000, start_s: 2100, depart_s: 2200, kg: 300 } }],
};

describe("where a second lies", () => {
  it("and back again is the same second", () => {
    for (const second of [6 * 3600, 12 * 3600 + 345, 18 * 3600]) expect(secondAt(xOf(second, scale), scale)).toBeCloseTo(second, 6);
  });

  it("has ticks at full hours, as many as have room", () => {
    expect(ticks(scale, 70).length).toBe(13);
    expect(ticks(scale, 150).map((second) => second / 3600)).toEqual([6, 8, 10, 12, 14, 16, 18]);
  });

  it("covers the whole of every shift, also past midnight", () => {
    const night = { ...route, depart_s: 21.5 * 3600, return_s: 29.2 * 3600 };
    expect(spanOf({ routes: [route, night] } as never)).toEqual({ from_s: 0, to_s: 30 * 3600 });
  });
});

describe("a route as bars", () => {
  it("shows driving, waiting, stops, tips and the break", () => {
    expect(barsOf(route).map((bar) => bar.kind)).toEqual(["drive", "wait", "stop", "wait", "tip", "break"]);
  });

  it("carries a load that falls to nothing at a tip", () => {
    const line = loadLine(route);
    expect(Math.max(...line.map(([, kg]) => kg))).toBe(300);
    expect(line.at(-1)).toEqual([4000, 0]);
    expect(loadLine({ ...route, trips: [{ stream: "residual", stops: [halt], tip: null }] }).at(-1)).toEqual([4000, 300]);
  });
});
