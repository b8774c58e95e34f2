/** The slider over a day, with the city's own course behind it. */
import { clockOf, number, percent, t } from "../shell/words";
import { type Day, bandPath, busiest } from "./congestion";
import { levelName } from "./levels";

const [WIDTH, HEIGHT] = [960, 90];

export function Moment(props: { day: Day; at: number; choose: (at: number) => void }) {
  const { times, city } = props.day;
  const last = times.length - 1;
  const moment = times[props.at] as string;
  const value = city[props.at];
  const said =
    value === undefined
      ? clockOf(moment)
      : t(
          `${clockOf(moment)}, city ${levelName(value.level)}, index ${number(value.index_p50, 2)}`,
          `${clockOf(moment)}，全市${levelName(value.level)}，指数 ${number(value.index_p50, 2)}`,
        );
  const step = (by: number) => props.choose(Math.min(last, Math.max(0, props.at + by)));
  return (
    <div class="card moment">
      <Course day={props.day} at={props.at} />
      <label for="moment">{t("Time of day", "时刻")}</label>
      <input
        id="moment"
        type="range"
        min={0}
        max={last}
        step={1}
        value={props.at}
        aria-valuetext={said}
        onInput={(event) => props.choose(Number(event.currentTarget.value))}
      />
      <p class="deeds">
        <button type="button" class="small" onClick={() => step(-1)} disabled={props.at === 0}>
          {t("Earlier", "更早")}
        </button>
        <output for="moment" class="clock">
          {clockOf(moment)}
        </output>
        <button type="button" class="small" onClick={() => step(1)} disabled={props.at === last}>
          {t("Later", "更晚")}
        </button>
        <button type="button" class="small" onClick={() => props.choose(busiest(city))}>
          {t("Busiest", "最拥堵时刻")}
        </button>
        {value !== undefined && (
          <span>
            {t("City", "全市")}: <strong>{levelName(value.level)}</strong>, {number(value.index_p50, 2)} (
            {number(value.index_p10, 2)}–{number(value.index_p90, 2)}), {t("congested with", "拥堵概率")}{" "}
            {percent(value.congested_probability)}
          </span>
        )}
      </p>
    </div>
  );
}

function Course(props: { day: Day; at: number }) {
  const { times, city } = props.day;
  if (city.length === 0) return null;
  const { band, line, top } = bandPath(city, WIDTH, HEIGHT);
  const x = (props.at / Math.max(1, times.length - 1)) * WIDTH;
  const peak = busiest(city);
  const told = t(
    `The city's index through the day with its range from p10 to p90; highest ${number(city[peak]?.index_p50, 2)} at ${clockOf(times[peak] as string)}.`,
    `全市指数日内变化（含 p10–p90 区间）；最高 ${number(city[peak]?.index_p50, 2)}，时刻 ${clockOf(times[peak] as string)}。`,
  );
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" class="course" role="img" aria-label={told}>
      <title>{t(`Index 1 to ${number(top, 1)}`, `指数 1 至 ${number(top, 1)}`)}</title>
      <path d={band} class="band" />
      <path d={line} class="median" />
      <line x1={x} x2={x} y1={0} y2={HEIGHT} class="here" />
    </svg>
  );
}
