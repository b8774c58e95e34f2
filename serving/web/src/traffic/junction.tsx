/** One junction of a plan: now against planned, its stage diagrams, and the hand that changes them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { may } from "../shell/session";
import { number, secondsClock, t } from "../shell/words";
import { EditOf } from "./edit";
import { DelayText } from "./figures";
import { LampLegend, StageDiagram } from "./stages";
import type { JunctionReview, OnePlan } from "./types";
import { Said } from "../shell/said";

export function JunctionOf(props: { planId: string; path: string; junctionId: string }) {
  const junction = useLoad(
    (signal) => get<JunctionReview>(`${props.path}/junctions/${encodeURIComponent(props.junctionId)}`, {}, signal),
    [props.path, props.junctionId],
  );
  return (
    <section class="card junction" aria-label={props.junctionId}>
      <Shown of={junction}>{(found) => <Opened planId={props.planId} path={props.path} junction={found} />}</Shown>
    </section>
  );
}

/** The plan in which the critical lanes are fullest: mostly what somebody wants to look at. */
function first(junction: JunctionReview): number {
  const fullest = [...junction.plans].sort(
    (a, b) => (b.explained?.critical?.x ?? 0) - (a.explained?.critical?.x ?? 0),
  );
  return fullest[0]?.plan_number ?? 0;
}

function Opened(props: { planId: string; path: string; junction: JunctionReview }) {
  const { junction } = props;
  const [chosen, setChosen] = useState(() => first(junction));
  const [isEdited, setEdited] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const plan = junction.plans.find((one) => one.plan_number === chosen) ?? junction.plans[0];
  if (plan === undefined) return <p class="quiet">{t("It has no plan.", "没有方案。")}</p>;
  return (
    <>
      <h3 ref={heading} tabIndex={-1}>
        {junction.junction_id} {junction.name}
      </h3>
      <p>
        {t("Now", "现状")} <DelayText of={junction.now} /> → {t("planned", "方案")} <DelayText of={junction.planned} />
      </p>
      <div class="deeds">
        {junction.plans.map((one) => (
          <button
            key={one.plan_number}
            type="button"
            class={one.plan_number === plan.plan_number ? undefined : "plain"}
            aria-pressed={one.plan_number === plan.plan_number}
            onClick={() => setChosen(one.plan_number)}
          >
            {t("Plan", "方案")} {one.plan_number}: {runsText(one, junction)}
          </button>
        ))}
      </div>
      <Compared plan={plan} running={junction.running} />
      {isEdited ? (
        <EditOf planId={props.planId} path={props.path} junction={junction} planNumber={plan.plan_number} close={() => setEdited(false)} />
      ) : (
        <>
          <h4>{t(`Plan ${plan.plan_number}, planned`, `方案 ${plan.plan_number}（规划）`)}</h4>
          <StageDiagram plan={plan} groups={junction.groups} title={t("Planned", "方案")} />
          {may("signals:plan") && (
            <p class="deeds">
              <button type="button" onClick={() => setEdited(true)}>
                {t("Change by hand", "人工修改")}
              </button>
            </p>
          )}
        </>
      )}
      {junction.running !== null && (
        <>
          <h4>{t("Now: the running plan", "现行方案")}</h4>
          <StageDiagram plan={junction.running} groups={junction.groups} title={t("The running plan", "现行方案")} />
        </>
      )}
      <LampLegend />
    </>
  );
}

function runsText(plan: OnePlan, junction: JunctionReview): string {
  const runs = plan.explained?.runs_s ?? runsOf(plan.plan_number, junction.entries);
  return runs.map(([from, until]) => `${secondsClock(from)}–${until >= 86_400 ? "24:00" : secondsClock(until)}`).join(", ");
}

function runsOf(planNumber: number, entries: readonly [number, number][]): [number, number][] {
  return entries.flatMap(([start, one], position): [number, number][] =>
    one === planNumber ? [[start, entries[position + 1]?.[0] ?? 86_400]] : [],
  );
}

/** Splits, cycle and offset side by side; why it is so. */
function Compared(props: { plan: OnePlan; running: OnePlan | null }) {
  const { plan, running } = props;
  const stages = [...new Set([...plan.splits, ...(running?.splits ?? [])].map((split) => split.stage_id))];
  const of = (one: OnePlan | null, stage: string) => one?.splits.find((split) => split.stage_id === stage)?.split_s;
  const rows: [string, number | undefined, number | undefined][] = [
    ...stages.map((stage): [string, number | undefined, number | undefined] => [
      t(`Split of ${stage}, s`, `${stage} 绿信时长（秒）`),
      of(running, stage),
      of(plan, stage),
    ]),
    [t("Cycle, s", "周期（秒）"), running?.cycle_s, plan.cycle_s],
    [t("Offset, s", "相位差（秒）"), running?.offset_s, plan.offset_s],
  ];
  const told = plan.explained;
  return (
    <div class="columns">
      <div class="scroll" tabIndex={0} role="region" aria-label={t("Now against planned", "现状与方案对比")}>
        <table>
          <caption class="unseen">{t("Now against planned", "现状与方案对比")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("Value", "项目")}</th>
              <th scope="col" class="number">
                {t("Now", "现状")}
              </th>
              <th scope="col" class="number">
                {t("Planned", "方案")}
              </th>
              <th scope="col" class="number">
                {t("Change", "变化")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, now, planned]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{now ?? "–"}</td>
                <td class="number">{planned ?? "–"}</td>
                <td class="number">{now === undefined || planned === undefined ? "–" : signed(planned - now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div>
        <p>
          {t("Delay in these hours", "该时段延误")}: <DelayText of={told?.now ?? null} /> → <DelayText of={told?.planned ?? null} />
        </p>
        {told?.critical != null && (
          <p>
            {t("Fullest lanes", "最饱和车道")}: {told.critical.movement_ids.join(", ")} (x = {number(told.critical.x, 2)})
          </p>
        )}
        <p>
          {t("What binds", "约束原因")}:{" "}
          {told?.binding == null ? (
            t("no rule: the greens are where people wait least.", "无：绿灯分配已使等待最少。")
          ) : (
            <Said text={told.binding.sentence} />
          )}
        </p>
      </div>
    </div>
  );
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : value === 0 ? "0" : `−${-value}`;
}
