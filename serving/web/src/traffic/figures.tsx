/** Delays, gains and safety in the same few words everywhere. */
import { number, percent, t } from "../shell/words";
import type { Delay, Finding, Gain } from "./types";
import { Said } from "../shell/said";

export function DelayText(props: { of: Delay | null }) {
  const { of } = props;
  if (of === null) return <>–</>;
  const levels = of.levels[0] === of.levels[2] ? of.levels[0] : `${of.levels[0]}–${of.levels[2]}`;
  return (
    <>
      {number(of.expected_s, 1)} s <strong>{of.levels[1]}</strong>{" "}
      <span class="quiet range">
        ({number(of.low_s)}–{number(of.high_s)} s, {levels})
      </span>
    </>
  );
}

export function gainText(gain: Gain | null): string {
  if (gain === null) return t("no comparison: no running plan is known", "无法比较：未知现行方案");
  const [least, most] = gain.share_between;
  const said = `${percent(Math.abs(gain.share))} (${percent(least)} – ${percent(most)})`;
  return gain.share >= 0
    ? t(`${said} less delay than the running plan`, `延误比现行方案减少 ${said}`)
    : t(`${said} more delay than the running plan`, `延误比现行方案增加 ${said}`);
}

export function GainCard(props: { gain: Gain | null }) {
  const { gain } = props;
  return (
    <div class="card">
      <h3>{t("Gain against the running plan", "相对现行方案的收益")}</h3>
      {gain === null ? (
        <p>{gainText(null)}</p>
      ) : (
        <>
          <p class="figure">
            {gain.share >= 0
              ? t(`${percent(gain.share)} less delay`, `延误减少 ${percent(gain.share)}`)
              : t(`${percent(-gain.share)} more delay`, `延误增加 ${percent(-gain.share)}`)}
          </p>
          <p>
            {number(gain.now_s[1], 1)} → {number(gain.planned_s[1], 1)}{" "}
            {t("s per vehicle at the expected traffic;", "秒/车（预期车流）；")} {percent(gain.share_between[0])} – {percent(gain.share_between[1])}{" "}
            {t("less from little to much traffic (p10 to p90)", "减少（p10–p90 车流）")}
          </p>
          {gain.worse.length > 0 && (
            <p class="warn">
              {t("Waits longer than today at", "以下路口延误增加：")} {gain.worse.join(", ")}
            </p>
          )}
        </>
      )}
    </div>
  );
}

export function SafetyCard(props: { passed: boolean; rules: number; findings: readonly Finding[]; broken: readonly string[] }) {
  return (
    <div class="card">
      <h3>{t("Safety certificate", "安全证书")}</h3>
      {props.passed ? (
        <p class="figure good">✓ {t("passed", "通过")}</p>
      ) : (
        <p class="figure bad">✗ {t("does not hold", "不成立")}</p>
      )}
      <p>
        {t(
          `${props.rules} rules were checked independently of the planner.`,
          `已独立于规划器检查 ${props.rules} 条规则。`,
        )}
      </p>
      {props.broken.map((one) => (
        <p key={one} class="bad">
          {one}
        </p>
      ))}
      <Findings of={props.findings} />
    </div>
  );
}

const SHOWN = 6;

/** Findings of plans before those of switches between them: who mends the one mostly mends the other. */
export function Findings(props: { of: readonly Finding[] }) {
  if (props.of.length === 0) return null;
  const order = (one: Finding) => (one.rule.startsWith("transition") ? 1 : 0);
  const sorted = [...props.of].sort((a, b) => order(a) - order(b));
  return (
    <ul class="findings">
      {sorted.slice(0, SHOWN).map((one) => (
        <li key={`${one.rule} ${one.sentence}`}>
          <code>{one.rule}</code> <Said text={one.sentence} />
        </li>
      ))}
      {sorted.length > SHOWN && <li>{t(`and ${sorted.length - SHOWN} more`, `另有 ${sorted.length - SHOWN} 条`)}</li>}
    </ul>
  );
}

export function Sentences(props: { title: string; of: readonly string[] }) {
  if (props.of.length === 0) return null;
  return (
    <details>
      <summary>
        {props.title} ({props.of.length})
      </summary>
      <ul>
        {props.of.map((one) => (
          <li key={one}>
            <Said text={one} />
          </li>
        ))}
      </ul>
    </details>
  );
}
