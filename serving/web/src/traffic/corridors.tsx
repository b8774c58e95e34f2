/** Time-space diagrams of a plan's corridors; offsets can be tried here, and are changed at the junction. */
import { useMemo, useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { secondsClock, t } from "../shell/words";
import { type Way, bandCorners, greensBetween, legBands, modulo, withOffsets } from "./timespace";
import type { Block, Corridor } from "./types";
import { useWidth } from "./width";

const [LEFT, TOP, FOOT, ROOM] = [120, 14, 34, 300];
const COLORS = ["#2f6fb3", "#b3562f"];
const CYCLES = 3;

export function CorridorsOf(props: { path: string }) {
  const found = useLoad((signal) => get<{ corridors: Corridor[] }>(`${props.path}/corridors`, {}, signal), [props.path]);
  return (
    <>
      <h3>{t("Corridors: time-space diagram", "绿波带：时距图")}</h3>
      <Shown of={found}>
        {(answer) =>
          answer.corridors.length === 0 ? (
            <p class="quiet">{t("It plans no corridor of two neighbours or more.", "方案不含两个及以上相邻路口的走廊。")}</p>
          ) : (
            <>
              {answer.corridors.map((one) => (
                <CorridorOf key={one.corridor_id} corridor={one} />
              ))}
            </>
          )
        }
      </Shown>
    </>
  );
}

function CorridorOf(props: { corridor: Corridor }) {
  const { corridor } = props;
  const blocks = useMemo(() => [...corridor.blocks, ...(corridor.now === null ? [] : [corridor.now])], [corridor]);
  const [at, setAt] = useState(() => Math.min(1, corridor.blocks.length - 1));
  const [offsets, setOffsets] = useState<ReadonlyMap<string, number>>(new Map());
  const given = blocks[at] ?? blocks[0];
  if (given === undefined) return null;
  const block = offsets.size === 0 ? given : withOffsets(given, corridor.directions, offsets);
  const choose = (next: number) => {
    setAt(next);
    setOffsets(new Map());
  };
  const shift = (id: string, by: number) => {
    const plan = block.plans.find((one) => one.junction_id === id);
    if (plan !== undefined) setOffsets(new Map(offsets).set(id, modulo(plan.offset_s + by, plan.cycle_s)));
  };
  return (
    <div class="card">
      <h4>{corridor.corridor_id}</h4>
      <div class="deeds">
        {blocks.map((one, position) => (
          <button
            key={titleOf(one)}
            type="button"
            class={position === at ? "small on" : "small"}
            aria-pressed={position === at}
            onClick={() => choose(position)}
          >
            {titleOf(one)}
          </button>
        ))}
      </div>
      <Diagram corridor={corridor} block={block} />
      <p>{bandText(corridor, block)}</p>
      <Shifts block={block} given={given} shift={shift} />
      {offsets.size > 0 && (
        <p class="note">
          {t(
            "Other offsets than the plan's are shown, to look at the bands only. To keep them, change the offset at the junction, where it is checked.",
            "当前显示的相位差与方案不同，仅供查看绿波带。要保留，请在路口处修改，修改会经过检查。",
          )}{" "}
          <button type="button" class="small" onClick={() => setOffsets(new Map())}>
            {t("Back", "恢复")}
          </button>
        </p>
      )}
    </div>
  );
}

function titleOf(block: Block): string {
  if (block.runs_s.length === 0) return t("Now", "现状");
  return block.runs_s.map(([from, to]) => `${secondsClock(from)}–${to >= 86_400 ? "24:00" : secondsClock(to)}`).join(", ");
}

function bandText(corridor: Corridor, block: Block): string {
  const said = corridor.directions.map((way, at) => {
    const band = block.directions[at]?.band;
    if (band == null) return noBand(block, way, at);
    return t(`${way.title}: band of ${band[1]} s in ${band[2]} s`, `${way.title}：带宽 ${band[1]} 秒 / ${band[2]} 秒`);
  });
  return said.join("; ");
}

function noBand(block: Block, way: Corridor["directions"][number], at: number): string {
  const legs = legBands(block, way, at).map(({ leg, band }) => `${leg.stops.map((stop) => stop.junction_id).join("–")} ${band[1]} s`);
  const single = legs.length === 0 ? "" : t(`, single legs ${legs.join(", ")}`, `，单段 ${legs.join("，")}`);
  return t(`${way.title}: no band all the way${single}`, `${way.title}：无全程绿波带${single}`);
}

function Shifts(props: { block: Block; given: Block; shift: (id: string, by: number) => void }) {
  return (
    <ul class="shifts" aria-label={t("Offsets", "相位差")}>
      {props.block.plans.map((plan, at) => (
        <li key={plan.junction_id}>
          {plan.junction_id}: {plan.offset_s} / {plan.cycle_s} s{plan.offset_s !== props.given.plans[at]?.offset_s && " *"}{" "}
          <button type="button" class="small" aria-label={t(`${plan.junction_id} one second earlier`, `${plan.junction_id} 提前一秒`)} onClick={() => props.shift(plan.junction_id, -1)}>
            −
          </button>
          <button type="button" class="small" aria-label={t(`${plan.junction_id} one second later`, `${plan.junction_id} 推后一秒`)} onClick={() => props.shift(plan.junction_id, 1)}>
            +
          </button>
        </li>
      ))}
    </ul>
  );
}

function Diagram(props: { corridor: Corridor; block: Block }) {
  const [box, width] = useWidth(720);
  const { corridor, block } = props;
  const until = CYCLES * Math.max(...block.plans.map((plan) => plan.cycle_s));
  const length = Math.max(1, ...corridor.junctions.map((one) => one.distance_m));
  const distance = new Map(corridor.junctions.map((one) => [one.junction_id, one.distance_m]));
  const x = (second: number) => LEFT + (second / until) * (width - LEFT - 8);
  const y = (metres: number) => TOP + ROOM - (metres / length) * (ROOM - 30) - 15;
  const told = t(
    `Time-space diagram of ${corridor.corridor_id}, ${titleOf(block)}: ${bandText(corridor, block)}.`,
    `${corridor.corridor_id} 时距图，${titleOf(block)}：${bandText(corridor, block)}。`,
  );
  const clip = `clip-${corridor.corridor_id.replace(/[^A-Za-z0-9]/g, "-")}`;
  return (
    <div ref={box} class="diagram">
      <svg width={width} height={TOP + ROOM + FOOT} role="img" aria-label={told}>
        <clipPath id={clip}>
          <rect x={LEFT} y={TOP} width={Math.max(1, width - LEFT - 8)} height={ROOM} />
        </clipPath>
        {corridor.junctions.map((one) => (
          <text key={one.junction_id} x={LEFT - 8} y={y(one.distance_m) + 4} text-anchor="end" class="label">
            {one.junction_id} · {Math.round(one.distance_m)} m
          </text>
        ))}
        <g clip-path={`url(#${clip})`}>
          {corridor.directions.map((way, at) => (
            <Bands key={way.title} way={way} at={at} block={block} distance={distance} until={until} x={x} y={y} />
          ))}
          {corridor.directions.map((way, at) => (
            <Lamps key={way.title} way={way} at={at} block={block} distance={distance} until={until} x={x} y={y} />
          ))}
        </g>
        {[0, 1, 2, 3, 4, 5, 6].map((k) => (
          <text key={k} x={x((until / 6) * k)} y={TOP + ROOM + 18} text-anchor="middle" class="label">
            {Math.round((until / 6) * k)} s
          </text>
        ))}
      </svg>
      <ul class="legend">
        {corridor.directions.map((way, at) => (
          <li key={way.title}>
            <svg width="18" height="12" aria-hidden="true">
              <rect width="18" height="12" fill={COLORS[at % 2]} opacity="0.35" />
            </svg>{" "}
            {t("band", "绿波带")} {way.title}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface Drawn {
  way: Way;
  at: number;
  block: Block;
  distance: ReadonlyMap<string, number>;
  until: number;
  x: (second: number) => number;
  y: (metres: number) => number;
}

function Bands(props: Drawn) {
  const whole = props.block.directions[props.at]?.band;
  const color = COLORS[props.at % 2];
  const shown = whole == null ? legBands(props.block, props.way, props.at) : [{ leg: props.way, band: whole }];
  const polygons = shown.flatMap(({ leg, band }) => bandCorners(band, leg, props.distance, props.until));
  return (
    <>
      {polygons.map((corners) => (
        <polygon
          key={`${corners[0]?.join(" ")}`}
          points={corners.map(([second, metres]) => `${props.x(second).toFixed(1)},${props.y(metres).toFixed(1)}`).join(" ")}
          fill={color}
          fill-opacity={0.25}
          stroke={color}
        />
      ))}
    </>
  );
}

function Lamps(props: Drawn) {
  const aside = props.at === 0 ? -5 : 5;
  return (
    <>
      {props.way.stops.map((stop, position) => {
        const y = props.y(props.distance.get(stop.junction_id) ?? 0) + aside;
        return (
          <g key={stop.junction_id}>
            <line x1={props.x(0)} x2={props.x(props.until)} y1={y} y2={y} stroke="#c0483c" stroke-width={2} />
            {greensBetween(props.block, props.at, position, stop.junction_id, props.until).map(([from, to]) => (
              <line key={from} x1={props.x(from)} x2={props.x(to)} y1={y} y2={y} stroke="#2f9e62" stroke-width={6} />
            ))}
          </g>
        );
      })}
    </>
  );
}
