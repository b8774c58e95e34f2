/** A what-if as the service reads it: demand:+20%:J001, close-lane:J001:N-through:1, add-crossing:J001:N:14. */
export interface Change {
  kind: "demand" | "close-lane" | "add-crossing";
  percent: number;
  junction: string;
  movement: string;
  lanes: number;
  approach: string;
  metres: number;
}

/** null as long as something is missing. */
export function changeText(change: Change): string | null {
  const { kind, junction } = change;
  if (kind === "demand") {
    if (!Number.isFinite(change.percent) || change.percent < -100) return null;
    const sign = change.percent < 0 ? "-" : "+";
    return `demand:${sign}${Math.abs(change.percent)}%${junction === "" ? "" : `:${junction}`}`;
  }
  if (junction === "") return null;
  if (kind === "close-lane") {
    return change.movement !== "" && change.lanes >= 1 ? `close-lane:${junction}:${change.movement}:${Math.round(change.lanes)}` : null;
  }
  return change.approach !== "" && change.metres > 0 ? `add-crossing:${junction}:${change.approach}:${change.metres}` : null;
}
