/** Rows that were not let in: counted by feed and rule, looked at, let in after all, or dropped with a reason. */
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { session } from "../shell/session";
import { type Column, Table } from "../shell/table";
import { number, t } from "../shell/words";
import { stateName } from "./names";
import { Drop, Release } from "./quarantine_deeds";
import { QuarantinedRows } from "./quarantine_rows";
import { When } from "./when";

export interface Group {
  feed: string | null;
  contract: string;
  rule: string | null;
  state: string;
  rows: number;
  sources: number;
  first_at: string;
  last_at: string;
  example: { row_id: string; source: string; line: number; reason: string };
}

interface Overview {
  states: Record<string, number>;
  groups: Group[];
}

const STATES = ["open", "released", "dropped", "replaced", "all"];

export function Quarantine() {
  const [state, setState] = useState("open");
  const [picked, setPicked] = useState<Group>();
  const [deed, setDeed] = useState<{ kind: "drop" | "release"; group: Group }>();
  const overview = useLoad((signal) => get<Overview>("/v1/quarantine", { state }, signal), [state]);
  const done = () => {
    setPicked(undefined);
    overview.again();
  };
  const act = (kind: "drop" | "release", group: Group) => setDeed({ kind, group });
  return (
    <>
      <h2>{t("Quarantine", "隔离区")}</h2>
      <Shown of={overview}>
        {(found) => (
          <>
            <div class="filters">
              <label>
                {t("State", "状态")}{" "}
                <select value={state} onChange={(event) => setState(event.currentTarget.value)}>
                  {STATES.map((one) => (
                    <option key={one} value={one}>
                      {one === "all" ? t("all", "全部") : `${stateName(one)} (${found.states[one] ?? 0})`}
                    </option>
                  ))}
                </select>
              </label>
            </div>
            <Table
              caption={t("Quarantined rows by feed and rule", "按数据源与规则统计的隔离行")}
              columns={columns(setPicked, act)}
              rows={found.groups}
              id={idOf}
              current={picked && idOf(picked)}
              empty={t("No row is in this state.", "没有处于该状态的行。")}
            />
          </>
        )}
      </Shown>
      {picked !== undefined && <QuarantinedRows key={idOf(picked)} group={picked} close={() => setPicked(undefined)} />}
      {deed?.kind === "drop" && <Drop group={deed.group} done={done} close={() => setDeed(undefined)} />}
      {deed?.kind === "release" && <Release group={deed.group} done={done} close={() => setDeed(undefined)} />}
    </>
  );
}

function idOf(one: Group): string {
  return `${one.feed ?? ""} ${one.contract} ${one.rule ?? ""} ${one.state}`;
}

function columns(look: (group: Group) => void, act: (kind: "drop" | "release", group: Group) => void): Column<Group>[] {
  return [
    { name: t("Feed", "数据源"), cell: (one) => one.feed ?? "–", by: (one) => one.feed ?? "" },
    { name: t("Rule", "规则"), cell: (one) => <code class="hash whole">{one.rule ?? "–"}</code>, by: (one) => one.rule ?? "" },
    { name: t("Rows", "行数"), cell: (one) => number(one.rows), by: (one) => one.rows, number: true },
    { name: t("State", "状态"), cell: (one) => stateName(one.state), by: (one) => one.state },
    { name: t("For example", "示例"), cell: (one) => one.example.reason },
    { name: t("Where", "位置"), cell: (one) => `${one.example.source}:${one.example.line}`, by: (one) => one.example.source },
    { name: t("Last refused", "最近隔离"), cell: (one) => <When at={one.last_at} />, by: (one) => one.last_at },
    { name: t("Deeds", "操作"), cell: (one) => <Deeds group={one} look={look} act={act} /> },
  ];
}

function Deeds(props: {
  group: Group;
  look: (group: Group) => void;
  act: (kind: "drop" | "release", group: Group) => void;
}) {
  const { group } = props;
  const which = `${group.feed ?? group.contract} ${group.rule ?? ""}`;
  // Without a rule a filter would reach further than the group: such rows are decided on one by one, by command.
  const isTold = group.rule !== null;
  const mayRelease = isTold && session.districts === null && (group.state === "open" || group.state === "dropped");
  return (
    <span class="deeds tight">
      <button type="button" class="small" aria-label={t(`Look at rows: ${which}`, `查看：${which}`)} onClick={() => props.look(group)}>
        {t("Look", "查看")}
      </button>
      {mayRelease && (
        <button type="button" class="small" aria-label={t(`Read again: ${which}`, `重新读取：${which}`)} onClick={() => props.act("release", group)}>
          {t("Read again", "重新读取")}
        </button>
      )}
      {isTold && group.state === "open" && (
        <button type="button" class="small" aria-label={t(`Drop: ${which}`, `丢弃：${which}`)} onClick={() => props.act("drop", group)}>
          {t("Drop", "丢弃")}
        </button>
      )}
    </span>
  );
}
