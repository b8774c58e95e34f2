/** A time-space diagram as figures: when each stop line is green, and the band in which nobody stops. */
import type { Block } from "./types";

export interface Way {
  stops: { junction_id: string; after_s: number }[];
}

export type Band = [start: number, width: number, repeat: number];
const LONGEST_REPEAT_S = 3600;

/** The block with other offsets: what a hand that drags a junction along sees at once. */
export function withOffsets(block: Block, ways: readonly Way[], offsets: ReadonlyMap<string, number>): Block {
  const plans = block.plans.map((plan) => ({ ...plan, offset_s: offsets.get(plan.junction_id) ?? plan.offset_s }));
  const moved = { ...block, plans };
  return {
    ...moved,
    directions: block.directions.map((direction, at) => ({ ...direction, band: bandOf(moved, ways[at] as Way, at) })),
  };
}

/** Greens of a stop line between two seconds of the area's clock. */
export function greensBetween(block: Block, way: number, stop: number, junctionId: string, until: number): [number, number][] {
  const plan = planOf(block, junctionId);
  const spans = block.directions[way]?.greens_s[stop] ?? [];
  const found: [number, number][] = [];
  for (let start = plan.offset_s - 2 * plan.cycle_s; start < until; start += plan.cycle_s) {
    for (const [from, to] of spans) {
      const [a, b] = [Math.max(0, start + from), Math.min(until, start + to)];
      if (a < b) found.push([a, b]);
    }
  }
  return found;
}

/** The widest run of seconds in which whoever leaves the first stop line meets green all the way. */
export function bandOf(block: Block, way: Way, at: number): Band | null {
  const repeat = way.stops.map((stop) => planOf(block, stop.junction_id).cycle_s).reduce(leastCommon, 1);
  if (repeat > LONGEST_REPEAT_S) return null;
  const free = new Array<boolean>(repeat).fill(true);
  way.stops.forEach((stop, position) => {
    const plan = planOf(block, stop.junction_id);
    const lit = litSeconds(block.directions[at]?.greens_s[position] ?? [], plan.cycle_s);
    for (let second = 0; second < repeat; second += 1) {
      const there = modulo(second + roundEven(stop.after_s) - plan.offset_s, plan.cycle_s);
      if (!lit[there]) free[second] = false;
    }
  });
  const [start, width] = longest(free);
  return width > 0 ? [start, width, repeat] : null;
}

/** Bands of the single legs, where nobody gets through all the way. */
export function legBands(block: Block, way: Way, at: number): { leg: Way; band: Band }[] {
  const greens = block.directions[at]?.greens_s ?? [];
  return way.stops.slice(1).flatMap((stop, position) => {
    const first = way.stops[position] as Way["stops"][number];
    const leg = { stops: [{ ...first, after_s: 0 }, { ...stop, after_s: stop.after_s - first.after_s }] };
    const part = { ...block, directions: [{ greens_s: [greens[position] ?? [], greens[position + 1] ?? []], band: null }] };
    const band = bandOf(part, leg, 0);
    return band === null ? [] : [{ leg, band }];
  });
}

/** Corners of each repetition of a band: seconds and distances, there and back. */
export function bandCorners(band: Band, way: Way, distance: ReadonlyMap<string, number>, until: number): [number, number][][] {
  const [start, width, repeat] = band;
  const travel = way.stops.at(-1)?.after_s ?? 0;
  const found: [number, number][][] = [];
  for (let k = -Math.floor(travel / repeat) - 1; start + k * repeat < until; k += 1) {
    const there = way.stops.map((stop): [number, number] => [
      start + k * repeat + stop.after_s,
      distance.get(stop.junction_id) ?? 0,
    ]);
    const back = there.map(([second, metres]): [number, number] => [second + width, metres]).reverse();
    found.push([...there, ...back]);
  }
  return found;
}

function planOf(block: Block, junctionId: string): Block["plans"][number] {
  const plan = block.plans.find((one) => one.junction_id === junctionId);
  if (plan === undefined) throw new Error(`no plan of junction ${junctionId}`);
  return plan;
}

function litSeconds(spans: readonly [number, number][], cycle: number): boolean[] {
  const lit = new Array<boolean>(cycle).fill(false);
  for (const [from, to] of spans) for (let second = from; second < to; second += 1) lit[modulo(second, cycle)] = true;
  return lit;
}

function longest(free: readonly boolean[]): [number, number] {
  const count = free.length;
  if (free.every(Boolean)) return [0, count];
  let best: [number, number] = [0, 0];
  for (let start = 0; start < count; start += 1) {
    if (!free[start] || free[modulo(start - 1, count)]) continue;
    let width = 0;
    while (free[(start + width) % count]) width += 1;
    if (width > best[1]) best = [start, width];
  }
  return best;
}

function leastCommon(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

export function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** As the service rounds: a half goes to the even neighbour. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
