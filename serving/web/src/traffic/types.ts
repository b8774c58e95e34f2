/** What the service answers, as far as this page reads it. */
export interface Delay {
  low_s: number;
  expected_s: number;
  high_s: number;
  levels: [string, string, string];
}

export interface Finding {
  rule: string;
  subject: string;
  sentence: string;
}

export interface Gain {
  junctions: number;
  planned_s: [number, number, number];
  now_s: [number, number, number];
  share: number;
  share_between: [number, number];
  worse: string[];
}

export interface PlanSummary {
  plan_id: string;
  status: string;
  service_date: string;
  district_ids: string[];
  made_at: string;
  valid_until: string | null;
}

export interface WaitingPlan extends PlanSummary {
  rung: string;
  said: string;
  junctions: number;
  gain: Gain | null;
  passed: boolean;
  rules: number;
  approved_by: string[];
  approvals_missing: number;
  hindrances: string[];
}

export interface JunctionHead {
  junction_id: string;
  name: string;
  district_id: string;
  now: Delay | null;
  planned: Delay | null;
  cycles_s: number[];
  running_cycle_s: number | null;
  largest_x: number | null;
  binds: string | null;
}

export interface Review {
  plan_id: string;
  service_date: string;
  rung: string;
  made_at: string;
  forecast_issued_at: string | null;
  models: string[];
  gain: Gain | null;
  check: { ok: boolean; findings: Finding[]; measures: Record<string, number> };
  certificate: { holds: boolean; broken: string[]; notes: string[] };
  rules: number;
  junctions: JunctionHead[];
  unchanged: [string, string][];
  assumed: string[];
  degraded: string[];
}

export type Span = [lamp: string, from: number, until: number];

export interface Split {
  stage_id: string;
  split_s: number;
}

export interface PlanExplained {
  runs_s: [number, number][];
  planned: Delay;
  now: Delay | null;
  critical: { movement_ids: string[]; x: number } | null;
  binding: { sentence: string } | null;
}

export interface OnePlan {
  plan_number: number;
  cycle_s: number;
  offset_s: number;
  coordinated_stage_id: string;
  splits: Split[];
  lamps: { group_id: string; spans: Span[] }[];
  explained: PlanExplained | null;
}

export interface JunctionReview {
  junction_id: string;
  name: string;
  now: Delay | null;
  planned: Delay | null;
  entries: [number, number][];
  stages: { stage_id: string; group_ids: string[]; least_split_s: number | null }[];
  groups: { group_id: string; movement_ids: string[]; walks: boolean }[];
  cycle_between_s: [number, number];
  plans: OnePlan[];
  running: OnePlan | null;
}

export interface Block {
  runs_s: [number, number][];
  plans: { junction_id: string; plan_number: number; cycle_s: number; offset_s: number }[];
  directions: { greens_s: [number, number][][]; band: [number, number, number] | null }[];
}

export interface Corridor {
  corridor_id: string;
  junctions: { junction_id: string; name: string; distance_m: number }[];
  directions: { title: string; stops: { junction_id: string; after_s: number }[] }[];
  blocks: Block[];
  now: Block | null;
}

export interface Tried {
  said: string[];
  check: { ok: boolean; findings: Finding[] };
  scores: {
    junctions: {
      junction_id: string;
      given: Delay;
      stored: Delay | null;
      now: Delay | null;
      given_x: number | null;
      stored_x: number | null;
    }[];
    said: string[];
  };
  junctions: JunctionReview[];
}

export interface Story {
  status: string;
  valid_until: string | null;
  approved_by: string[];
  approvals_missing: number;
  hindrances: string[];
  events: { action: string; person: string; at: string; reason: string; other_plan_id: string | null }[];
}

export interface PlanState {
  status: string;
  approvals_missing: number;
  hindrances: string[];
  said: string[];
}

export interface JunctionState {
  junction_id: string;
  name: string;
  district_id: string;
  mode: string;
  verified_by: string | null;
  verified_on: string | null;
  shadow: { until: string | null; person: string; at: string; reason: string } | null;
  running_cycle_s: number | null;
  movements: { movement_id: string; approach: string; lanes: number }[];
}

export interface IndexValue {
  index_p10: number;
  index_p50: number;
  index_p90: number;
  level: string;
  congested_probability: number;
}

/** Each list is as long as `times`. */
export interface AreaColumns {
  area_kind: string;
  area_id: string;
  index_p10: (number | null)[];
  index_p50: (number | null)[];
  index_p90: (number | null)[];
  congested_probability: (number | null)[];
}

export interface CongestionColumns {
  issued_at: string;
  levels: { level: string; from_index: number }[];
  times: string[];
  areas: AreaColumns[];
  degraded: string[];
}
