import { describe, expect, it } from "vitest";
import { type Plan, type Route, firstPlan, newlyMissed, placed } from "./model";
import { changesNothing, findPoint, moveOf, positionAt } from "./moving";

function stop(point_id: string, start_s: number, stream = "residual") {
  return { point_id, stream, arrive_s: start_s - 60, start_s, depart_s: start_s + 60, kg: 100, m3: 1, load_kg: 100, load_m3: 1, reason: "planned" };
}

const tip = { site_id: "S1", arrive_s: 3000, start_s: 3000, depart_s: 3300, kg: 200 };
const first: Route = {
  truck_id: "T1", depot_id: "D", depart_s: 0, return_s: 9000, metres: 1000, drive_s: 100, break_taken: null,
  trips: [
    { stream: "residual", stops: [stop("A", 1000), stop("B", 2000)], tip },
    { stream: "residual", stops: [stop("C", 5000)], tip: { ...tip, arrive_s: 7000, start_s: 7000, depart_s: 7300 } },
  ],
};
const second: Route = { ...first, truck_id: "T2", trips: [{ stream: "kitchen", stops: [stop("A", 1000, "kitchen")], tip }] };
const left = (point_id: string, mandatory: boolean) => ({
  point_id, stream: "residual", reason: "no_time", sentence: "", mandatory, relaxation: null, extra_km: null, extra_min: null,
});
const plan: Plan = {
  plan_id: "p", service_date: "2026-03-30", time_zone: "UTC", routes: [first, second], unserved: [left("Z", false)],
  cost: [], assumed: [], degraded: [], rung: "optimised", provenance: { recipe: null },
};

describe("a stop's place in its truck's day", () => {
  it("counts on over the trips", () => {
    expect(placed(first).map((one) => [one.stop.point_id, one.position, one.trip])).toEqual([["A", 1, 1], ["B", 2, 1], ["C", 3, 2]]);
  });

  it("is found from the second at which something is dropped", () => {
    expect(positionAt(first, 0)).toBe(1);
    expect(positionAt(first, 1500)).toBe(2);
    expect(positionAt(first, 8000)).toBe(4);
    expect(positionAt(undefined, 0)).toBe(1);
  });
});

describe("a move", () => {
  const [a, b, c] = placed(first) as [ReturnType<typeof placed>[0], ReturnType<typeof placed>[0], ReturnType<typeof placed>[0]];

  it("to another truck keeps the place that was aimed at", () => {
    expect(moveOf(a, { truck_id: "T2", position: 1 })).toEqual({
      point_id: "A", stream: "residual", from_truck_id: "T1", from_position: 1, to: { truck_id: "T2", position: 1, trip: null },
    });
  });

  it("down within its own truck counts without the stop itself, as the service does", () => {
    expect(moveOf(a, { truck_id: "T1", position: 3 }).to?.position).toBe(2);
    expect(moveOf(c, { truck_id: "T1", position: 1 }).to?.position).toBe(1);
  });

  it("to where the stop already is changes nothing", () => {
    expect(changesNothing(b, { truck_id: "T1", position: 2 })).toBe(true);
    expect(changesNothing(b, { truck_id: "T1", position: 3 })).toBe(true);
    expect(changesNothing(b, { truck_id: "T1", position: 1 })).toBe(false);
    expect(changesNothing(b, { truck_id: "T2", position: 2 })).toBe(false);
  });

  it("off the truck has no target", () => {
    expect(moveOf(a, null).to).toBeNull();
  });
});

describe("a typed point", () => {
  it("is found by its name, and by name and stream where it has several", () => {
    expect(findPoint(plan, " b ").stop?.stop.point_id).toBe("B");
    expect(findPoint(plan, "A").problem).toBe("several");
    expect(findPoint(plan, "A kitchen").stop?.truck_id).toBe("T2");
    expect(findPoint(plan, "A/residual").stop?.truck_id).toBe("T1");
  });

  it("may be one that nobody serves, and is not taken for another where it is unknown", () => {
    expect(findPoint(plan, "Z").unserved?.point_id).toBe("Z");
    expect(findPoint(plan, "Q").problem).toBe("unknown");
    expect(findPoint(plan, "<img src=x onerror=alert(1)>").problem).toBe("unknown");
  });
});

describe("the plan that opens", () => {
  const of = (plan_id: string, status: string, service_date: string) => ({ plan_id, status, service_date, made_at: "" });

  it("is the one that is driven today, whatever was drafted since", () => {
    const plans = [of("new", "draft", "2026-03-30"), of("driven", "published", "2026-03-30"), of("old", "published", "2026-03-29")];
    expect(firstPlan(plans, "2026-03-30")?.plan_id).toBe("driven");
  });

  it("is never one that somebody refused", () => {
    expect(firstPlan([of("no", "refused", "2026-03-30"), of("old", "expired", "2026-03-01")], "2026-03-30")?.plan_id).toBe("old");
    expect(firstPlan([of("no", "refused", "2026-03-30")], "2026-03-30")).toBeUndefined();
  });
});

it("tells which mandatory points a change leaves that were served before", () => {
  const after = { ...plan, unserved: [left("Z", false), left("B", true)] };
  expect(newlyMissed(plan, after).map((one) => one.point_id)).toEqual(["B"]);
  expect(newlyMissed(after, after)).toEqual([]);
});
