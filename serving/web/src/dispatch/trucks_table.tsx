/** The trucks as a list: when they leave and come home, how full they are, and their papers. */
import { Table } from "../shell/table";
import { number, secondsClock, t } from "../shell/words";
import { type Plan, type Route, loadOf, stopsOf } from "./model";
import { streamText } from "./said";

export function TrucksTable(props: {
  planId: string;
  plan: Plan;
  colorOf: Map<string, string>;
  picked: string | undefined;
  pick: (truck_id: string) => void;
  changed: ReadonlySet<string>;
}) {
  const streams = (route: Route) => [...new Set(route.trips.map((trip) => streamText(trip.stream)))].join(", ");
  return (
    <Table
      caption={t("Trucks of this plan", "本计划的车辆")}
      rows={props.plan.routes}
      id={(route) => route.truck_id}
      current={props.picked}
      empty={t("No truck drives.", "没有车辆出车。")}
      columns={[
        {
          name: t("Truck", "车辆"),
          by: (route) => route.truck_id,
          cell: (route) => (
            <span class="word">
              <i class="swatch" style={{ background: props.colorOf.get(route.truck_id) ?? "" }} />
              <button
                type="button"
                class="small"
                aria-pressed={props.picked === route.truck_id}
                onClick={() => props.pick(route.truck_id)}
              >
                {route.truck_id}
              </button>
              {props.changed.has(route.truck_id) && <span class="badge warn">{t("changed", "已改")}</span>}
            </span>
          ),
        },
        { name: t("Stream", "种类"), cell: (route) => <span class="word">{streams(route)}</span> },
        { name: t("Leaves", "出车"), number: true, by: (route) => route.depart_s, cell: (route) => secondsClock(route.depart_s) },
        { name: t("Home", "收车"), number: true, by: (route) => route.return_s, cell: (route) => secondsClock(route.return_s) },
        { name: t("Stops", "站点"), number: true, by: stopsOf, cell: stopsOf },
        { name: t("Trips", "趟次"), number: true, by: (route) => route.trips.length, cell: (route) => route.trips.length },
        { name: t("Fullest, kg", "最大载量 kg"), number: true, by: loadOf, cell: (route) => number(loadOf(route)) },
        { name: "km", number: true, by: (route) => route.metres, cell: (route) => number(route.metres / 1000, 1) },
      ]}
    />
  );
}
