import { describe, expect, it } from "vitest";
import { type Marks, place, under } from "./marks";

/** One degree is a hundred pixels, north is up. */
const project = (lon: number, lat: number) => ({ x: lon * 100, y: -lat * 100 });

const marks: Marks = {
  lines: [{ id: "T1", path: [[0, 0], [1, 0]], color: "red", width: 4 }],
  dots: [
    { id: "below", lon: 1, lat: 1, color: "red", radius: 5 },
    { id: "above", lon: 1.02, lat: 1, color: "red", radius: 5 },
  ],
  picked: undefined,
};
const placed = place(marks, project);
const idAt = (x: number, y: number, of = marks) => under(of, placed, x, y, 2)?.id;

describe("what is under the pointer", () => {
  it("is the dot drawn last where two overlap", () => {
    expect(idAt(101, -100)).toBe("above");
    expect(idAt(94, -100)).toBe("below");
  });

  it("is a line only where no dot is, and only near it", () => {
    expect(idAt(50, 3)).toBe("T1");
    expect(idAt(50, 5)).toBeUndefined();
    expect(idAt(104.1, 0)).toBeUndefined();
  });

  it("is larger where it is picked", () => {
    expect(idAt(50, 5, { ...marks, picked: "T1" })).toBe("T1");
  });
});
