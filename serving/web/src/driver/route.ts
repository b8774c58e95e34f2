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
  halts: Halt[];
}

export const route = session.page as unknown as DriverRoute;
export const routeName = `${route.plan_id}/${route.truck_id}`;
export const feedbackPath = `/v1/routes/plans/${encodeURIComponent(route.plan_id)}/trucks/${encodeURIComponent(route.truck_id)}/feedback`;
