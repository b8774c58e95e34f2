/** A stage diagram: what each signal group shows in each second of the cycle; boundaries between stages can be moved. */
import { useRef } from "preact/hooks";
import { t } from "../shell/words";
import type { Edited } from "./edits";
import { cycleOf } from "./edits";
import type { OnePlan, Split } from "./types";
import { useWidth } from "./width";

const [LABEL, ROW, TOP, FOOT] = [92, 22, 30, 24];
const LAMPS: Record<string, { color: string; height: number }> = {
  green: { color: "#2f9e62", height: 14 },
  "green flash": { color: "#9bd3b0", height: 14 },
  yellow: { color: "#e8b500", height: 10 },
  "red-amber": { color: "#e07b1f", height: 10 },
  red: { color: "#c0483c", height: 3 },
};

export interface Moving {
  edited: Edited;
  /** The end of stage `at` moved by so many seconds against where it was when the hand took it. */
  move: (at: number, seconds: number, from: Edited) => void;
}

export function StageDiagram(props: {
  plan: OnePlan;
  groups: readonly { group_id: string; movement_ids: string[]; walks: boolean }[];
  title: string;
  moving?: Moving;
  stale?: boolean;
}) {
  const [box, width] = useWidth(640);
  const { plan, moving } = props;
  const splits = moving?.edited.splits ?? plan.splits;
  const cycle = moving === undefined ? plan.cycle_s : Math.max(1, cycleOf(moving.edited));
  const scale = (width - LABEL - 8) / cycle;
  const rows = plan.lamps;
  const height = TOP + rows.length * ROW + FOOT;
  const told = t(
    `${props.title}: cycle ${cycle} s; ${splits.map((split) => `${split.stage_id} ${split.split_s} s`).join(", ")}.`,
    `${props.title}：周期 ${cycle} 秒；${splits.map((split) => `${split.stage_id} ${split.split_s} 秒`).join("，")}。`,
  );
  return (
    <div ref={box} class={props.stale ? "diagram stale" : "diagram"}>
      <svg width={width} height={height} role={moving === undefined ? "img" : "group"} aria-label={told}>
        {rows.map((row, position) => (
          <Row key={row.group_id} row={row} y={TOP + position * ROW} scale={scale} cycle={cycle} group={props.groups.find((one) => one.group_id === row.group_id)} />
        ))}
        <Axis cycle={cycle} scale={scale} y={TOP + rows.length * ROW} />
        <Boundaries splits={splits} scale={scale} height={TOP + rows.length * ROW} />
        {moving !== undefined &&
          splits.slice(0, -1).map((split, at) => (
            <Handle key={split.stage_id} at={at} splits={splits} scale={scale} height={TOP + rows.length * ROW} moving={moving} />
          ))}
      </svg>
    </div>
  );
}

function Row(props: {
  row: OnePlan["lamps"][number];
  y: number;
  scale: number;
  cycle: number;
  group: { movement_ids: string[]; walks: boolean } | undefined;
}) {
  const { row, y, scale } = props;
  const middle = y + ROW / 2;
  const said = props.group?.walks ? `${row.group_id} ${t("people on foot", "行人")}` : `${row.group_id}: ${props.group?.movement_ids.join(", ") ?? ""}`;
  return (
    <g>
      <title>{said}</title>
      <text x={LABEL - 6} y={middle + 4} class="label" text-anchor="end">
        {row.group_id}
      </text>
      {row.spans
        .filter(([, from]) => from < props.cycle)
        .map(([lamp, from, until]) => {
          const shown = LAMPS[lamp] ?? { color: "#888", height: 4 };
          const end = Math.min(until, props.cycle);
          return (
            <rect
              key={`${lamp} ${from}`}
              x={LABEL + from * scale}
              y={middle - shown.height / 2}
              width={Math.max(0.5, (end - from) * scale)}
              height={shown.height}
              fill={shown.color}
            />
          );
        })}
    </g>
  );
}

function Axis(props: { cycle: number; scale: number; y: number }) {
  const marks = Array.from({ length: Math.floor(props.cycle / 20) + 1 }, (_, k) => k * 20);
  return (
    <g class="axis">
      {marks.map((second) => (
        <text key={second} x={LABEL + second * props.scale} y={props.y + 16} text-anchor="middle">
          {second}
        </text>
      ))}
    </g>
  );
}

function Boundaries(props: { splits: readonly Split[]; scale: number; height: number }) {
  let start = 0;
  return (
    <g>
      {props.splits.map((split) => {
        const x = LABEL + start * props.scale;
        const wide = split.split_s * props.scale;
        start += split.split_s;
        return (
          <g key={split.stage_id}>
            <line x1={x} x2={x} y1={TOP - 8} y2={props.height} class="boundary" />
            <text x={x + wide / 2} y={TOP - 12} text-anchor="middle" class="stage">
              {wide > 70 ? `${split.stage_id} ${split.split_s} s` : wide > 26 ? split.split_s : ""}
            </text>
          </g>
        );
      })}
    </g>
  );
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };

function Handle(props: { at: number; splits: readonly Split[]; scale: number; height: number; moving: Moving }) {
  const { at, splits, scale, moving } = props;
  const taken = useRef<{ x: number; from: Edited }>(undefined);
  const end = splits.slice(0, at + 1).reduce((sum, split) => sum + split.split_s, 0);
  const here = splits[at] as Split;
  const next = splits[at + 1] as Split;
  const x = LABEL + end * scale;
  return (
    <g
      class="handle"
      role="slider"
      tabindex={0}
      aria-label={t(`Boundary between ${here.stage_id} and ${next.stage_id}`, `${here.stage_id} 与 ${next.stage_id} 的分界`)}
      aria-valuemin={1}
      aria-valuemax={here.split_s + next.split_s - 1}
      aria-valuenow={here.split_s}
      aria-valuetext={`${here.stage_id} ${here.split_s} s, ${next.stage_id} ${next.split_s} s`}
      onKeyDown={(event) => {
        const step = STEPS[event.key];
        if (step === undefined) return;
        event.preventDefault();
        moving.move(at, step, moving.edited);
      }}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        event.currentTarget.focus();
        taken.current = { x: event.clientX, from: moving.edited };
      }}
      onPointerMove={(event) => {
        const held = taken.current;
        if (held !== undefined) moving.move(at, (event.clientX - held.x) / scale, held.from);
      }}
      onPointerUp={() => {
        taken.current = undefined;
      }}
      onPointerCancel={() => {
        taken.current = undefined;
      }}
    >
      <rect x={x - 11} y={TOP - 10} width={22} height={props.height - TOP + 10} class="grip-area" />
      <rect x={x - 2} y={TOP - 8} width={4} height={props.height - TOP + 8} class="grip" />
      <circle cx={x} cy={TOP - 8} r={7} class="grip" />
    </g>
  );
}

export function LampLegend() {
  const names: [string, string][] = [
    ["green", t("green", "绿")],
    ["green flash", t("green flash", "绿闪")],
    ["yellow", t("yellow", "黄")],
    ["red", t("red (thin)", "红（细线）")],
  ];
  return (
    <ul class="legend" aria-label={t("Lamps", "灯色")}>
      {names.map(([lamp, name]) => (
        <li key={lamp}>
          <svg width="18" height="14" aria-hidden="true">
            <rect x="0" y={7 - (LAMPS[lamp]?.height ?? 4) / 2} width="18" height={LAMPS[lamp]?.height ?? 4} fill={LAMPS[lamp]?.color} />
          </svg>{" "}
          {name}
        </li>
      ))}
    </ul>
  );
}
