/** The plans that wait for somebody's decision, all others below; one of them opened. */
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { Table } from "../shell/table";
import { dayAndClock, t } from "../shell/words";
import { gainText } from "./figures";
import { rungName, statusName } from "./levels";
import { hashOf, usePath } from "./path";
import { ReviewOf } from "./review";
import type { PlanSummary, WaitingPlan } from "./types";
import { Said } from "../shell/said";

export function PlansView() {
  const [, planId] = usePath();
  return planId === undefined || planId === "" ? <Lists /> : <ReviewOf key={planId} planId={planId} />;
}

function Lists() {
  const waiting = useLoad((signal) => get<{ plans: WaitingPlan[]; more: number }>("/v1/signals/waiting", {}, signal), []);
  const all = useLoad((signal) => get<{ plans: PlanSummary[] }>("/v1/signals/plans", { limit: 200 }, signal), []);
  return (
    <>
      <h2>{t("Waiting for a decision", "待决定的方案")}</h2>
      <Shown of={waiting}>
        {(found) =>
          found.plans.length === 0 ? (
            <p class="quiet">{t("Nothing waits.", "没有待决定的方案。")}</p>
          ) : (
            <>
              <ul class="cards plain-list">
                {found.plans.map((plan) => (
                  <Waiting key={plan.plan_id} plan={plan} />
                ))}
              </ul>
              {found.more > 0 && <p class="quiet">{t(`${found.more} more wait; see below.`, `另有 ${found.more} 个，见下表。`)}</p>}
            </>
          )
        }
      </Shown>
      <h2>{t("All plans", "全部方案")}</h2>
      <Shown of={all}>
        {(found) => (
          <Table
            caption={t("All signal plans, newest first", "全部配时方案，最新在前")}
            rows={found.plans}
            id={(row) => row.plan_id}
            empty={t("No plan is stored yet.", "尚无方案。")}
            columns={[
              { name: t("Plan", "方案"), cell: (row) => <a href={hashOf("plans", row.plan_id)}>{row.plan_id}</a> },
              { name: t("Status", "状态"), by: (row) => row.status, cell: (row) => <Status status={row.status} /> },
              { name: t("For", "日期"), by: (row) => row.service_date, cell: (row) => row.service_date },
              { name: t("Made", "生成时间"), by: (row) => row.made_at, cell: (row) => dayAndClock(row.made_at) },
              { name: t("Districts", "区"), cell: (row) => row.district_ids.join(", ") },
            ]}
          />
        )}
      </Shown>
    </>
  );
}

export function Status(props: { status: string }) {
  const kind = ["refused", "rolled_back"].includes(props.status) ? "bad" : props.status === "draft" ? "warn" : "";
  return <span class={`badge ${kind}`}>{statusName(props.status)}</span>;
}

function Waiting(props: { plan: WaitingPlan }) {
  const { plan } = props;
  return (
    <li class="card">
      <h3>
        <a href={hashOf("plans", plan.plan_id)}>{plan.plan_id}</a>
      </h3>
      <p>
        <Status status={plan.status} /> {plan.service_date}, {t(`${plan.junctions} junctions`, `${plan.junctions} 个路口`)},{" "}
        {rungName(plan.rung)}
      </p>
      {plan.said !== "" && <p><Said text={plan.said} /></p>}
      <p>
        <strong>{gainText(plan.gain)}</strong>
      </p>
      <p class={plan.passed ? "good" : "bad"}>
        {plan.passed
          ? t(`✓ passed its check (${plan.rules} rules)`, `✓ 已通过检查（${plan.rules} 条规则）`)
          : t("✗ its certificate does not hold", "✗ 证书不成立")}
      </p>
      <p>{missingText(plan.approvals_missing, plan.approved_by)}</p>
      {plan.hindrances.map((one) => (
        <p key={one} class="warn">
          <Said text={one} />
        </p>
      ))}
    </li>
  );
}

export function missingText(missing: number, approvedBy: readonly string[]): string {
  const by = approvedBy.length > 0 ? t(` (approved by ${approvedBy.join(", ")})`, `（已批准：${approvedBy.join("、")}）`) : "";
  if (missing === 0) return t(`Nobody's approval is missing${by}.`, `无需更多批准${by}。`);
  return t(
    missing === 1 ? `One more person must approve${by}.` : `${missing} different persons must approve${by}.`,
    `还需 ${missing} 位不同人员批准${by}。`,
  );
}
