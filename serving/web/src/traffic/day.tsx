/** Forecast congestion through the day: a map, a list beside it, and a slider over the forecast's moments. */
import { useMemo, useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { CityMap, type Dot, type Ground } from "../shell/map";
import { memo } from "../shell/memo";
import { now, session } from "../shell/session";
import { useSettled } from "../shell/settled";
import { Table } from "../shell/table";
import { clockOf, dayOf, number, percent, t } from "../shell/words";
import { type Detector, busiest, dayOfForecast, positionAt, valueAt, worstByJunction } from "./congestion";
import { midnightOf, nextDay } from "./daytime";
import { LEVELS, levelColor, levelName, levelRadius } from "./levels";
import { Moment } from "./moment";
import type { CongestionColumns, IndexValue } from "./types";
import { Said } from "../shell/said";

interface Places {
  junctions: { junction_id: string; name: string; lon: number; lat: number; mode: string }[];
  detectors: Detector[];
}

const LIST_AFTER_MS = 120;

export function DayView() {
  const today = dayOf(now());
  const [day, setDay] = useState(today);
  const places = useLoad((signal) => get<Places>("/v1/map/junctions", {}, signal), []);
  const ground = useLoad((signal) => get<Ground>("/v1/map/roads", {}, signal), []);
  const index = useLoad(
    (signal) => {
      const [from, to] = [midnightOf(day, session.time_zone), midnightOf(nextDay(day), session.time_zone)];
      const hours = { from: from.toISOString(), to: to.toISOString() };
      return get<CongestionColumns>("/v1/signals/congestion", hours, signal);
    },
    [day],
  );
  return (
    <>
      <p class="deeds">
        {[today, nextDay(today)].map((one, position) => (
          <label key={one} class="beside">
            <input type="radio" name="day" checked={day === one} onChange={() => setDay(one)} />
            {position === 0 ? t("Today", "今天") : t("Tomorrow", "明天")} {one}
          </label>
        ))}
      </p>
      <Shown of={index}>
        {(found) => (
          <Shown of={places}>{(where) => <Through index={found} places={where} ground={ground.value} day={day} />}</Shown>
        )}
      </Shown>
    </>
  );
}

function Through(props: { index: CongestionColumns; places: Places; ground: Ground | undefined; day: string }) {
  const { index, places } = props;
  const day = useMemo(() => dayOfForecast(index), [index]);
  const [chosen, setChosen] = useState<{ day: string; at: number }>();
  const [picked, setPicked] = useState<string>();
  const first = props.day === dayOf(now()) ? positionAt(day.times, now()) : busiest(day.city);
  const at = Math.min(chosen?.day === props.day ? chosen.at : first, Math.max(0, day.times.length - 1));
  const worst = useMemo(() => worstByJunction(day, places.detectors, at), [day, places, at]);
  const rested = useSettled(useMemo(() => ({ worst, at }), [worst, at]), LIST_AFTER_MS);
  const dots = useMemo(() => dotsOf(places, worst, (id) => valueAt(day.segments.get(id), at, day.levels)), [day, places, worst, at]);
  if (day.times.length === 0) {
    return <p class="quiet">{t("No forecast speaks of this day yet.", "暂无该日的预测。")}</p>;
  }
  const moment = day.times[at] as string;
  const bad = [...worst.values()].filter((value) => value.level === "moderate" || value.level === "severe").length;
  const told = t(
    `Map of ${places.junctions.length} junctions at ${clockOf(moment)}: ${bad} congested. The list beside it says the same.`,
    `${clockOf(moment)} 的 ${places.junctions.length} 个路口地图：${bad} 个拥堵。旁边的列表内容相同。`,
  );
  return (
    <>
      {index.degraded.map((one) => (
        <p key={one} class="problem">
          <Said text={one} />
        </p>
      ))}
      <Moment day={day} at={at} choose={(next) => setChosen({ day: props.day, at: next })} />
      <div class="columns">
        <div>
          <CityMap ground={props.ground} dots={dots} told={told} picked={picked} onPick={setPicked} />
          <Legend />
        </div>
        <Listed places={places} worst={rested.worst} picked={picked} pick={setPicked} moment={day.times[rested.at] ?? moment} />
      </div>
      <p class="quiet">
        {t(
          `Index: how many times longer the way takes than in free flow. Issued ${dayOf(index.issued_at)} ${clockOf(index.issued_at)}.`,
          `指数：行程时间与自由流时间之比。预测发布于 ${dayOf(index.issued_at)} ${clockOf(index.issued_at)}。`,
        )}
      </p>
    </>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label={t("Levels", "等级")}>
      {LEVELS.map((level) => (
        <li key={level}>
          <LevelMark level={level} /> {levelName(level)}
        </li>
      ))}
      <li>{t("Large: junction, its worst approach. Small: detector.", "大点：路口（最差进口）；小点：检测器。")}</li>
    </ul>
  );
}

export function LevelMark(props: { level: string | undefined }) {
  const radius = levelRadius(props.level) / 1.8;
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" class="mark">
      <circle cx="8" cy="8" r={radius} fill={levelColor(props.level)} />
    </svg>
  );
}

function dotsOf(
  places: Places,
  worst: ReadonlyMap<string, IndexValue>,
  segment: (id: string) => IndexValue | undefined,
): Dot[] {
  const small = places.detectors.map((one): Dot => {
    const value = segment(one.detector_id);
    const label = () => `${one.detector_id} (${one.approach}): ${valueText(value)}`;
    return { id: one.junction_id ?? one.detector_id, lon: one.lon, lat: one.lat, color: levelColor(value?.level), radius: 4, label };
  });
  const large = places.junctions.map((one): Dot => {
    const value = worst.get(one.junction_id);
    return {
      id: one.junction_id,
      lon: one.lon,
      lat: one.lat,
      color: levelColor(value?.level),
      radius: levelRadius(value?.level),
      label: () => `${one.junction_id} ${one.name}: ${valueText(value)}`,
    };
  });
  return [...small, ...large];
}

function valueText(value: IndexValue | undefined): string {
  if (value === undefined) return levelName(undefined);
  return `${levelName(value.level)}, ${number(value.index_p50, 2)} (${number(value.index_p10, 2)}–${number(value.index_p90, 2)})`;
}

const Listed = memo(function Listed(props: {
  places: Places;
  worst: ReadonlyMap<string, IndexValue>;
  picked: string | undefined;
  pick: (id: string) => void;
  moment: string;
}) {
  const of = (id: string) => props.worst.get(id);
  const rows = useMemo(
    () =>
      [...props.places.junctions].sort(
        (a, b) => (of(b.junction_id)?.index_p50 ?? 0) - (of(a.junction_id)?.index_p50 ?? 0),
      ),
    [props.places, props.worst],
  );
  return (
    <Table
      caption={t(`Junctions at ${clockOf(props.moment)}`, `${clockOf(props.moment)} 的路口`)}
      rows={rows}
      id={(row) => row.junction_id}
      current={props.picked}
      empty={t("There are no junctions.", "没有路口。")}
      columns={[
        {
          name: t("Junction", "路口"),
          by: (row) => row.junction_id,
          cell: (row) => (
            <span class="named">
              <button
                type="button"
                class="small"
                aria-label={t(`Show ${row.junction_id} on the map`, `在地图上显示 ${row.junction_id}`)}
                aria-pressed={props.picked === row.junction_id}
                onClick={() => props.pick(row.junction_id)}
              >
                {row.junction_id}
              </button>{" "}
              {row.name}
            </span>
          ),
        },
        {
          name: t("Level", "等级"),
          by: (row) => of(row.junction_id)?.index_p50 ?? 0,
          cell: (row) => (
            <span class="level">
              <LevelMark level={of(row.junction_id)?.level} /> {levelName(of(row.junction_id)?.level)}
            </span>
          ),
        },
        {
          name: t("Index (p10–p90)", "指数 (p10–p90)"),
          number: true,
          by: (row) => of(row.junction_id)?.index_p50 ?? 0,
          cell: (row) => {
            const value = of(row.junction_id);
            return value === undefined ? "–" : `${number(value.index_p50, 2)} (${number(value.index_p10, 2)}–${number(value.index_p90, 2)})`;
          },
        },
        {
          name: t("P(congested)", "拥堵概率"),
          number: true,
          by: (row) => of(row.junction_id)?.congested_probability ?? 0,
          cell: (row) => percent(of(row.junction_id)?.congested_probability),
        },
      ]}
    />
  );
});
