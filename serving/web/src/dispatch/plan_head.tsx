/** The plan in one line, and what can be done with the whole of it: approve, refuse, publish, print. */
import { useState } from "preact/hooks";
import { post } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { may } from "../shell/session";
import { dayAndClock, number, t } from "../shell/words";
import { type StoredPlan, stopsOf } from "./model";
import { statusClass, statusText } from "./said";
import { Said } from "../shell/said";

type Step = "approve" | "refuse" | "publish";

const NEXT: Record<string, [english: string, chinese: string]> = {
  draft: ["look it over and approve it, or change it by hand; then publish it.", "核对后批准，或先人工调整；然后发布。"],
  approved: ["publish it, so that crews drive it.", "发布后班组方可执行。"],
  published: [
    "hand out the run sheets or drivers' links; when something happens, use “Something happened”.",
    "打印派车单或生成司机链接；如有突发情况，请用“突发重排”。",
  ],
};

export function PlanHead(props: { plan: StoredPlan; changed: () => void }) {
  const { plan } = props;
  const [step, setStep] = useState<Step>();
  const measures = plan.check.measures;
  const stops = plan.plan.routes.reduce((sum, route) => sum + stopsOf(route), 0);
  const missed = plan.plan.unserved.filter((one) => one.mandatory).length;
  const fair = plan.plan.provenance.recipe?.fairness;
  const files = `/v1/routes/plans/${encodeURIComponent(plan.plan_id)}/export`;
  return (
    <section aria-label={t("The plan", "计划")}>
      <div class="head">
        <p>
          <span class={statusClass(plan.status)}>{statusText(plan.status)}</span> <b>{plan.service_date}</b>
        </p>
        <p>
          <b>{plan.plan.routes.length}</b> {t("trucks", "辆车")} · <b>{stops}</b> {t("stops", "个站点")} ·{" "}
          <b>{number(measures["km"], 1)}</b> km · <b>{number(measures["truck_h"], 1)}</b> {t("truck-hours", "车时")} ·{" "}
          <b>{number(measures["t"], 1)}</b> t
        </p>
        {missed > 0 && (
          <p class="bad">
            {t(`${missed} mandatory points are not served`, `${missed} 个必须收运的点未安排`)}
          </p>
        )}
        {plan.valid_until !== null && (
          <p class="quiet">
            {t("holds until", "有效至")} {dayAndClock(plan.valid_until)}
          </p>
        )}
      </div>
      {NEXT[plan.status] !== undefined && (
        <p class="note">
          <b>{t("Next:", "下一步：")}</b> {t(...(NEXT[plan.status] as [string, string]))}
        </p>
      )}
      {fair != null && (
        <p class={fair.gap === null ? "warn" : "note"}>
          <Said text={fair.sentence} />
        </p>
      )}
      {plan.plan.degraded.length > 0 && <Lines title={t("To know about this plan", "本计划须知")} lines={plan.plan.degraded} />}
      {plan.plan.assumed.length > 0 && <Lines title={t("What was assumed", "编制时的假定")} lines={plan.plan.assumed} />}
      <p class="deeds">
        {plan.status === "draft" && may("routes:approve") && (
          <button type="button" onClick={() => setStep("approve")}>
            {t("Approve", "批准")}
          </button>
        )}
        {plan.status === "approved" && may("routes:publish") && (
          <button type="button" onClick={() => setStep("publish")}>
            {t("Publish", "发布")}
          </button>
        )}
        {["draft", "approved"].includes(plan.status) && may("routes:approve") && (
          <button type="button" class="plain" onClick={() => setStep("refuse")}>
            {t("Refuse", "否决")}
          </button>
        )}
        <a class="button plain" href={`${files}/run-sheets.html`} download>
          {t("Run sheets (HTML)", "派车单 (HTML)")}
        </a>
        <a class="button plain" href={`${files}/workbook.xlsx`} download>
          {t("Workbook (XLSX)", "工作簿 (XLSX)")}
        </a>
        <button type="button" class="plain" onClick={() => print()}>
          {t("Print this page", "打印本页")}
        </button>
      </p>
      {step !== undefined && <StepDialog plan={plan} step={step} close={() => setStep(undefined)} changed={props.changed} />}
    </section>
  );
}

export function Lines(props: { title: string; lines: readonly string[] }) {
  return (
    <details>
      <summary>
        {props.title} ({props.lines.length})
      </summary>
      <ul class="lines">
        {props.lines.map((line) => (
          <li key={line}>
            <Said text={line} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function StepDialog(props: { plan: StoredPlan; step: Step; close: () => void; changed: () => void }) {
  const { plan, step } = props;
  const [key] = useState(() => crypto.randomUUID());
  const words = {
    approve: [t("Approve this plan", "批准此计划"), t("Approve", "批准"), t("The plan is approved.", "计划已批准。")],
    refuse: [t("Refuse this plan", "否决此计划"), t("Refuse", "否决"), t("The plan is refused.", "计划已否决。")],
    publish: [t("Publish this plan", "发布此计划"), t("Publish", "发布"), t("The plan is published.", "计划已发布。")],
  }[step];
  const deed = async (reason: string) => {
    const path = `/v1/routes/plans/${encodeURIComponent(plan.plan_id)}/${step}`;
    const state = await post<{ said: string[] }>(path, { reason }, key);
    announce([words[2], ...state.said].join(" "));
    props.changed();
  };
  return (
    <AskReason
      title={words[0] ?? ""}
      label={t("Reason (everyone who reads the plan sees it)", "理由（所有查看计划的人可见）")}
      doIt={words[1] ?? ""}
      needed
      deed={deed}
      close={props.close}
      more={
        step === "publish" ? (
          <p>
            {t(
              "Crews drive what is published; the former plan over the same trucks expires.",
              "发布后班组即按此执行；同车辆的原计划随即失效。",
            )}
          </p>
        ) : undefined
      }
    />
  );
}
