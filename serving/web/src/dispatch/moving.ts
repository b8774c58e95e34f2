/** Moves that a person has made and not kept yet, each on the plan as the moves before it left it. */
import { type Placed, type Plan, type Route, placed } from "./model";

export interface Move {
  point_id: string;
  stream: string;
  from_truck_id: string | null;
  from_position: number | null;
  to: { truck_id: string; position: number | null; trip: number | null } | null;
}

export interface Target {
  truck_id: string;
  /** Where it shall stand among the truck's stops as they are now, from 1; null: after the last. */
  position: number | null;
}

export function moveOf(stop: Placed, to: Target | null): Move {
  return {
    point_id: stop.stop.point_id,
    stream: stop.stop.stream,
    from_truck_id: stop.truck_id,
    from_position: stop.position,
    to: to === null ? null : { truck_id: to.truck_id, position: positionAfterTaking(stop, to), trip: null },
  };
}

/** The service counts without the stop that is moved; people count with it. */
function positionAfterTaking(stop: Placed, to: Target): number | null {
  if (to.position === null || to.truck_id !== stop.truck_id) return to.position;
  return to.position > stop.position ? to.position - 1 : to.position;
}

export function changesNothing(stop: Placed, to: Target): boolean {
  if (to.truck_id !== stop.truck_id || to.position === null) return false;
  return to.position === stop.position || to.position === stop.position + 1;
}

/** Before which stop something dropped at this second of the day goes, from 1. */
export function positionAt(route: Route | undefined, second: number): number {
  if (route === undefined) return 1;
  const stops = placed(route);
  const later = stops.findIndex((one) => (one.stop.start_s + one.stop.depart_s) / 2 > second);
  return later === -1 ? stops.length + 1 : later + 1;
}

export interface Found {
  stop: Placed | undefined;
  /** Of a point that nobody serves. */
  unserved: { point_id: string; stream: string } | undefined;
  problem: "" | "unknown" | "several";
}

/** What somebody typed: P17, or "P17 kitchen" (also P17/kitchen) where the point has several streams. */
export function findPoint(plan: Plan, typed: string): Found {
  const asked = typed.trim().toLowerCase();
  const fits = (one: { point_id: string; stream: string }) => {
    const name = one.point_id.toLowerCase();
    return [name, `${name} ${one.stream}`, `${name}/${one.stream}`].includes(asked);
  };
  const stops = plan.routes.flatMap(placed).filter((one) => fits(one.stop));
  const left = plan.unserved.filter(fits);
  if (stops.length + left.length > 1) return { stop: undefined, unserved: undefined, problem: "several" };
  if (stops.length + left.length === 0) return { stop: undefined, unserved: undefined, problem: "unknown" };
  return { stop: stops[0], unserved: left[0], problem: "" };
}
