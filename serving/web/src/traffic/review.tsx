/** One plan as it is decided on: gain, safety, what changed at each junction, corridors, deeds and story. */
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { Table } from "../shell/table";
import { dayAndClock, number, t } from "../shell/words";
import { CorridorsOf } from "./corridors";
import { Deeds } from "./deeds";
import { DelayText, GainCard, SafetyCard, Sentences } from "./figures";
import { JunctionOf } from "./junction";
import { actionName, rungName } from "./levels";
import { hashOf, usePath } from "./path";
import { Status, missingText } from "./plans";
import type { Review, Story } from "./types";

export function ReviewOf(props: { planId: string }) {
  const [, , junctionId] = usePath();
  const path = `/v1/signals/plans/${encodeURIComponent(props.planId)}`;
  const review = useLoad((signal) => get<Review>(`${path}/review`, {}, signal), [path]);
  const story = useLoad((signal) => get<Story>(`${path}/events`, {}, signal), [path]);
  return (
    <>
      <p>
        <a href={hashOf("plans")}>← {t("All plans", "全部方案")}</a>
      </p>
      <h2>{props.planId}</h2>
      <Shown of={review}>
        {(found) => (
          <>
            <p class="quiet">
              {found.service_date}, {rungName(found.rung)}, {t("made", "生成于")} {dayAndClock(found.made_at)}
              {found.forecast_issued_at !== null && (
                <>
                  , {t("from the forecast of", "依据预测")} {dayAndClock(found.forecast_issued_at)} ({found.models.join(", ")})
                </>
              )}
            </p>
            <div class="cards">
              <GainCard gain={found.gain} />
              <SafetyCard
                passed={found.check.ok && found.certificate.holds}
                rules={found.rules}
                findings={found.check.findings}
                broken={found.certificate.broken}
              />
              <div class="card">
                <h3>{t("Decision", "决定")}</h3>
                <Shown of={story}>
                  {(told) => (
                    <>
                      <p>
                        <Status status={told.status} />{" "}
                        {told.status === "draft" && missingText(told.approvals_missing, told.approved_by)}
                      </p>
                      {told.hindrances.map((one) => (
                        <p key={one} class="warn">
                          {one}
                        </p>
                      ))}
                      <Deeds path={path} planId={props.planId} status={told.status} done={story.again} />
                    </>
                  )}
                </Shown>
              </div>
            </div>
            <Changed review={found} open={junctionId} />
            {junctionId !== undefined && junctionId !== "" && (
              <JunctionOf key={junctionId} planId={props.planId} path={path} junctionId={junctionId} />
            )}
            <CorridorsOf path={path} />
            <h3>{t("Conditions", "条件说明")}</h3>
            <Sentences title={t("Left as it is", "保持不变")} of={found.unchanged.map(([id, why]) => `${id}: ${why}`)} />
            <Sentences title={t("Assumed", "假设")} of={found.assumed} />
            <Sentences title={t("Not as good as it should be", "降级")} of={found.degraded} />
            <Shown of={story}>{(told) => <StoryOf story={told} />}</Shown>
          </>
        )}
      </Shown>
    </>
  );
}

function Changed(props: { review: Review; open: string | undefined }) {
  const { review } = props;
  return (
    <>
      <h3>{t("What changes at each junction", "各路口的变化")}</h3>
      <Table
        caption={t("Junctions now and planned", "路口现状与方案")}
        rows={review.junctions}
        id={(row) => row.junction_id}
        current={props.open}
        empty={t("It plans no junction.", "方案不含路口。")}
        columns={[
          {
            name: t("Junction", "路口"),
            by: (row) => row.junction_id,
            cell: (row) => (
              <a class="named" href={hashOf("plans", review.plan_id, row.junction_id)} aria-current={props.open === row.junction_id ? "true" : undefined}>
                {row.junction_id} {row.name}
              </a>
            ),
          },
          { name: t("Delay now", "现状延误"), by: (row) => row.now?.expected_s ?? 0, cell: (row) => <DelayText of={row.now} /> },
          { name: t("Planned", "方案延误"), by: (row) => row.planned?.expected_s ?? 0, cell: (row) => <DelayText of={row.planned} /> },
          { name: t("Cycle now → planned, s", "周期 现状 → 方案（秒）"), cell: (row) => `${row.running_cycle_s ?? "–"} → ${row.cycles_s.join(" / ")}` },
          { name: t("Largest x", "最大饱和度"), number: true, by: (row) => row.largest_x ?? 0, cell: (row) => number(row.largest_x, 2) },
          { name: t("What binds", "约束原因"), cell: (row) => <span class="reason">{row.binds ?? t("no rule", "无")}</span> },
        ]}
      />
    </>
  );
}

function StoryOf(props: { story: Story }) {
  return (
    <>
      <h3>{t("Story of the plan", "方案经过")}</h3>
      {props.story.events.length === 0 ? (
        <p class="quiet">{t("Nobody has decided anything yet.", "尚无任何决定。")}</p>
      ) : (
        <ol class="story">
          {props.story.events.map((event) => (
            <li key={`${event.at} ${event.action}`}>
              {dayAndClock(event.at)} <strong>{event.person}</strong> {actionName(event.action)}
              {event.other_plan_id !== null && <> ({event.other_plan_id})</>}: {event.reason}
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
