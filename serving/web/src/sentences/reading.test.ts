import { describe, expect, it } from "vitest";
import { read } from "./all_zh";
import { reader } from "./reading";

describe("sentences of the service in Chinese", () => {
  it("take over numbers, names and times", () => {
    expect(read("Truck HC003 stays at home: its crew is absent.")).toBe("车辆 HC003 不出车：班组缺勤。");
    expect(read("Trucks drive 75% of the free-flow speed of each road.")).toBe("车辆以各道路自由流速度的 75% 行驶。");
  });

  it("are read in their parts", () => {
    const text =
      "Serving it today would cost 13.6 more (0.6 km more and 3 min more), in the unit of the trucks' costs; leaving it is priced 11.2 (overflow by the next visit 4%). Serving it costs 2.42 more than leaving it.";
    expect(read(text)).toBe(
      "今日收运的代价：13.6（里程增加 0.6 km，时间增加 3 分钟）（以车辆成本为单位）；不收的代价为 11.2（下次收运前满溢概率 4%）。收运比不收多花 2.42。",
    );
  });

  it("name the thing, then what is wrong with it", () => {
    expect(read("Truck T1, point P3 (kitchen): service starts at 05:10, outside 06:00-14:00.")).toBe(
      "车辆 T1，收运点 P3（厨余垃圾）：05:10 开始作业，不在时段 06:00-14:00 内。",
    );
  });

  it("are said whole or not at all", () => {
    expect(read("Truck T1: something that nobody has put into Chinese yet.")).toBeUndefined();
    expect(read("Truck HC003 stays at home: its crew is absent. And this is new.")).toBeUndefined();
  });

  it("take what looks like a pattern in a name as a name", () => {
    expect(read("Truck {x} (.*) stays at home: its crew is absent.")).toBe("车辆 {x} (.*) 不出车：班组缺勤。");
    expect(reader([["A {name}.", "甲 {name}。"]], {})("A $& $1.")).toBe("甲 $& $1。");
  });

  it("leave no place of a pattern open", async () => {
    const parts = await Promise.all([import("./collection_zh"), import("./traffic_zh"), import("./service_zh")]);
    const pairs = [...parts[0].COLLECTION, ...parts[1].TRAFFIC, ...parts[2].SERVICE];
    const names = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((found) => found[1]);
    for (const [english, chinese] of pairs) {
      for (const name of names(chinese)) expect(names(english), english).toContain(name);
      expect(/[A-Za-z]{3,} [a-z]{3,} [a-z]{2,}/.test(chinese.replace(/`[^`]*`/g, "")), chinese).toBe(false);
    }
  });
});
