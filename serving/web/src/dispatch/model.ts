/** A collection plan as the service hands it out, and what can be read off it without asking again. */

export interface Stop {
  point_id: string;
  stream: string;
  arrive_s: number;
  start_s: number;
  depart_s: number;
  kg: number;
  m3: number;
  load_kg: number;
  load_m3: number;
  reason: string;
}

export interface Tip {
  site_id: string;
  arrive_s: number;
  start_s: number;
  depart_s: number;
  kg: number;
}

export interface Trip {
  stream: string;
  stops: Stop[];
  tip: Tip | null;
}

export interface Route {
  truck_id: string;
  depot_id: string;
  depart_s: number;
  return_s: number;
  trips: Trip[];
  metres: number;
  drive_s: number;
  break_taken: { start_s: number; end_s: number } | null;
}

export interface Unserved {
  point_id: string;
  stream: string;
  reason: string;
  sentence: string;
  mandatory: boolean;
  relaxation: { kind: string; subject_id: string; amount: number; unit: string; truck_id: string } | null;
  extra_km: number | null;
  extra_min: number | null;
}

export interface Plan {
  plan_id: string;
  service_date: string;
  time_zone: string;
  routes: Route[];
  unserved: Unserved[];
  cost: [string, number][];
  assumed: string[];
  degraded: string[];
  rung: string;
  provenance: { recipe: { fairness?: { gap: number | null; sentence: string } | null } | null };
}

export interface Finding {
  rule: string;
  subject: string;
  sentence: string;
}

export interface Check {
  ok: boolean;
  findings: Finding[];
  measures: Record<string, number>;
}

export interface StoredPlan {
  plan_id: string;
  status: string;
  service_date: string;
  made_at: string;
  valid_until: string | null;
  plan: Plan;
  check: Check;
}

export interface PlanSummary {
  plan_id: string;
  status: string;
  service_date: string;
  made_at: string;
}

/** A stop where it stands in its truck's day; `position` and `trip` count from 1. */
export interface Placed {
  truck_id: string;
  position: number;
  trip: number;
  stop: Stop;
}

export function keyOf(one: { point_id: string; stream: string }): string {
  return `${one.point_id} ${one.stream}`;
}

export function placed(route: Route): Placed[] {
  let position = 0;
  return route.trips.flatMap((trip, at) =>
    trip.stops.map((stop) => {
      position += 1;
      return { truck_id: route.truck_id, position, trip: at + 1, stop };
    }),
  );
}

export function stopsOf(route: Route): number {
  return route.trips.reduce((sum, trip) => sum + trip.stops.length, 0);
}

export function loadOf(route: Route): number {
  return Math.max(0, ...route.trips.flatMap((trip) => trip.stops.map((stop) => stop.load_kg)));
}

/** The plan that people work on when the page opens: what is driven, else what comes next, else the newest. */
export function firstPlan(plans: readonly PlanSummary[], today: string): PlanSummary | undefined {
  const alive = plans.filter((plan) => !["refused", "rolled_back"].includes(plan.status));
  const ranks = ["published", "approved", "draft", "expired"];
  const onDay = (date: (plan: PlanSummary) => boolean) =>
    alive.filter(date).sort((a, b) => ranks.indexOf(a.status) - ranks.indexOf(b.status))[0];
  return onDay((plan) => plan.service_date === today) ?? onDay((plan) => plan.service_date > today) ?? alive[0];
}

const GOLDEN_ANGLE = 137.508;

/** Colours far apart for neighbours in the list; the names stand beside them everywhere. */
export function colorOf(at: number, isDark: boolean): string {
  const lightness = (at % 2 === 0 ? 38 : 48) + (isDark ? 20 : 0);
  return `hsl(${Math.round((at * GOLDEN_ANGLE + 205) % 360)} 65% ${lightness}%)`;
}

export function colors(plan: Plan, isDark: boolean): Map<string, string> {
  const names = plan.routes.map((route) => route.truck_id).sort();
  return new Map(names.map((name, at) => [name, colorOf(at, isDark)]));
}

/** Mandatory points that `after` leaves and `before` did not. */
export function newlyMissed(before: Plan, after: Plan): Unserved[] {
  const left = new Set(before.unserved.filter((one) => one.mandatory).map(keyOf));
  return after.unserved.filter((one) => one.mandatory && !left.has(keyOf(one)));
}
