/** What the page was given: this truck's route, and nothing else. */
import { session } from "../shell/session";
import type { Halt } from "./reports";

export interface DriverRoute {
  plan_id: string;
  truck_id: string;
  service_date: string;
  status: string;
  ends: string;
  depot_id: string;
  depart_s: number;
  return_s: number;
  metres: number;
  /** What is other than in the plan before this one; stops as point/stream. */
  changes: { added: string[]; dropped: string[]; reordered: boolean } | null;
  /** A newer plan has no route for this truck. */
  is_gone: boolean;
  halts: Halt[];
}

export const route = session.page as unknown as DriverRoute;
export const routeName = `${route.plan_id}/${route.truck_id}`;

/** Where reports of a route go: `name` is plan and truck, as they stand beside what is kept on the phone. */
export function feedbackPathOf(name: string): string {
  const at = name.lastIndexOf("/");
  const [plan, truck] = [name.slice(0, at), name.slice(at + 1)].map(encodeURIComponent);
  return `/v1/routes/plans/${plan}/trucks/${truck}/feedback`;
}
