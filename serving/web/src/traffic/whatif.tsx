/** Another day than the forecast one, planned and compared; it is never published by itself. */
import { useId, useState } from "preact/hooks";
import { get, post, sentence } from "../shell/api";
import { Failed, Shown, useLoad } from "../shell/loading";
import { Table } from "../shell/table";
import { t } from "../shell/words";
import { type Change, changeText } from "./changes";
import { DelayText, Findings } from "./figures";
import { freshKey } from "./once";
import type { Delay, Finding, JunctionState } from "./types";

interface WhatIf {
  changes: string[];
  check: { ok: boolean; findings: Finding[] };
  junctions: {
    junction_id: string;
    today: Delay | null;
    running: Delay | null;
    stored: Delay | null;
    planned: Delay | null;
  }[];
  said: string[];
}

export function WhatIfView() {
  const states = useLoad((signal) => get<{ junctions: JunctionState[] }>("/v1/signals/junctions", {}, signal), []);
  return <Shown of={states}>{(found) => <Asking junctions={found.junctions} />}</Shown>;
}

function Asking(props: { junctions: JunctionState[] }) {
  const [changes, setChanges] = useState<string[]>([]);
  const [where, setWhere] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const [answer, setAnswer] = useState<WhatIf>();
  const place = useId();
  const named = [...new Set(changes.map(junctionOf).filter((one) => one !== ""))];
  const run = async () => {
    setBusy(true);
    setFailed("");
    setAnswer(undefined);
    const junction_ids = where === "" ? [] : [...new Set([where, ...named])];
    try {
      setAnswer(await post<WhatIf>("/v1/signals/what-ifs", { changes, junction_ids }, freshKey()));
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setBusy(false);
  };
  return (
    <>
      <p class="note">
        {t(
          "The day is planned anew with the changes and compared. Nothing of it is stored, and it is never published.",
          "按假设重新规划并对比。结果不保存，也绝不会发布。",
        )}
      </p>
      <Adding junctions={props.junctions} add={(text) => setChanges([...changes, text])} />
      <h2>{t("Changes", "变更")}</h2>
      {changes.length === 0 ? (
        <p class="quiet">{t("None yet.", "尚无。")}</p>
      ) : (
        <ul>
          {changes.map((one, at) => (
            <li key={one}>
              <code>{one}</code>{" "}
              <button type="button" class="small" onClick={() => setChanges(changes.filter((_, position) => position !== at))}>
                {t("Remove", "移除")}
              </button>
            </li>
          ))}
        </ul>
      )}
      <label for={place}>{t("Plan", "规划范围")}</label>
      <select id={place} value={where} onChange={(event) => setWhere(event.currentTarget.value)}>
        <option value="">{t("all junctions", "全部路口")}</option>
        {props.junctions.map((one) => (
          <option key={one.junction_id} value={one.junction_id}>
            {one.junction_id} {one.name}
          </option>
        ))}
      </select>
      <div class="deeds">
        <button type="button" onClick={run} disabled={busy || changes.length === 0}>
          {t("Work it out", "计算")}
        </button>
      </div>
      <div aria-live="polite">
        {busy && <p class="quiet">{t("Planning the day anew; this may take a minute…", "正在重新规划，可能需要一分钟……")}</p>}
        {failed !== "" && <Failed text={failed} />}
        {answer !== undefined && <Compared answer={answer} />}
      </div>
    </>
  );
}

/** The junction that a change is about: the second part of demand:+5%:J1, the first of the others. */
function junctionOf(text: string): string {
  const parts = text.split(":");
  return (parts[0] === "demand" ? parts[2] : parts[1]) ?? "";
}

function Adding(props: { junctions: JunctionState[]; add: (text: string) => void }) {
  const [change, setChange] = useState<Change>({ kind: "demand", percent: 20, junction: "", movement: "", lanes: 1, approach: "", metres: 14 });
  const put = (more: Partial<Change>) => setChange({ ...change, ...more });
  const of = props.junctions.find((one) => one.junction_id === change.junction);
  const text = changeText(change);
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        if (text !== null) props.add(text);
      }}
    >
      <label>
        {t("What if", "假设")}
        <select value={change.kind} onChange={(event) => put({ kind: event.currentTarget.value as Change["kind"] })}>
          <option value="demand">{t("more or less traffic", "车流增减")}</option>
          <option value="close-lane">{t("a lane is closed", "封闭车道")}</option>
          <option value="add-crossing">{t("a crossing is added", "新增人行横道")}</option>
        </select>
      </label>
      <label>
        {t("Junction", "路口")}
        <select value={change.junction} onChange={(event) => put({ junction: event.currentTarget.value, movement: "", approach: "" })}>
          <option value="">{change.kind === "demand" ? t("everywhere", "全部") : t("choose", "请选择")}</option>
          {props.junctions.map((one) => (
            <option key={one.junction_id} value={one.junction_id}>
              {one.junction_id} {one.name}
            </option>
          ))}
        </select>
      </label>
      {change.kind === "demand" && (
        <label>
          {t("Change, %", "变化（%）")}
          <input type="number" min={-100} max={300} value={change.percent} onInput={(event) => put({ percent: event.currentTarget.valueAsNumber })} />
        </label>
      )}
      {change.kind === "close-lane" && (
        <>
          <label>
            {t("Movement", "流向")}
            <select value={change.movement} onChange={(event) => put({ movement: event.currentTarget.value })}>
              <option value="">{t("choose", "请选择")}</option>
              {of?.movements.map((one) => (
                <option key={one.movement_id} value={one.movement_id}>
                  {one.movement_id} ({t(`${one.lanes} lanes`, `${one.lanes} 车道`)})
                </option>
              ))}
            </select>
          </label>
          <label>
            {t("Lanes closed", "封闭车道数")}
            <input type="number" min={1} max={8} value={change.lanes} onInput={(event) => put({ lanes: event.currentTarget.valueAsNumber })} />
          </label>
        </>
      )}
      {change.kind === "add-crossing" && (
        <>
          <label>
            {t("Approach", "进口")}
            <select value={change.approach} onChange={(event) => put({ approach: event.currentTarget.value })}>
              <option value="">{t("choose", "请选择")}</option>
              {[...new Set(of?.movements.map((one) => one.approach))].map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <label>
            {t("Width, m", "宽度（米）")}
            <input type="number" min={1} max={80} value={change.metres} onInput={(event) => put({ metres: event.currentTarget.valueAsNumber })} />
          </label>
        </>
      )}
      <button type="submit" class="plain" disabled={text === null}>
        {t("Add", "添加")}
      </button>
    </form>
  );
}

function Compared(props: { answer: WhatIf }) {
  const { answer } = props;
  return (
    <>
      <h2>{t("Side by side", "对比")}</h2>
      <p>{answer.changes.join("; ")}</p>
      <Table
        caption={t("Delay per vehicle", "车均延误")}
        rows={answer.junctions}
        id={(row) => row.junction_id}
        empty={t("No junction.", "没有路口。")}
        columns={[
          { name: t("Junction", "路口"), by: (row) => row.junction_id, cell: (row) => row.junction_id },
          { name: t("Today's plan, today", "现行方案（今日）"), cell: (row) => <DelayText of={row.today} /> },
          { name: t("Today's plan, with the changes", "现行方案（含变更）"), cell: (row) => <DelayText of={row.running} /> },
          { name: t("Stored plan, with the changes", "已存方案（含变更）"), cell: (row) => <DelayText of={row.stored} /> },
          { name: t("Planned anew", "重新规划"), by: (row) => row.planned?.expected_s ?? 0, cell: (row) => <DelayText of={row.planned} /> },
        ]}
      />
      {answer.said.map((one) => (
        <p key={one} class="warn">
          {one}
        </p>
      ))}
      <p class={answer.check.ok ? "good" : "bad"}>
        {answer.check.ok ? t("✓ The new plan passes its check.", "✓ 新方案通过检查。") : t("✗ The new plan does not pass its check.", "✗ 新方案未通过检查。")}
      </p>
      <Findings of={answer.check.findings} />
      <p class="note">{t("This is a trial: it is not stored and never published.", "此为推演结果：不保存，绝不发布。")}</p>
    </>
  );
}
