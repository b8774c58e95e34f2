/** The forecast of a day, in columns as the service sends it, looked at moment by moment. */
import type { AreaColumns, CongestionColumns, IndexValue } from "./types";

export interface Detector {
  detector_id: string;
  junction_id: string | null;
  approach: string;
  lon: number;
  lat: number;
}

export interface Day {
  times: string[];
  city: (IndexValue | undefined)[];
  segments: Map<string, AreaColumns>;
  levels: readonly { level: string; from_index: number }[];
}

export function dayOfForecast(index: CongestionColumns): Day {
  const levels = [...index.levels].sort((a, b) => a.from_index - b.from_index);
  const segments = new Map(index.areas.filter((area) => area.area_kind === "segment").map((area) => [area.area_id, area]));
  const city = index.areas.find((area) => area.area_kind === "city");
  return {
    times: index.times,
    segments,
    levels,
    city: city === undefined ? [] : index.times.map((_, position) => valueAt(city, position, levels)),
  };
}

export function valueAt(area: AreaColumns | undefined, position: number, levels: Day["levels"]): IndexValue | undefined {
  const index_p50 = area?.index_p50[position];
  if (area === undefined || index_p50 == null) return undefined;
  const level = levels.filter((one) => one.from_index <= index_p50).at(-1) ?? levels[0];
  return {
    index_p10: area.index_p10[position] ?? index_p50,
    index_p50,
    index_p90: area.index_p90[position] ?? index_p50,
    congested_probability: area.congested_probability[position] ?? 0,
    level: level?.level ?? "",
  };
}

/** The last moment that has begun by then. */
export function positionAt(times: readonly string[], moment: Date): number {
  const begun = times.filter((time) => Date.parse(time) <= moment.getTime()).length;
  return Math.max(0, begun - 1);
}

/** Where the city's index is highest. */
export function busiest(values: readonly (IndexValue | undefined)[]): number {
  let found = 0;
  values.forEach((value, position) => {
    if ((value?.index_p50 ?? 0) > (values[found]?.index_p50 ?? 0)) found = position;
  });
  return found;
}

/** Of the detectors at each junction the one that is worst off. */
export function worstByJunction(day: Day, detectors: readonly Detector[], position: number): Map<string, IndexValue> {
  const worst = new Map<string, AreaColumns>();
  for (const detector of detectors) {
    const area = day.segments.get(detector.detector_id);
    const index = area?.index_p50[position];
    if (detector.junction_id === null || area === undefined || index == null) continue;
    const before = worst.get(detector.junction_id)?.index_p50[position];
    if (before == null || index > before) worst.set(detector.junction_id, area);
  }
  return new Map([...worst].map(([id, area]) => [id, valueAt(area, position, day.levels) as IndexValue]));
}

/** The median and its range as paths in a box of `width` by `height`, and what the highest value is. */
export function bandPath(
  values: readonly (IndexValue | undefined)[],
  width: number,
  height: number,
): { band: string; line: string; top: number } {
  const known = values.flatMap((value, position) => (value === undefined ? [] : [{ value, position }]));
  const top = Math.max(2.2, ...known.map(({ value }) => value.index_p90));
  const x = (position: number) => ((position / Math.max(1, values.length - 1)) * width).toFixed(1);
  const y = (index: number) => (height - ((Math.max(1, index) - 1) / (top - 1)) * height).toFixed(1);
  const there = known.map(({ value, position }) => `${x(position)},${y(value.index_p90)}`);
  const back = known.map(({ value, position }) => `${x(position)},${y(value.index_p10)}`).reverse();
  const middle = known.map(({ value, position }) => `${x(position)},${y(value.index_p50)}`);
  return {
    band: there.length === 0 ? "" : `M${there.join("L")}L${back.join("L")}Z`,
    line: middle.length === 0 ? "" : `M${middle.join("L")}`,
    top,
  };
}
