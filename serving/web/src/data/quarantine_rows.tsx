/** Single quarantined rows as they came: whatever is written in them is shown as text and nothing else. */
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { dayAndClock, number, t } from "../shell/words";
import { stateName } from "./names";
import type { Group } from "./quarantine";
import { literal } from "./literal";

interface Row {
  row_id: string;
  state: string;
  source: string;
  line: number;
  reason: string;
  row: unknown;
  by: string | null;
  why: string | null;
  decided_at: string | null;
}

const STEP = 20;
const MOST = 500;

export function QuarantinedRows(props: { group: Group; close: () => void }) {
  const { group } = props;
  const [limit, setLimit] = useState(STEP);
  const query = {
    feed: group.feed === null ? null : literal(group.feed),
    contract: group.contract,
    rule: group.rule === null ? null : literal(group.rule),
    state: group.state,
    limit,
  };
  const rows = useLoad((signal) => get<{ matched: number; rows: Row[] }>("/v1/quarantine/rows", query, signal), [limit]);
  return (
    <section aria-label={t("Rows as they came", "原始行")}>
      <h3>
        {t("Rows as they came", "原始行")}: {group.feed ?? group.contract}, <code>{group.rule}</code>{" "}
        <button type="button" class="small" onClick={props.close}>
          {t("Close", "关闭")}
        </button>
      </h3>
      <Shown of={rows}>
        {(found) => (
          <>
            <p class="quiet">{t(`${number(found.rows.length)} of ${number(found.matched)}`, `${number(found.rows.length)} / ${number(found.matched)}`)}</p>
            <div class="cards">
              {found.rows.map((row) => (
                <RowCard key={row.row_id} row={row} />
              ))}
            </div>
            {found.matched > found.rows.length && limit < MOST && (
              <button type="button" class="plain" onClick={() => setLimit(Math.min(MOST, limit * 2))}>
                {t("Show more", "显示更多")}
              </button>
            )}
          </>
        )}
      </Shown>
    </section>
  );
}

function RowCard(props: { row: Row }) {
  const { row } = props;
  const record = typeof row.row === "object" && row.row !== null ? Object.entries(row.row) : [[t("text", "文本"), row.row] as const];
  return (
    <article class="card" aria-label={`${row.source}:${row.line}`}>
      <p>
        <code class="hash">{row.row_id}</code> {row.source}:{row.line} <span class="badge quiet">{stateName(row.state)}</span>
      </p>
      <p class="bad">{row.reason}</p>
      <dl class="record">
        {record.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </Fragment>
        ))}
      </dl>
      {row.decided_at !== null && (
        <p class="quiet">
          {dayAndClock(row.decided_at)}, {row.by}: {row.why}
        </p>
      )}
    </article>
  );
}
