/** The plan on the city's own roads: a line per truck, a dot per stop, site, depot and point that is left. */
import { useMemo } from "preact/hooks";
import { get } from "../shell/api";
import { Failed, useLoad } from "../shell/loading";
import { CityMap, type Dot, type Ground, type Line } from "../shell/map";
import { secondsClock, t } from "../shell/words";
import { type Plan, keyOf, placed, stopsOf } from "./model";
import { reasonText, streamText } from "./said";

export interface Places {
  points: { point_id: string; stream: string; lon: number; lat: number }[];
  depots: { depot_id: string; lon: number; lat: number }[];
  sites: { site_id: string; kind: string; lon: number; lat: number }[];
  trucks: { truck_id: string; depot_id: string }[];
}

interface Paths {
  routes: { truck_id: string; path: [number, number][] }[];
}

const BETWEEN = "\u0000";
const LEFT = "#8d8d8d";
const MISSED = "#c62828";

export function PlanMap(props: {
  planId: string;
  plan: Plan;
  places: Places | undefined;
  colorOf: Map<string, string>;
  changed: ReadonlySet<string>;
  picked: string | undefined;
  pick: (truck_id: string) => void;
}) {
  const { plan, places, picked, colorOf } = props;
  const ground = useLoad((signal) => get<Ground>("/v1/map/roads", {}, signal), []);
  const paths = useLoad(
    (signal) => get<Paths>(`/v1/routes/plans/${encodeURIComponent(props.planId)}/paths`, {}, signal),
    [props.planId],
  );
  const lines = useMemo(
    () => linesOf(plan, paths.value, places, colorOf, props.changed),
    [plan, paths.value, places, colorOf, props.changed],
  );
  const dots = useMemo(() => dotsOf(plan, places, colorOf, picked), [plan, places, colorOf, picked]);
  const told = t(
    `Map of ${plan.routes.length} routes; the table beside it lists the same trucks.`,
    `${plan.routes.length} 条路线的地图；旁边的表格列出相同车辆。`,
  );
  return (
    <>
      {paths.failed !== "" && <Failed text={paths.failed} again={paths.again} />}
      <CityMap
        ground={ground.value}
        lines={lines}
        dots={dots}
        picked={picked}
        onPick={(id) => props.pick(id.split(BETWEEN)[0] ?? "")}
        told={told}
      />
      <ul class="legend">
        <li>{t("large amber dot: depot", "大琥珀色点：停车场")}</li>
        <li>{t("large black dot: tipping site", "大黑点：处置点")}</li>
        <li>{t("grey dot: left today", "灰点：今日不收")}</li>
        <li class="bad">{t("red dot: mandatory, not served", "红点：必须收运而未安排")}</li>
      </ul>
    </>
  );
}

/** Along the roads where the service has said how; a route that was just changed is straight until it is kept. */
function linesOf(
  plan: Plan,
  paths: Paths | undefined,
  places: Places | undefined,
  colorOf: Map<string, string>,
  changed: ReadonlySet<string>,
): Line[] {
  const along = new Map((paths?.routes ?? []).map((one) => [one.truck_id, one.path]));
  return plan.routes.map((route) => {
    const isNew = changed.has(route.truck_id);
    const path = isNew ? straight(route.truck_id, plan, places) : (along.get(route.truck_id) ?? []);
    return {
      id: route.truck_id,
      path,
      color: colorOf.get(route.truck_id) ?? LEFT,
      width: 3,
      dashed: isNew,
      label: () => `${route.truck_id} · ${stopsOf(route)}`,
    };
  });
}

function straight(truck: string, plan: Plan, places: Places | undefined): [number, number][] {
  const route = plan.routes.find((one) => one.truck_id === truck);
  if (route === undefined || places === undefined) return [];
  const points = new Map(places.points.map((one) => [keyOf(one), one]));
  const sites = new Map(places.sites.map((one) => [one.site_id, one]));
  const depot = places.depots.find((one) => one.depot_id === route.depot_id);
  const halts = route.trips.flatMap((trip) => [
    ...trip.stops.map((stop) => points.get(keyOf(stop))),
    trip.tip === null ? undefined : sites.get(trip.tip.site_id),
  ]);
  return [depot, ...halts, depot].flatMap((one) => (one === undefined ? [] : [[one.lon, one.lat] as [number, number]]));
}

function dotsOf(
  plan: Plan,
  places: Places | undefined,
  colorOf: Map<string, string>,
  picked: string | undefined,
): Dot[] {
  if (places === undefined) return [];
  const where = new Map(places.points.map((one) => [keyOf(one), one]));
  const left: Dot[] = plan.unserved.flatMap((one) => {
    const at = where.get(keyOf(one));
    if (at === undefined) return [];
    const label = () => `${one.point_id} · ${streamText(one.stream)} · ${reasonText(one.reason)}`;
    return [{ id: "", lon: at.lon, lat: at.lat, color: one.mandatory ? MISSED : LEFT, radius: one.mandatory ? 6 : 3, label }];
  });
  const stops: Dot[] = plan.routes.flatMap((route) =>
    placed(route).flatMap(({ stop, position }) => {
      const at = where.get(keyOf(stop));
      if (at === undefined) return [];
      const label = () => `${route.truck_id} #${position} · ${stop.point_id} · ${streamText(stop.stream)} · ${secondsClock(stop.start_s)}`;
      const radius = route.truck_id === picked ? 6 : 4;
      return [{ id: `${route.truck_id}${BETWEEN}${position}`, lon: at.lon, lat: at.lat, color: colorOf.get(route.truck_id) ?? LEFT, radius, label }];
    }),
  );
  const fixed: Dot[] = [
    ...places.depots.map((one) => ({ id: "", lon: one.lon, lat: one.lat, color: "#d99a00", radius: 8, label: () => one.depot_id })),
    ...places.sites.map((one) => ({ id: "", lon: one.lon, lat: one.lat, color: "#111111", radius: 8, label: () => one.site_id })),
  ];
  return [...left, ...stops, ...fixed];
}
