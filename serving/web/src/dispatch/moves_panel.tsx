/** What was moved so far, what it breaks and costs, and keeping it as one's own plan. */
import { useState } from "preact/hooks";
import { AskReason } from "../shell/dialog";
import { Failed } from "../shell/loading";
import { t } from "../shell/words";
import { type Plan, newlyMissed } from "./model";
import type { Move } from "./moving";
import type { Tried } from "./plan_view";
import { ruleText, signed, streamText } from "./said";
import { Said } from "../shell/said";

export function MovesPanel(props: {
  before: Plan;
  tried: Tried | undefined;
  failed: string;
  busy: boolean;
  moves: Move[];
  setMoves: (moves: Move[]) => void;
  keep: (reason: string, key: string) => Promise<void>;
}) {
  const { tried, moves, busy, failed } = props;
  const [asking, setAsking] = useState(false);
  const [key, setKey] = useState("");
  const missed = tried === undefined ? [] : newlyMissed(props.before, tried.plan);
  const isSound = tried !== undefined && tried.check.ok && failed === "" && !busy;
  return (
    <section class="moves" aria-label={t("Moves not kept yet", "尚未保存的调整")}>
      <h2>
        {t("Moved by hand, not kept yet", "人工调整，尚未保存")} ({moves.length})
      </h2>
      <ol class="lines">
        {moves.map((move, at) => (
          <li key={`${at} ${move.point_id}`}>{told(move)}</li>
        ))}
      </ol>
      <div aria-live="polite">
        {busy && <p class="quiet">{t("Being timed and checked…", "正在重新计时并检查…")}</p>}
        {failed !== "" && <Failed text={failed} />}
        {!busy && tried !== undefined && failed === "" && (
          <>
            <p>
              {signed(tried.km, 1)} km · {signed(tried.truck_h, 2)} {t("truck-hours", "车时")} · {signed(tried.cost, 0)}{" "}
              {t("in cost", "成本")}
            </p>
            {tried.check.ok ? (
              <p class="good">✓ {t("The independent check finds no broken rule.", "独立检查未发现违规。")}</p>
            ) : (
              <>
                <p class="bad">
                  ✗ {t(`This breaks ${tried.check.findings.length} rule(s):`, `违反 ${tried.check.findings.length} 条规则：`)}
                </p>
                <ul class="breaks">
                  {tried.check.findings.map((one) => (
                    <li key={one.sentence}>
                      <b>{ruleText(one.rule)}</b>: <Said text={one.sentence} />
                    </li>
                  ))}
                </ul>
              </>
            )}
            {missed.length > 0 && (
              <p class="bad">
                {t("No truck serves these mandatory points any more: ", "以下必须收运的点不再有车辆前往：")}
                {missed.map((one) => `${one.point_id} (${streamText(one.stream)})`).join(", ")}
              </p>
            )}
          </>
        )}
      </div>
      <p class="deeds">
        <button type="button" disabled={!isSound} onClick={() => { setKey(crypto.randomUUID()); setAsking(true); }}>
          {t("Keep as my own plan…", "保存为我的计划…")}
        </button>
        <button type="button" class="plain" onClick={() => props.setMoves(moves.slice(0, -1))}>
          {t("Undo the last move", "撤销上一步")}
        </button>
        <button type="button" class="plain" onClick={() => props.setMoves([])}>
          {t("Undo all", "全部撤销")}
        </button>
      </p>
      {asking && (
        <AskReason
          title={t("Keep as my own plan", "保存为我的计划")}
          label={t("Why (stands in the plan, with your name)", "理由（与您的姓名一起写入计划）")}
          doIt={t("Sign and keep", "签名并保存")}
          needed
          deed={(reason) => props.keep(reason, key)}
          close={() => setAsking(false)}
        />
      )}
    </section>
  );
}

function told(move: Move): string {
  const name = `${move.point_id} (${streamText(move.stream)})`;
  const from = move.from_truck_id;
  if (move.to === null) return t(`${name}: taken off truck ${from}`, `${name}：从车辆 ${from} 移出`);
  const place = move.to.position === null ? "" : t(`, stop ${move.to.position}`, `，第 ${move.to.position} 站`);
  if (from === null) return t(`${name}: put on truck ${move.to.truck_id}${place}`, `${name}：安排给车辆 ${move.to.truck_id}${place}`);
  return t(
    `${name}: from truck ${from} to truck ${move.to.truck_id}${place}`,
    `${name}：从车辆 ${from} 移至车辆 ${move.to.truck_id}${place}`,
  );
}
