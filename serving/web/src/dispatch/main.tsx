/** The dispatcher's page: the day's start, the plan on the map, moving stops, re-planning, and the day as it runs. */
import { useMemo, useState } from "preact/hooks";
import { get } from "../shell/api";
import { Views, start, useView } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { now } from "../shell/session";
import { dayAndClock, dayOf, t } from "../shell/words";
import { LiveView } from "./live";
import { type PlanSummary, type StoredPlan, firstPlan } from "./model";
import { PlanHead } from "./plan_head";
import { PlanView } from "./plan_view";
import { ReplanView } from "./replan";
import { statusText } from "./said";
import { StartView } from "./start";
import "./dispatch.css";

const VIEWS = ["plan", "start", "replan", "live"] as const;

function Dispatch() {
  const [view, setView] = useView(VIEWS);
  const [chosen, setChosen] = useState("");
  const plans = useLoad((signal) => get<{ plans: PlanSummary[] }>("/v1/routes/plans", { limit: 200 }, signal), []);
  const first = useMemo(() => firstPlan(plans.value?.plans ?? [], dayOf(now())), [plans.value]);
  const planId = chosen || first?.plan_id || "";
  const open = (next: string) => {
    setChosen(next);
    plans.again();
    setView("plan");
  };
  return (
    <>
      <Views
        now={view}
        views={[
          ["plan", t("Today's routes", "今日路线")],
          ["start", t("The day's start", "出车准备")],
          ["replan", t("Something happened", "突发重排")],
          ["live", t("Under way", "执行进度")],
        ]}
      />
      <Shown of={plans}>
        {(found) =>
          view === "start" ? (
            <StartView opened={open} />
          ) : planId === "" ? (
            <p class="note">
              {t("No routes have been planned yet. ", "尚无收运计划。")}
              <a href="#start">{t("Start the day", "开始出车准备")}</a>
            </p>
          ) : (
            <>
              <PlanChoice plans={found.plans} chosen={planId} choose={setChosen} />
              <WithPlan key={planId} planId={planId} view={view} open={open} changed={plans.again} />
            </>
          )
        }
      </Shown>
    </>
  );
}

function WithPlan(props: { planId: string; view: string; open: (planId: string) => void; changed: () => void }) {
  const { planId, view } = props;
  const path = `/v1/routes/plans/${encodeURIComponent(planId)}`;
  const stored = useLoad((signal) => get<StoredPlan>(path, {}, signal), [planId]);
  const again = () => {
    stored.again();
    props.changed();
  };
  return (
    <Shown of={stored}>
      {(plan) => (
        <>
          <PlanHead plan={plan} changed={again} />
          {view === "plan" && <PlanView stored={plan} open={props.open} />}
          {view === "replan" && <ReplanView stored={plan} open={props.open} />}
          {view === "live" && <LiveView stored={plan} />}
        </>
      )}
    </Shown>
  );
}

function PlanChoice(props: { plans: PlanSummary[]; chosen: string; choose: (planId: string) => void }) {
  return (
    <p class="choice">
      <label for="plan-choice">{t("Plan", "计划")}</label>
      <select id="plan-choice" value={props.chosen} onChange={(event) => props.choose(event.currentTarget.value)}>
        {props.plans.map((plan) => (
          <option key={plan.plan_id} value={plan.plan_id}>
            {`${plan.service_date} · ${statusText(plan.status)} · ${dayAndClock(plan.made_at)} · ${plan.plan_id}`}
          </option>
        ))}
      </select>
    </p>
  );
}

start(t("Dispatch", "环卫调度"), <Dispatch />);
