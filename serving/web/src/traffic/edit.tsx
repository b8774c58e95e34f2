/** A plan changed by hand: every change is checked and scored at once; only a sound one can be signed. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask, post, sentence } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Failed } from "../shell/loading";
import { number, t } from "../shell/words";
import { type Edited, asIs, changeOf, cycleOf, differs, moveBoundary, setOffset, setSplit } from "./edits";
import { DelayText, Findings } from "./figures";
import { freshKey } from "./once";
import { hashOf } from "./path";
import { StageDiagram } from "./stages";
import type { JunctionReview, OnePlan, Tried } from "./types";

const PAUSE_MS = 300;

interface Answer {
  /** What was asked, as text: an answer to another question is not shown. */
  asked: string;
  tried?: Tried;
  failed?: string;
}

export function EditOf(props: { planId: string; path: string; junction: JunctionReview; planNumber: number; close: () => void }) {
  const { junction } = props;
  const [hands, setHands] = useState<Record<number, Edited>>({});
  const [asks, setAsks] = useState(false);
  const plan = junction.plans.find((one) => one.plan_number === props.planNumber) as OnePlan;
  const edited = hands[props.planNumber] ?? asIs(plan);
  const put = (next: Edited) => setHands((before) => ({ ...before, [props.planNumber]: next }));
  const changes = useMemo(
    () =>
      junction.plans.flatMap((one) => {
        const hand = hands[one.plan_number];
        return hand !== undefined && differs(one, hand) ? [changeOf(junction.junction_id, one, hand)] : [];
      }),
    [hands, junction],
  );
  const answer = useTried(props.path, changes);
  const tried = answer?.tried;
  const shown = tried?.junctions[0]?.plans.find((one) => one.plan_number === props.planNumber);
  const current = answer !== undefined && answer.asked === JSON.stringify(changes);
  return (
    <div class="edit">
      <h4>{t(`Plan ${plan.plan_number}, by hand`, `方案 ${plan.plan_number}（人工修改）`)}</h4>
      <p class="quiet">
        {t(
          "Drag a boundary (or use the arrow keys on it): the two stages share it and the cycle stays. Type a split: the cycle follows.",
          "拖动分界线（或用方向键）：相邻两阶段互换时长，周期不变。输入阶段时长：周期随之变化。",
        )}
      </p>
      <StageDiagram
        plan={shown ?? plan}
        groups={junction.groups}
        title={t("By hand", "人工修改")}
        stale={changes.length > 0 && !(current && shown !== undefined)}
        moving={{ edited, move: (at, seconds, from) => put(moveBoundary(from, at, seconds)) }}
      />
      <Fields junction={junction} plan={plan} edited={edited} put={put} />
      <div aria-live="polite" class="verdict">
        {changes.length === 0 ? (
          <p class="quiet">{t("Nothing is changed yet.", "尚未修改。")}</p>
        ) : !current ? (
          <p class="quiet">{t("Checking…", "检查中…")}</p>
        ) : (
          <Verdict answer={answer} junctionId={junction.junction_id} />
        )}
      </div>
      <div class="deeds">
        <button type="button" disabled={!(current && tried?.check.ok)} onClick={() => setAsks(true)}>
          {t("Sign as my own plan", "签署为我的方案")}
        </button>
        <button type="button" class="plain" onClick={() => setHands({})} disabled={changes.length === 0}>
          {t("Back to the plan as it was", "恢复原方案")}
        </button>
        <button type="button" class="plain" onClick={props.close}>
          {t("Close", "关闭")}
        </button>
      </div>
      {asks && tried !== undefined && <Sign path={props.path} changes={changes} said={tried.said} close={() => setAsks(false)} />}
    </div>
  );
}

/** Asked when the hand rests; what is answered after the next change is dropped. */
function useTried(path: string, changes: readonly object[]): Answer | undefined {
  const [answer, setAnswer] = useState<Answer>();
  const asked = JSON.stringify(changes);
  useEffect(() => {
    if (changes.length === 0) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      ask<Tried>("POST", `${path}/edits/check`, { changes }, stop.signal)
        .then((tried) => setAnswer({ asked, tried }))
        .catch((cause: unknown) => {
          if (!stop.signal.aborted) setAnswer({ asked, failed: sentence(cause) });
        });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [path, asked]);
  return answer;
}

function Fields(props: { junction: JunctionReview; plan: OnePlan; edited: Edited; put: (next: Edited) => void }) {
  const { junction, edited, put } = props;
  const [least, most] = junction.cycle_between_s;
  return (
    <div class="fields">
      {edited.splits.map((split, at) => {
        const needs = junction.stages.find((stage) => stage.stage_id === split.stage_id)?.least_split_s;
        return (
          <label key={split.stage_id}>
            {t(`Split of ${split.stage_id}, s`, `${split.stage_id} 时长（秒）`)}
            <input type="number" min={1} max={600} step={1} value={split.split_s} onInput={(event) => put(setSplit(edited, at, event.currentTarget.valueAsNumber))} />
            {needs != null && <span class="quiet"> ≥ {needs}</span>}
          </label>
        );
      })}
      <label>
        {t("Offset, s", "相位差（秒）")}
        <input type="number" step={1} value={edited.offset_s} onInput={(event) => put(setOffset(edited, event.currentTarget.valueAsNumber))} />
      </label>
      <p>
        {t("Cycle", "周期")}: <strong>{cycleOf(edited)} s</strong> <span class="quiet">({least}–{most} s)</span>
      </p>
    </div>
  );
}

function Verdict(props: { answer: Answer; junctionId: string }) {
  const { tried, failed } = props.answer;
  if (tried === undefined) return <Failed text={failed ?? ""} />;
  return (
    <>
      <p class={tried.check.ok ? "good" : "bad"}>
        {tried.check.ok
          ? t("✓ It passes every rule of the check.", "✓ 通过全部检查规则。")
          : t(`✗ Unsafe: it breaks ${tried.check.findings.length} rule(s) and cannot be signed.`, `✗ 不安全：违反 ${tried.check.findings.length} 条规则，不能签署。`)}
      </p>
      <Findings of={tried.check.findings} />
      {tried.scores.junctions.map((one) => (
        <p key={one.junction_id}>
          <strong>{one.junction_id}</strong>: {t("the plan", "原方案")} <DelayText of={one.stored} /> → {t("by hand", "修改后")} <DelayText of={one.given} />
          {one.given_x !== null && `, x ${number(one.stored_x, 2)} → ${number(one.given_x, 2)}`}
        </p>
      ))}
      {tried.scores.said.map((one) => (
        <p key={one} class="quiet">
          {one}
        </p>
      ))}
    </>
  );
}

function Sign(props: { path: string; changes: readonly object[]; said: readonly string[]; close: () => void }) {
  const [key] = useState(() => freshKey());
  return (
    <AskReason
      title={t("Sign as my own plan", "签署为我的方案")}
      label={t("Why (it stands in the plan, with your name)", "理由（与您的姓名一并写入方案）")}
      doIt={t("Sign", "签署")}
      needed
      more={
        <>
          <p>{t("It becomes a draft of its own, which others must still approve.", "将生成独立草案，仍需他人批准。")}</p>
          <ul>
            {props.said.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </>
      }
      close={props.close}
      deed={async (reason) => {
        const stored = await post<{ plan_id: string }>(`${props.path}/edits`, { changes: props.changes, reason }, key);
        announce(t(`Signed: ${stored.plan_id}`, `已签署：${stored.plan_id}`));
        location.assign(hashOf("plans", stored.plan_id));
      }}
    />
  );
}
