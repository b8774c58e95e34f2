import { describe, expect, it } from "vitest";
import { bandCorners, bandOf, greensBetween, legBands, withOffsets } from "./timespace";
import type { Block } from "./types";

const there = { title: "A to B", stops: [{ junction_id: "A", after_s: 0 }, { junction_id: "B", after_s: 30 }] };
const back = { title: "B to A", stops: [{ junction_id: "B", after_s: 0 }, { junction_id: "A", after_s: 30 }] };

/** Two junctions 30 s apart, green for half of a cycle of 60 s each. */
function block(offsetOfB: number): Block {
  const plan = (junction_id: string, offset_s: number) => ({ junction_id, plan_number: 1, cycle_s: 60, offset_s });
  const greens_s: [number, number][][] = [[[0, 30]], [[0, 30]]];
  return {
    runs_s: [[0, 86_400]],
    plans: [plan("A", 0), plan("B", offsetOfB)],
    directions: [{ greens_s, band: null }, { greens_s, band: null }],
  };
}

describe("a green wave", () => {
  it("is whole where the offset is the travel time, both ways where that is half of the cycle", () => {
    expect(bandOf(block(30), there, 0)).toEqual([0, 30, 60]);
    expect(bandOf(block(30), back, 1)).toEqual([30, 30, 60]);
  });

  it("loses a second of width per second of offset", () => {
    expect(bandOf(block(40), there, 0)).toEqual([10, 20, 60]);
    expect(bandOf(block(21), there, 0)).toEqual([0, 21, 60]);
  });

  it("is none where everybody arrives at red", () => {
    expect(bandOf(block(0), there, 0)).toBeNull();
  });

  it("is none where the cycles meet too rarely to speak of a wave", () => {
    const unlike = block(30);
    unlike.plans = [{ ...unlike.plans[0]!, cycle_s: 59 }, { ...unlike.plans[1]!, cycle_s: 113 }];
    expect(bandOf(unlike, there, 0)).toBeNull();
  });

  it("agrees with the service's own figures for three junctions of unlike cycles", () => {
    // As GET /v1/signals/plans/{id}/corridors answers for the demo city.
    const told: Block = {
      runs_s: [[0, 24_300]],
      plans: [
        { junction_id: "J001", plan_number: 2, cycle_s: 75, offset_s: 0 },
        { junction_id: "J002", plan_number: 2, cycle_s: 75, offset_s: 1 },
        { junction_id: "J003", plan_number: 1, cycle_s: 110, offset_s: 34 },
      ],
      directions: [
        { greens_s: [[[0, 17]], [[0, 14]], [[0, 30]]], band: [10, 7, 1650] },
        { greens_s: [[[0, 30]], [[0, 14]], [[0, 17]]], band: [164, 6, 1650] },
      ],
    };
    const ways = [
      { stops: [{ junction_id: "J001", after_s: 0 }, { junction_id: "J002", after_s: 66.0672 }, { junction_id: "J003", after_s: 135.7848 }] },
      { stops: [{ junction_id: "J003", after_s: 0 }, { junction_id: "J002", after_s: 69.7176 }, { junction_id: "J001", after_s: 135.7848 }] },
    ];
    ways.forEach((way, at) => expect(bandOf(told, way, at)).toEqual(told.directions[at]?.band));
  });
});

describe("trying an offset", () => {
  it("moves the greens of that junction alone, and the bands follow", () => {
    const tried = withOffsets(block(0), [there, back], new Map([["B", 30]]));
    expect(greensBetween(tried, 0, 0, "A", 60)).toEqual([[0, 30]]);
    expect(greensBetween(tried, 0, 1, "B", 60)).toEqual([[30, 60]]);
    expect(tried.directions[0]?.band).toEqual([0, 30, 60]);
  });

  it("shows a green that began before the clock's zero", () => {
    expect(greensBetween(block(50), 0, 1, "B", 60)).toEqual([[0, 20], [50, 60]]);
  });
});

it("draws a band along the way, at the speed of the platoon", () => {
  const corners = bandCorners([5, 10, 60], there, new Map([["A", 0], ["B", 400]]), 60);
  expect(corners.find((one) => one[0]?.[0] === 5)).toEqual([[5, 0], [35, 400], [45, 400], [15, 0]]);
});

describe("where nobody gets through all the way", () => {
  it("tells the bands of the single legs", () => {
    const way = { stops: [{ junction_id: "A", after_s: 0 }, { junction_id: "B", after_s: 30 }, { junction_id: "A", after_s: 60 }] };
    const three = block(40);
    three.directions = [{ greens_s: [[[0, 30]], [[0, 30]], [[32, 40]]], band: null }];
    expect(bandOf(three, way, 0)).toBeNull();
    expect(legBands(three, way, 0).map(({ band }) => band[1])).toEqual([20, 8]);
  });
});
