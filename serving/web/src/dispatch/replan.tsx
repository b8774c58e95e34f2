/** Something happened: what the smallest repair changes, and whether a person takes it. */
import { useId, useMemo, useState } from "preact/hooks";
import { get, post, sentence } from "../shell/api";
import { announce } from "../shell/frame";
import { Failed, useLoad } from "../shell/loading";
import { may, now } from "../shell/session";
import { clockOf, number, t } from "../shell/words";
import { EventForm } from "./event_form";
import { type Happened, textOf, toldOf } from "./events";
import type { Places } from "./map_view";
import type { Check, Plan, StoredPlan } from "./model";
import { signed } from "./said";
import { Said, inWords } from "../shell/said";

interface Replanned {
  status: string;
  sentences: string[];
  said: string[];
  events: string[];
  difference: { changes: Change[]; pending: number; kept: number; untouched: number; untouched_kept: number; km: number; truck_h: number; cost: number };
  accepted: boolean;
  plan: Plan;
  check: Check;
}

interface Change {
  kind: string;
  stops: { point_id: string; stream: string }[];
  truck_id: string | null;
  to_truck_id: string | null;
  because: string;
  seconds: [number, number] | null;
}

export function ReplanView(props: { stored: StoredPlan; open: (planId: string) => void }) {
  const { stored } = props;
  const places = useLoad((signal) => get<Places>("/v1/map/points", {}, signal), []);
  const clockField = useId();
  const [clock, setClock] = useState(() => clockOf(now()));
  const [events, setEvents] = useState<Happened[]>([]);
  const [found, setFound] = useState<Replanned>();
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const path = `/v1/routes/plans/${encodeURIComponent(stored.plan_id)}/replan`;
  const ask = async (accept: boolean) => {
    setBusy(true);
    setFailed("");
    try {
      const body = { at: clock, events: events.map(textOf), accept };
      const answer = await post<Replanned>(path, body, crypto.randomUUID());
      if (accept && answer.accepted) {
        const isAsShown = answer.sentences.join() === found?.sentences.join();
        const kept = t(`The repaired plan is kept as draft ${answer.plan.plan_id}.`, `修复后的计划已存为草案 ${answer.plan.plan_id}。`);
        const other = t("The search ended elsewhere than before: look at it once more.", "搜索结果与先前显示不同，请再次核对。");
        announce(isAsShown ? kept : `${kept} ${other} ${answer.sentences.join("; ")}`);
        props.open(answer.plan.plan_id);
        return;
      }
      setFound(answer);
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setBusy(false);
  };
  const change = (next: Happened[]) => {
    setEvents(next);
    setFound(undefined);
  };
  const names = useMemo(() => namesOf(stored.plan, places.value), [stored.plan, places.value]);
  if (!may("routes:plan")) return <p class="note">{t("Your key may not plan routes.", "您的密钥无权规划路线。")}</p>;
  return (
    <section>
      <h2>{t("What happened", "发生了什么")}</h2>
      <p>
        <label for={clockField}>{t("At what time (of the plan's day)", "时间（计划当日）")}</label>
        <input id={clockField} value={clock} size={8} pattern="\d{1,2}:\d\d(\+\d)?" onInput={(event) => { setClock(event.currentTarget.value); setFound(undefined); }} />
      </p>
      <EventForm names={names} add={(event) => change([...events, event])} />
      {events.length > 0 && (
        <ul class="lines" aria-label={t("Events", "事件")}>
          {events.map((event, at) => (
            <li key={textOf(event)}>
              {toldOf(event)}{" "}
              <button type="button" class="small" aria-label={t(`Remove: ${toldOf(event)}`, `删除：${toldOf(event)}`)} onClick={() => change(events.filter((_, other) => other !== at))}>
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="deeds">
        <button type="button" disabled={events.length === 0 || busy} onClick={() => void ask(false)}>
          {busy ? t("Looking for the smallest repair…", "正在寻找最小调整…") : t("Show what would change", "查看变更")}
        </button>
      </p>
      {failed !== "" && <Failed text={failed} />}
      {found !== undefined && <Difference found={found} busy={busy} accept={() => void ask(true)} leave={() => change([])} />}
    </section>
  );
}

function namesOf(plan: Plan, places: Places | undefined) {
  return {
    trucks: plan.routes.map((route) => route.truck_id),
    points: [...new Set((places?.points ?? []).map((one) => one.point_id))],
    sites: (places?.sites ?? []).map((one) => one.site_id),
  };
}

function Difference(props: { found: Replanned; busy: boolean; accept: () => void; leave: () => void }) {
  const { found } = props;
  const { difference } = found;
  const count = (kind: string) =>
    difference.changes.filter((one) => one.kind === kind).reduce((sum, one) => sum + one.stops.length, 0);
  if (found.status === "no_change") {
    return <p class="note">{t("Nothing has to change.", "无需变更。")} {found.said.map((line) => <Said key={line} text={line} />)}</p>;
  }
  return (
    <section class="moves" aria-label={t("The difference", "变更")}>
      <h2>{t("What would change", "拟议变更")}</h2>
      <p>
        <b>{count("moved")}</b> {t("stops to another truck", "站换车")} · <b>{count("dropped")}</b> {t("not served any more", "站不再收运")} ·{" "}
        <b>{count("added")}</b> {t("served as well", "站新增")} · <b>{count("reordered") + count("shifted")}</b>{" "}
        {t("in other order or time", "站改序或改时")} · {signed(difference.km, 1)} km · {signed(difference.truck_h, 1)}{" "}
        {t("truck-hours", "车时")}
      </p>
      <p>
        {t(
          `${difference.kept} of ${difference.pending} stops still to do keep truck, order and time; ${difference.untouched_kept} of ${difference.untouched} that nothing hit keep truck and order.`,
          `${difference.pending} 个待收站点中 ${difference.kept} 个保持车辆、顺序和时间；未受影响的 ${difference.untouched} 个中 ${difference.untouched_kept} 个保持车辆和顺序。`,
        )}
      </p>
      <ul class="breaks">
        {difference.changes.map((one) => (
          <li key={JSON.stringify(one)}>{changeText(one)}</li>
        ))}
      </ul>
      {found.said.length > 0 && (
        <ul class="lines quiet">
          {found.said.map((line) => (
            <li key={line}>
              <Said text={line} />
            </li>
          ))}
        </ul>
      )}
      <p class={found.check.ok ? "good" : "bad"}>
        {found.check.ok
          ? `✓ ${t("The independent check finds no broken rule.", "独立检查未发现违规。")}`
          : found.check.findings.map((one) => <Said key={one.sentence} text={one.sentence} />)}
      </p>
      <p class="deeds">
        <button type="button" disabled={props.busy} onClick={props.accept}>
          {t("Accept as a new draft", "接受为新草案")}
        </button>
        <button type="button" class="plain" disabled={props.busy} onClick={props.leave}>
          {t("Leave the plan as it is", "保持原计划")}
        </button>
      </p>
    </section>
  );
}

function changeText(one: Change): string {
  const stops = one.stops.map((stop) => stop.point_id).join(", ");
  const because = one.because === "" ? "" : ` (${inWords(one.because)})`;
  const later = one.seconds === null ? "" : ` ${signed(one.seconds[0] / 60, 0)}…${signed(one.seconds[1] / 60, 0)} min`;
  const words: Record<string, string> = {
    moved: t(`truck ${one.truck_id} → truck ${one.to_truck_id}: ${stops}`, `车辆 ${one.truck_id} → 车辆 ${one.to_truck_id}：${stops}`),
    dropped: t(`truck ${one.truck_id}: not served any more: ${stops}`, `车辆 ${one.truck_id}：不再收运：${stops}`),
    added: t(`truck ${one.to_truck_id}: served as well: ${stops}`, `车辆 ${one.to_truck_id}：新增：${stops}`),
    reordered: t(`truck ${one.truck_id}: in another order: ${stops}`, `车辆 ${one.truck_id}：改变顺序：${stops}`),
    shifted: t(`truck ${one.truck_id}: at another time: ${stops}`, `车辆 ${one.truck_id}：改变时间：${stops}`),
  };
  return `${words[one.kind] ?? one.kind}${later}${because} [${number(one.stops.length)}]`;
}
