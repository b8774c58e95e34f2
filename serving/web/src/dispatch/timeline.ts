/** The geometry of the trucks' day: where a second lies, and which bars a route is made of. */
import type { Plan, Route } from "./model";

export interface Bar {
  kind: "drive" | "wait" | "stop" | "tip" | "break";
  start_s: number;
  end_s: number;
  /** Of a stop, in the truck's day, from 1. */
  position?: number;
  label: string;
}

export interface Scale {
  from_s: number;
  to_s: number;
  left: number;
  right: number;
}

export function spanOf(plan: Plan): { from_s: number; to_s: number } {
  const starts = plan.routes.map((route) => route.depart_s);
  const ends = plan.routes.map((route) => route.return_s);
  if (starts.length === 0) return { from_s: 6 * 3600, to_s: 18 * 3600 };
  return { from_s: floorHour(Math.min(...starts)), to_s: ceilHour(Math.max(...ends)) };
}

export function xOf(second: number, scale: Scale): number {
  const share = (second - scale.from_s) / Math.max(1, scale.to_s - scale.from_s);
  return scale.left + share * (scale.right - scale.left);
}

export function secondAt(x: number, scale: Scale): number {
  const share = (x - scale.left) / Math.max(1, scale.right - scale.left);
  return scale.from_s + share * (scale.to_s - scale.from_s);
}

/** Full hours, as many as stand beside one another. */
export function ticks(scale: Scale, apart: number): number[] {
  const pixels = (scale.right - scale.left) / Math.max(1, (scale.to_s - scale.from_s) / 3600);
  const step = [1, 2, 3, 4, 6, 12, 24].find((hours) => hours * pixels >= apart) ?? 24;
  const found = [];
  for (let hour = Math.ceil(scale.from_s / 3600); hour * 3600 <= scale.to_s; hour += 1) {
    if (hour % step === 0) found.push(hour * 3600);
  }
  return found;
}

/** What the truck does when; between two halts it drives. */
export function barsOf(route: Route): Bar[] {
  const halts: Bar[] = [];
  let position = 0;
  for (const trip of route.trips) {
    for (const stop of trip.stops) {
      position += 1;
      if (stop.start_s > stop.arrive_s) halts.push({ kind: "wait", start_s: stop.arrive_s, end_s: stop.start_s, label: "" });
      halts.push({ kind: "stop", start_s: stop.start_s, end_s: stop.depart_s, position, label: stop.point_id });
    }
    const tip = trip.tip;
    if (tip !== null) {
      if (tip.start_s > tip.arrive_s) halts.push({ kind: "wait", start_s: tip.arrive_s, end_s: tip.start_s, label: "" });
      halts.push({ kind: "tip", start_s: tip.start_s, end_s: tip.depart_s, label: tip.site_id });
    }
  }
  const rest = route.break_taken;
  if (rest !== null) halts.push({ kind: "break", start_s: rest.start_s, end_s: rest.end_s, label: "" });
  return [{ kind: "drive", start_s: route.depart_s, end_s: route.return_s, label: "" }, ...halts];
}

/** The load through the day as points (second, kg): it rises at stops and falls to nothing at a tip. */
export function loadLine(route: Route): [number, number][] {
  const line: [number, number][] = [[route.depart_s, 0]];
  let carried = 0;
  for (const trip of route.trips) {
    for (const stop of trip.stops) {
      line.push([stop.start_s, carried], [stop.depart_s, stop.load_kg]);
      carried = stop.load_kg;
    }
    if (trip.tip !== null) {
      line.push([trip.tip.start_s, carried], [trip.tip.depart_s, 0]);
      carried = 0;
    }
  }
  line.push([route.return_s, carried]);
  return line;
}

function floorHour(second: number): number {
  return Math.floor(second / 3600) * 3600;
}

function ceilHour(second: number): number {
  return Math.ceil(second / 3600) * 3600;
}
