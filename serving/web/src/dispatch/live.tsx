/** The day as it runs: how far each truck is by what its driver reported, and the drivers' links. */
import { useEffect, useState } from "preact/hooks";
import { useLoad } from "../shell/loading";
import { get, sentence } from "../shell/api";
import { Failed } from "../shell/loading";
import { may, now } from "../shell/session";
import { Table } from "../shell/table";
import { clockOf, t } from "../shell/words";
import { LinkCell, type LinkDocument } from "./links";
import type { StoredPlan } from "./model";
import { type Progress, type TruckProgress, watchProgress } from "./progress";
import { minutes, streamText } from "./said";

export function LiveView(props: { stored: StoredPlan }) {
  const { stored } = props;
  const [progress, setProgress] = useState<Progress>();
  const [failed, setFailed] = useState("");
  const [picked, setPicked] = useState("");
  const planPath = `/v1/routes/plans/${encodeURIComponent(stored.plan_id)}`;
  useEffect(
    () =>
      watchProgress(`${planPath}/progress`, {
        moved: (found) => {
          setProgress(found);
          setFailed("");
        },
        failed: (cause) => setFailed(sentence(cause)),
      }),
    [planPath],
  );
  const canLink = may("routes:publish") || may("routes:plan");
  const links = useLoad(
    (signal) => (canLink ? get<{ links: LinkDocument[] }>(`${planPath}/links`, {}, signal) : Promise.resolve({ links: [] })),
    [planPath],
  );
  const truck = progress?.trucks.find((one) => one.truck_id === picked);
  return (
    <section>
      <h2>{t("Trucks under way", "车辆执行情况")}</h2>
      {stored.status !== "published" && (
        <p class="note">{t("Only a published plan is driven: approve and publish it first.", "只有已发布的计划才会执行：请先批准并发布。")}</p>
      )}
      {failed !== "" && <Failed text={failed} />}
      <p class="quiet" aria-live="off">
        {progress !== undefined && `${t("as heard at", "截至")} ${clockOf(now())}`}
      </p>
      <Table
        caption={t("How far each truck is", "各车进度")}
        rows={progress?.trucks ?? []}
        id={(one) => one.truck_id}
        current={picked}
        empty={t("No truck drives.", "没有车辆出车。")}
        columns={[
          {
            name: t("Truck", "车辆"),
            by: (one) => one.truck_id,
            cell: (one) => (
              <button type="button" class="small" aria-pressed={picked === one.truck_id} onClick={() => setPicked(one.truck_id)}>
                {one.truck_id}
              </button>
            ),
          },
          { name: t("Settled", "已完成"), by: share, cell: (one) => <Bar one={one} /> },
          { name: t("Done", "已收"), number: true, by: (one) => one.done, cell: (one) => one.done },
          { name: t("Skipped", "跳过"), number: true, by: (one) => one.skipped, cell: (one) => one.skipped },
          { name: t("Blocked", "受阻"), number: true, by: (one) => one.blocked, cell: (one) => one.blocked },
          { name: t("Against plan", "与计划相比"), number: true, by: (one) => one.behind_s ?? 0, cell: (one) => <Late one={one} /> },
          { name: t("Last heard", "最近上报"), by: (one) => one.heard_at ?? "", cell: (one) => (one.heard_at === null ? "–" : clockOf(one.heard_at)) },
          ...(canLink
            ? [
                {
                  name: t("Driver's link", "司机链接"),
                  cell: (one: TruckProgress) => (
                    <LinkCell planPath={planPath} truck={one.truck_id} links={links.value?.links ?? []} changed={links.again} />
                  ),
                },
              ]
            : []),
        ]}
      />
      {truck !== undefined && <Reports truck={truck} />}
    </section>
  );
}

function share(one: TruckProgress): number {
  return one.stops.length === 0 ? 0 : (one.stops.length - one.open) / one.stops.length;
}

function Bar(props: { one: TruckProgress }) {
  const { one } = props;
  const settled = one.stops.length - one.open;
  return (
    <span role="img" aria-label={t(`${settled} of ${one.stops.length} stops settled`, `${one.stops.length} 站中已完成 ${settled} 站`)}>
      {settled} / {one.stops.length}
      <span class="bar">
        <i style={{ width: `${share(one) * 100}%` }} />
      </span>
    </span>
  );
}

function Late(props: { one: TruckProgress }) {
  const behind = props.one.behind_s;
  if (behind === null) return <>–</>;
  if (behind > 600) return <span class="bad">{t(`${minutes(behind)} late`, `晚 ${minutes(behind)}`)}</span>;
  if (behind >= 60) return <span class="warn">{t(`${minutes(behind)} late`, `晚 ${minutes(behind)}`)}</span>;
  if (behind <= -60) return <>{t(`${minutes(-behind)} early`, `早 ${minutes(-behind)}`)}</>;
  return <span class="good">{t("on time", "准时")}</span>;
}

function Reports(props: { truck: TruckProgress }) {
  const words: Record<string, string> = {
    done: t("done", "已收"),
    skipped: t("skipped", "跳过"),
    blocked: t("blocked", "受阻"),
    open: t("open", "未到"),
  };
  return (
    <section>
      <h2>
        {t("Truck", "车辆")} {props.truck.truck_id}
      </h2>
      {props.truck.weights_kg.length > 0 && (
        <p>
          {t("Weighed", "称重")}: {props.truck.weights_kg.map((kg) => `${kg} kg`).join(", ")}
        </p>
      )}
      <Table
        caption={t(`What the driver of ${props.truck.truck_id} reported`, `${props.truck.truck_id} 司机上报`)}
        rows={props.truck.stops.map((stop, at) => ({ ...stop, number: at + 1 }))}
        id={(stop) => `${stop.number}`}
        empty="–"
        columns={[
          { name: "#", number: true, cell: (stop) => stop.number },
          { name: t("Point", "收运点"), cell: (stop) => `${stop.point_id} · ${streamText(stop.stream)}` },
          {
            name: t("Reported", "上报"),
            by: (stop) => stop.outcome,
            cell: (stop) => (
              <span class={stop.outcome === "open" ? "quiet" : stop.outcome === "done" ? "good" : "bad"}>{words[stop.outcome]}</span>
            ),
          },
          { name: t("At", "时间"), cell: (stop) => (stop.at === null ? "–" : clockOf(stop.at)) },
          { name: t("Why", "原因"), cell: (stop) => stop.reason ?? "" },
        ]}
      />
    </section>
  );
}
