import { describe, expect, it } from "vitest";
import { asIs, changeOf, cycleOf, differs, moveBoundary, setOffset, setSplit } from "./edits";
import type { OnePlan } from "./types";

const plan: OnePlan = {
  plan_number: 3,
  cycle_s: 90,
  offset_s: 12,
  coordinated_stage_id: "EW",
  splits: [
    { stage_id: "EW", split_s: 40 },
    { stage_id: "EW-turn", split_s: 15 },
    { stage_id: "NS", split_s: 35 },
  ],
  lamps: [],
  explained: null,
};
const splits = (edited: { splits: { split_s: number }[] }) => edited.splits.map((split) => split.split_s);

describe("a boundary between two stages", () => {
  it("moves seconds from one to the other and keeps the cycle", () => {
    const edited = moveBoundary(asIs(plan), 0, 4.4);
    expect(splits(edited)).toEqual([44, 11, 35]);
    expect(cycleOf(edited)).toBe(90);
  });

  it("stops where a stage would have nothing left", () => {
    expect(splits(moveBoundary(asIs(plan), 0, 99))).toEqual([54, 1, 35]);
    expect(splits(moveBoundary(asIs(plan), 1, -99))).toEqual([40, 1, 49]);
  });

  it("is not there after the last stage", () => {
    expect(splits(moveBoundary(asIs(plan), 2, 5))).toEqual([40, 15, 35]);
  });

  it("leaves the plan that it came from as it was", () => {
    const before = asIs(plan);
    moveBoundary(before, 0, 10);
    expect(differs(plan, before)).toBe(false);
  });
});

describe("what is typed", () => {
  it("makes the cycle longer by a split", () => {
    expect(cycleOf(setSplit(asIs(plan), 2, 50))).toBe(105);
  });

  it("is not taken while it is no number", () => {
    expect(splits(setSplit(asIs(plan), 0, Number.NaN))).toEqual([40, 15, 35]);
    expect(setOffset(asIs(plan), Number.NaN).offset_s).toBe(12);
  });

  it("takes an offset in the cycle, on both sides of zero", () => {
    expect(setOffset(asIs(plan), -1).offset_s).toBe(89);
    expect(setOffset(asIs(plan), 95).offset_s).toBe(5);
  });
});

describe("what the service is asked", () => {
  it("names only what was changed", () => {
    const edited = setOffset(moveBoundary(asIs(plan), 1, 2), 12);
    expect(changeOf("J1", plan, edited)).toEqual({
      junction_id: "J1",
      plan_number: 3,
      splits: [
        { stage_id: "EW-turn", split_s: 17 },
        { stage_id: "NS", split_s: 33 },
      ],
    });
  });

  it("asks for an offset alone where no split was touched", () => {
    expect(changeOf("J1", plan, setOffset(asIs(plan), 20))).toEqual({ junction_id: "J1", plan_number: 3, offset_s: 20 });
  });
});
