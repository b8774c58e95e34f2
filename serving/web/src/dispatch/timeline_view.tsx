/** The trucks' day side by side; a stop is dragged to another place or another truck. */
import { memo } from "../shell/memo";
import { useMemo, useRef, useState } from "preact/hooks";
import { now } from "../shell/session";
import { dayOf, secondsClock, t } from "../shell/words";
import { type Placed, type Plan, type Route, loadOf, placed } from "./model";
import { type Target, positionAt } from "./moving";
import { type Scale, barsOf, loadLine, secondAt, spanOf, ticks, xOf } from "./timeline";

const ROW = 30;
const TOP = 24;
const NAMES = 96;
const WIDTHS = [1400, 2800, 5600, 11200];
const TICK_APART = 70;

interface Drag {
  stop: Placed;
  to: Target | undefined;
  x: number;
  y: number;
}

export function Timeline(props: {
  plan: Plan;
  colorOf: Map<string, string>;
  picked: string | undefined;
  pick: (truck_id: string) => void;
  move?: (stop: Placed, to: Target | null) => void;
}) {
  const { plan, move } = props;
  const drawing = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const [zoom, setZoom] = useState(0);
  const width = WIDTHS[zoom] ?? 1400;
  const span = spanOf(plan);
  const scale: Scale = useMemo(
    () => ({ ...span, left: NAMES, right: width - 10 }),
    [span.from_s, span.to_s, width],
  );
  const height = TOP + plan.routes.length * ROW + 4;
  const at = (event: PointerEvent) => {
    const box = drawing.current?.getBoundingClientRect();
    return box === undefined ? { x: 0, y: 0 } : { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const targetAt = (x: number, y: number): Target | undefined => {
    const route = plan.routes[Math.floor((y - TOP) / ROW)];
    if (route === undefined || x < NAMES - 20) return undefined;
    return { truck_id: route.truck_id, position: positionAt(route, secondAt(x, scale)) };
  };
  const down = (event: PointerEvent) => {
    const found = stopOf(event.target, plan);
    if (found === undefined) return;
    props.pick(found.truck_id);
    if (move === undefined || event.button !== 0) return;
    drawing.current?.setPointerCapture(event.pointerId);
    setDrag({ stop: found, to: undefined, ...at(event) });
  };
  const moveTo = (event: PointerEvent) => {
    if (drag === undefined) return;
    const spot = at(event);
    setDrag({ ...drag, ...spot, to: targetAt(spot.x, spot.y) });
  };
  const up = () => {
    if (drag?.to !== undefined) move?.(drag.stop, drag.to);
    setDrag(undefined);
  };
  return (
    <>
      <p class="zoom">
        <button type="button" class="small" disabled={zoom === 0} aria-label={t("Timeline coarser", "缩小时间轴")} onClick={() => setZoom(zoom - 1)}>
          −
        </button>{" "}
        <button type="button" class="small" disabled={zoom === WIDTHS.length - 1} aria-label={t("Timeline finer", "放大时间轴")} onClick={() => setZoom(zoom + 1)}>
          +
        </button>
      </p>
      <div class="timeline" tabIndex={0} role="region" aria-label={t("Timeline of the trucks", "车辆时间轴")}>
        <svg
          ref={drawing}
          width={width}
          height={height}
          role="img"
          aria-label={t(
            `What ${plan.routes.length} trucks do through the day; each truck's list below says the same in words.`,
            `${plan.routes.length} 辆车的全天安排；下方列表以文字说明相同内容。`,
          )}
          onPointerDown={down}
          onPointerMove={moveTo}
          onPointerUp={up}
          onPointerCancel={() => setDrag(undefined)}
        >
          <Hours scale={scale} height={height} />
          {plan.routes.map((route, number) => (
            <Row
              key={route.truck_id}
              route={route}
              top={TOP + number * ROW}
              scale={scale}
              color={props.colorOf.get(route.truck_id) ?? "gray"}
              isPicked={route.truck_id === props.picked}
              pick={props.pick}
            />
          ))}
          <NowLine plan={plan} scale={scale} height={height} />
          {drag !== undefined && <Aim drag={drag} plan={plan} scale={scale} />}
        </svg>
      </div>
    </>
  );
}

function stopOf(target: EventTarget | null, plan: Plan): Placed | undefined {
  if (!(target instanceof SVGElement) || target.dataset["truck"] === undefined) return undefined;
  const route = plan.routes.find((one) => one.truck_id === target.dataset["truck"]);
  return route === undefined ? undefined : placed(route)[Number(target.dataset["position"]) - 1];
}

function Hours(props: { scale: Scale; height: number }) {
  return (
    <g>
      {ticks(props.scale, TICK_APART).map((second) => (
        <g key={second}>
          <line class="tick" x1={xOf(second, props.scale)} x2={xOf(second, props.scale)} y1={TOP - 4} y2={props.height} />
          <text x={xOf(second, props.scale)} y={14} text-anchor="middle">
            {secondsClock(second)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Drawn anew only when its own route is another one: sixty rows of stops are many. */
const Row = memo(function Row(props: {
  route: Route;
  top: number;
  scale: Scale;
  color: string;
  isPicked: boolean;
  pick: (truck_id: string) => void;
}) {
  const { route, top, scale, color } = props;
  const full = Math.max(1, loadOf(route));
  const line = loadLine(route).map(([second, kg]) => `${xOf(second, scale).toFixed(1)},${(top + 26 - (kg / full) * 22).toFixed(1)}`);
  return (
    <g class={props.isPicked ? "row current" : "row"}>
      {props.isPicked && <rect class="over" x={0} y={top} width={scale.right + 10} height={ROW} />}
      <text class="name" x={6} y={top + 19} onClick={() => props.pick(route.truck_id)}>
        {route.truck_id.length > 12 ? `${route.truck_id.slice(0, 11)}…` : route.truck_id}
      </text>
      {barsOf(route).map((bar) => {
        const x = xOf(bar.start_s, scale);
        const width = Math.max(bar.kind === "stop" ? 4 : 1.5, xOf(bar.end_s, scale) - x);
        if (bar.kind === "drive") return <rect key="drive" class="drive" x={x} y={top + 13} width={width} height={4} />;
        if (bar.kind !== "stop") {
          return (
            <rect key={`${bar.kind} ${bar.start_s}`} class={bar.kind} x={x} y={top + 7} width={width} height={16}>
              <title>{`${bar.kind} ${bar.label} ${secondsClock(bar.start_s)}–${secondsClock(bar.end_s)}`}</title>
            </rect>
          );
        }
        return (
          <rect
            key={`stop ${bar.position}`}
            class="stop"
            data-truck={route.truck_id}
            data-position={bar.position}
            x={x}
            y={top + 6}
            width={width}
            height={18}
            rx={2}
            fill={color}
          >
            <title>{`${route.truck_id} #${bar.position} · ${bar.label} · ${secondsClock(bar.start_s)}`}</title>
          </rect>
        );
      })}
      <polyline class="load" points={line.join(" ")} />
    </g>
  );
});

function NowLine(props: { plan: Plan; scale: Scale; height: number }) {
  const moment = now();
  if (dayOf(moment) !== props.plan.service_date) return null;
  const [hours = 0, minutes = 0] = new Intl.DateTimeFormat("en-GB", {
    timeZone: props.plan.time_zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  })
    .format(moment)
    .split(":")
    .map(Number);
  const second = hours * 3600 + minutes * 60;
  if (second < props.scale.from_s || second > props.scale.to_s) return null;
  const x = xOf(second, props.scale);
  return <line class="now" x1={x} x2={x} y1={TOP - 4} y2={props.height} />;
}

function Aim(props: { drag: Drag; plan: Plan; scale: Scale }) {
  const { drag, plan, scale } = props;
  const number = plan.routes.findIndex((route) => route.truck_id === drag.to?.truck_id);
  const route = plan.routes[number];
  const label = `${drag.stop.stop.point_id} → ${drag.to === undefined ? "?" : `${drag.to.truck_id} #${drag.to.position}`}`;
  const next = route === undefined ? undefined : placed(route)[(drag.to?.position ?? 1) - 1];
  const second = next?.stop.start_s ?? (route === undefined ? undefined : lastEnd(route));
  return (
    <g pointer-events="none">
      {route !== undefined && second !== undefined && (
        <line class="aim" x1={xOf(second, scale) - 2} x2={xOf(second, scale) - 2} y1={TOP + number * ROW} y2={TOP + (number + 1) * ROW} />
      )}
      <text x={Math.min(drag.x + 12, scale.right - 210)} y={Math.max(14, drag.y - 6)} font-weight="700">
        {label}
      </text>
    </g>
  );
}

function lastEnd(route: Route): number {
  return placed(route).at(-1)?.stop.depart_s ?? route.depart_s;
}
