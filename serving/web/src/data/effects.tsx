/** What declared measures changed, in three words with the figure; and what is proposed where one made things worse. */
import { useState } from "preact/hooks";
import { get, post } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { may } from "../shell/session";
import { number, percent, t } from "../shell/words";
import { Reports } from "./reports";
import { Said } from "../shell/said";

interface Interval {
  estimate: number;
  low: number;
  high: number;
}

interface Effect {
  measure_id: string;
  pilot: string[];
  controls: string[];
  before_from: string;
  after_from: string;
  after_until: string;
  reason: string;
  word: "better" | "no evidence" | "worse";
  sentence: string;
  is_over: boolean;
  confidence: number | null;
  unit_of_effect: string;
  effect: Interval | null;
  share: number | null;
}

interface Proposal {
  measure_id: string;
  sentence: string;
  todo: string;
  plans: string[];
}

interface Listed {
  effects: Effect[];
  proposals: Proposal[];
}

type Deed = { measure: string; decision: "accept" | "decline" };
const mayDecide = may("signals:publish") || may("routes:publish");

export function EffectsView() {
  const listed = useLoad((signal) => get<Listed>("/v1/effects", {}, signal), []);
  const [deed, setDeed] = useState<Deed>();
  return (
    <>
      <h2>{t("What measures changed", "措施成效")}</h2>
      <Shown of={listed}>
        {(found) => (
          <>
            {found.proposals.map((one) => (
              <ProposalCard key={one.measure_id} proposal={one} ask={setDeed} />
            ))}
            {found.effects.length === 0 && (
              <p class="note">{t("No measure was declared yet.", "尚未声明任何措施。")}</p>
            )}
            {found.effects.map((one) => (
              <EffectCard key={one.measure_id} effect={one} />
            ))}
          </>
        )}
      </Shown>
      <Reports />
      {deed !== undefined && <Decide deed={deed} done={listed.again} close={() => setDeed(undefined)} />}
    </>
  );
}

export function wordOf(word: Effect["word"]): string {
  if (word === "better") return t("better", "改善");
  return word === "worse" ? t("worse", "变差") : t("no evidence", "尚无证据");
}

function EffectCard(props: { effect: Effect }) {
  const one = props.effect;
  const badge = one.word === "worse" ? "badge bad" : one.word === "better" ? "badge" : "badge quiet";
  return (
    <article class="card warning" aria-label={one.measure_id}>
      <p>
        <span class={badge}>{wordOf(one.word)}</span> <strong>{one.measure_id}</strong>{" "}
        <span class="quiet">{one.is_over ? t("the trial is over", "试验已结束") : t("the trial goes on", "试验进行中")}</span>
      </p>
      <p>
        <Said text={one.sentence} />
      </p>
      {one.effect !== null && (
        <p class="figure">
          {number(one.effect.estimate, 2)} {one.unit_of_effect}{" "}
          <span class="quiet">
            {percent(one.confidence, 1)}: {number(one.effect.low, 2)} … {number(one.effect.high, 2)}
          </span>
        </p>
      )}
      <p class="quiet">
        {t("pilot", "试点")} {one.pilot.join(", ")} · {t("controls", "对照")} {one.controls.join(", ")} · {one.before_from} / {one.after_from}–
        {one.after_until}
      </p>
      <p class="quiet">{one.reason}</p>
    </article>
  );
}

function ProposalCard(props: { proposal: Proposal; ask: (deed: Deed) => void }) {
  const one = props.proposal;
  return (
    <article class="problem" aria-label={t(`Proposal for ${one.measure_id}`, `针对 ${one.measure_id} 的建议`)}>
      <p>
        <Said text={one.sentence} />
      </p>
      <p>
        <strong>{t("What to do: ", "处理办法：")}</strong>
        {one.todo}
      </p>
      <p>{one.plans.join(", ")}</p>
      {mayDecide && (
        <p class="deeds">
          <button type="button" onClick={() => props.ask({ measure: one.measure_id, decision: "accept" })}>
            {t("Take it back", "撤回措施")}
          </button>
          <button type="button" class="plain" onClick={() => props.ask({ measure: one.measure_id, decision: "decline" })}>
            {t("Keep it", "保留措施")}
          </button>
        </p>
      )}
    </article>
  );
}

function Decide(props: { deed: Deed; done: () => void; close: () => void }) {
  const { measure, decision } = props.deed;
  const isBack = decision === "accept";
  return (
    <AskReason
      title={isBack ? t(`Take ${measure} back?`, `撤回 ${measure}？`) : t(`Keep ${measure}?`, `保留 ${measure}？`)}
      label={t("Reason (it stays in the log)", "理由（将记入日志）")}
      doIt={isBack ? t("Take it back", "撤回措施") : t("Keep it", "保留措施")}
      needed
      deed={async (reason) => {
        const told = await post<{ said: string[] }>(`/v1/effects/${encodeURIComponent(measure)}/${decision}`, { reason });
        announce(told.said.join(" ") || t("Decided.", "已决定。"));
        props.done();
      }}
      close={props.close}
    />
  );
}
