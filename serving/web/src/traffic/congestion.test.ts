import { describe, expect, it } from "vitest";
import { bandPath, busiest, dayOfForecast, positionAt, valueAt, worstByJunction } from "./congestion";
import { midnightOf, nextDay } from "./daytime";
import { changeText } from "./changes";
import type { AreaColumns, CongestionColumns } from "./types";

const at = (hour: number) => `2026-03-30T${String(hour).padStart(2, "0")}:00:00.000000+00:00`;
const area = (area_kind: string, area_id: string, index_p50: (number | null)[]): AreaColumns => ({
  area_kind,
  area_id,
  index_p10: index_p50.map((one) => one && one - 0.1),
  index_p50,
  index_p90: index_p50.map((one) => one && one + 0.2),
  congested_probability: index_p50.map((one) => one && 0.5),
});
const index: CongestionColumns = {
  issued_at: at(0),
  levels: [
    { level: "severe", from_index: 2.1 },
    { level: "free", from_index: 1 },
    { level: "light", from_index: 1.5 },
  ],
  degraded: [],
  times: [at(7), at(8), at(9)],
  areas: [
    area("city", "city", [1.1, 1.9, 1.2]),
    area("segment", "D1", [1.1, 2.1, null]),
    area("segment", "D2", [1.3, null, 1.3]),
  ],
};
const detectors = ["D1", "D2"].map((id) => ({ detector_id: id, junction_id: "J1", approach: "N", lon: 0, lat: 0 }));

describe("a day's forecast", () => {
  const day = dayOfForecast(index);

  it("has a gap where nothing is forecast, and names the level that an index has reached", () => {
    const levels = [0, 1, 2].map((position) => valueAt(day.segments.get("D1"), position, day.levels)?.level);
    expect(levels).toEqual(["free", "severe", undefined]);
    expect(day.city.map((one) => one?.level)).toEqual(["free", "light", "free"]);
  });

  it("knows the moment that has begun, and the busiest", () => {
    expect(positionAt(day.times, new Date("2026-03-30T08:59:00Z"))).toBe(1);
    expect(positionAt(day.times, new Date("2026-03-30T01:00:00Z"))).toBe(0);
    expect(busiest(day.city)).toBe(1);
  });

  it("says of a junction what its worst approach meets", () => {
    expect(worstByJunction(day, detectors, 0).get("J1")?.index_p50).toBe(1.3);
    expect(worstByJunction(day, detectors, 1).get("J1")?.level).toBe("severe");
  });

  it("is drawn from left to right, the highest at the top", () => {
    const drawn = bandPath(day.city, 100, 10);
    expect(drawn.top).toBe(2.2);
    expect(drawn.line).toBe("M0.0,9.2L50.0,2.5L100.0,8.3");
    expect(bandPath([], 100, 10).band).toBe("");
  });
});

describe("midnight on the city's clock", () => {
  it("is eight hours before that of Greenwich in Shanghai", () => {
    expect(midnightOf("2026-03-30", "Asia/Shanghai").toISOString()).toBe("2026-03-29T16:00:00.000Z");
  });

  it("goes with the clocks on the days when they change", () => {
    const hours = (day: string) =>
      (midnightOf(nextDay(day), "Europe/Berlin").getTime() - midnightOf(day, "Europe/Berlin").getTime()) / 3_600_000;
    expect([hours("2026-03-28"), hours("2026-03-29"), hours("2026-10-25")]).toEqual([24, 23, 25]);
  });
});

describe("a what-if", () => {
  const blank = { kind: "demand" as const, percent: 20, junction: "", movement: "", lanes: 1, approach: "", metres: 14 };

  it("is written as the service reads it", () => {
    expect(changeText(blank)).toBe("demand:+20%");
    expect(changeText({ ...blank, percent: -10, junction: "J001" })).toBe("demand:-10%:J001");
    expect(changeText({ ...blank, kind: "close-lane", junction: "J001", movement: "N-through" })).toBe("close-lane:J001:N-through:1");
    expect(changeText({ ...blank, kind: "add-crossing", junction: "J001", approach: "N" })).toBe("add-crossing:J001:N:14");
  });

  it("is not asked as long as something is missing", () => {
    expect(changeText({ ...blank, percent: Number.NaN })).toBeNull();
    expect(changeText({ ...blank, kind: "close-lane", junction: "J001" })).toBeNull();
    expect(changeText({ ...blank, kind: "add-crossing", approach: "N" })).toBeNull();
  });
});
