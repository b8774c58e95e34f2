/** Points that are left today: why, what it would take, and putting one on a truck all the same. */
import { useState } from "preact/hooks";
import { Table } from "../shell/table";
import { number, t } from "../shell/words";
import { memo } from "../shell/memo";
import { type Plan, type Unserved, keyOf } from "./model";
import type { Move } from "./moving";
import { PickTruck } from "./pick_truck";
import { reasonText, streamText } from "./said";
import { Said } from "../shell/said";

export const UnservedTable = memo(function UnservedTable(props: { plan: Plan; trucks: string[]; add?: (move: Move) => void }) {
  const [putting, setPutting] = useState<Unserved>();
  const [withIdle, setWithIdle] = useState(false);
  const idle = props.plan.unserved.filter((one) => one.reason === "not_due").length;
  const rows = props.plan.unserved
    .filter((one) => withIdle || one.reason !== "not_due")
    .sort((a, b) => Number(b.mandatory) - Number(a.mandatory));
  const add = props.add;
  return (
    <section>
      <h2>{t("Points left today", "今日未安排的点")}</h2>
      {idle > 0 && (
        <label class="beside">
          <input type="checkbox" checked={withIdle} onChange={(event) => setWithIdle(event.currentTarget.checked)} />
          {t(`with ${idle} that are not due`, `含 ${idle} 个今日无需收运的点`)}
        </label>
      )}
      <Table
        cards
        caption={t("Points left today, why, and what serving them would take", "今日未安排的点、原因及代价")}
        rows={rows}
        id={keyOf}
        empty={t("Every point that is due is served.", "所有应收点均已安排。")}
        columns={[
          {
            name: t("Point", "收运点"),
            by: (one) => one.point_id,
            cell: (one) => (
              <>
                {one.point_id} <span class="quiet">{streamText(one.stream)}</span>{" "}
                {one.mandatory && <span class="badge bad">{t("mandatory", "必须收运")}</span>}
              </>
            ),
          },
          { name: t("Why", "原因"), by: (one) => one.reason, cell: (one) => <b class="word">{reasonText(one.reason)}</b> },
          { name: t("In full", "说明"), cell: (one) => <span class="sentence"><Said text={one.sentence} /></span> },
          {
            name: t("To serve it", "若要收运"),
            by: (one) => one.extra_km ?? Number.MAX_VALUE,
            cell: (one) =>
              one.extra_km === null
                ? "–"
                : `${one.relaxation?.truck_id ?? ""} +${number(one.extra_km, 1)} km, +${number(one.extra_min)} min`,
          },
          ...(add === undefined
            ? []
            : [
                {
                  name: t("By hand", "人工"),
                  cell: (one: Unserved) => (
                    <button type="button" class="small word" aria-label={t(`Put ${one.point_id} on a truck`, `将 ${one.point_id} 安排给车辆`)} onClick={() => setPutting(one)}>
                      {t("Put on a truck…", "安排车辆…")}
                    </button>
                  ),
                },
              ]),
        ]}
      />
      {putting !== undefined && add !== undefined && (
        <PickTruck
          title={t(`Put ${putting.point_id} on a truck`, `将 ${putting.point_id} 安排给车辆`)}
          plan={props.plan}
          trucks={props.trucks}
          first={putting.relaxation?.truck_id}
          close={() => setPutting(undefined)}
          picked={(to) => {
            const { point_id, stream } = putting;
            add({ point_id, stream, from_truck_id: null, from_position: null, to: { ...to, trip: null } });
          }}
        />
      )}
    </section>
  );
});
