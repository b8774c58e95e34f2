/** A plan in a person's hands: boundaries between stages that are moved, splits and offsets that are typed. */
import type { OnePlan, Split } from "./types";
import { modulo } from "./timespace";

export interface Edited {
  offset_s: number;
  splits: Split[];
}

export const LEAST_SPLIT_S = 1;
export const MOST_SPLIT_S = 600;

export function asIs(plan: OnePlan): Edited {
  return { offset_s: plan.offset_s, splits: plan.splits.map((split) => ({ ...split })) };
}

export function cycleOf(edited: Edited): number {
  return edited.splits.reduce((sum, split) => sum + split.split_s, 0);
}

/** The end of stage `at` by so many seconds later; the next stage gives them, so that the cycle stays. */
export function moveBoundary(edited: Edited, at: number, seconds: number): Edited {
  const here = edited.splits[at];
  const next = edited.splits[at + 1];
  if (here === undefined || next === undefined) return edited;
  const most = next.split_s - LEAST_SPLIT_S;
  const least = LEAST_SPLIT_S - here.split_s;
  const moved = Math.min(most, Math.max(least, Math.round(seconds)));
  const splits = edited.splits.map((split, position) => {
    if (position === at) return { ...split, split_s: split.split_s + moved };
    return position === at + 1 ? { ...split, split_s: split.split_s - moved } : split;
  });
  return { ...edited, splits };
}

/** Another split of one stage; the cycle becomes longer or shorter by it. */
export function setSplit(edited: Edited, at: number, seconds: number): Edited {
  if (!Number.isFinite(seconds)) return edited;
  const kept = Math.min(MOST_SPLIT_S, Math.max(LEAST_SPLIT_S, Math.round(seconds)));
  const splits = edited.splits.map((split, position) => (position === at ? { ...split, split_s: kept } : split));
  return { ...edited, splits };
}

/** Taken in the cycle: one second before 0 is the last of it. */
export function setOffset(edited: Edited, seconds: number): Edited {
  return Number.isFinite(seconds) ? { ...edited, offset_s: modulo(Math.round(seconds), cycleOf(edited)) } : edited;
}

export function differs(plan: OnePlan, edited: Edited): boolean {
  return (
    plan.offset_s !== edited.offset_s ||
    plan.splits.some((split, position) => split.split_s !== edited.splits[position]?.split_s)
  );
}

/** What the service is asked: only what was changed. */
export function changeOf(junctionId: string, plan: OnePlan, edited: Edited): object {
  const splits = edited.splits.filter((split, position) => split.split_s !== plan.splits[position]?.split_s);
  return {
    junction_id: junctionId,
    plan_number: plan.plan_number,
    ...(edited.offset_s === plan.offset_s ? {} : { offset_s: edited.offset_s }),
    ...(splits.length === 0 ? {} : { splits }),
  };
}
