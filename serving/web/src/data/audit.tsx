/** The audit log: who did what to which thing, newest first, and whether it is as it was written. */
import { useEffect, useState } from "preact/hooks";
import { get, sentence } from "../shell/api";
import { Failed, Shown, useLoad } from "../shell/loading";
import { session } from "../shell/session";
import { type Column, Table } from "../shell/table";
import { number, t } from "../shell/words";
import { midnight } from "./times";
import { When } from "./when";

interface Line {
  number: number;
  at: string;
  action: string;
  subject: string;
  person: string;
  key_id: string;
  districts: string[];
  detail: Record<string, unknown>;
  sha256: string;
}

interface Page {
  lines: Line[];
  next_before: number | null;
}

interface Asked {
  action: string;
  person: string;
  since: string;
}

const LIMIT = 50;
const EVERYTHING: Asked = { action: "", person: "", since: "" };

export function AuditView() {
  const [asked, setAsked] = useState(EVERYTHING);
  return (
    <>
      <h2>{t("Audit log", "审计日志")}</h2>
      <Chain />
      <Filters asked={asked} ask={setAsked} />
      <Lines key={JSON.stringify(asked)} asked={asked} />
    </>
  );
}

interface ChainState {
  ok: boolean;
  lines: number;
  head: string;
  first_broken: number | null;
  problem: string | null;
}

function Chain() {
  const chain = useLoad((signal) => get<ChainState>("/v1/audit/chain", {}, signal), []);
  return (
    <Shown of={chain}>
      {(found) =>
        found.ok ? (
          <p class="note">
            <span class="badge">{t("verified", "已验证")}</span>{" "}
            {t(
              `All ${number(found.lines)} lines are as they were written. The end, to note elsewhere: `,
              `全部 ${number(found.lines)} 行与写入时一致。可另行记录的末端：`,
            )}
            <code class="hash">{found.head}</code>
          </p>
        ) : (
          <p class="problem" role="alert">
            <span class="badge bad">{t("broken", "已破坏")}</span> {found.problem}
          </p>
        )
      }
    </Shown>
  );
}

function Filters(props: { asked: Asked; ask: (asked: Asked) => void }) {
  const [draft, setDraft] = useState(props.asked);
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        props.ask(draft);
      }}
    >
      <label>
        {t("What (such as key.made)", "事项（如 key.made）")}{" "}
        <input value={draft.action} onInput={(event) => setDraft({ ...draft, action: event.currentTarget.value.trim() })} />
      </label>
      <label>
        {t("Who", "何人")}{" "}
        <input value={draft.person} onInput={(event) => setDraft({ ...draft, person: event.currentTarget.value })} />
      </label>
      <label>
        {t("Since", "起始日期")}{" "}
        <input type="date" value={draft.since} onInput={(event) => setDraft({ ...draft, since: event.currentTarget.value })} />
      </label>
      <button type="submit" class="plain">
        {t("Show", "显示")}
      </button>
    </form>
  );
}

function queryOf(asked: Asked, before: number | null) {
  return {
    limit: LIMIT,
    before,
    action: asked.action || null,
    person: asked.person.trim() || null,
    since: asked.since === "" ? null : midnight(asked.since, session.time_zone),
  };
}

function Lines(props: { asked: Asked }) {
  const [lines, setLines] = useState<Line[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(true);
  const more = async (before: number | null) => {
    setBusy(true);
    try {
      const page = await get<Page>("/v1/audit", queryOf(props.asked, before));
      setLines((former) => [...former, ...page.lines]);
      setNext(page.next_before);
      setFailed("");
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setBusy(false);
  };
  useEffect(() => void more(null), []);
  if (busy && lines.length === 0) return <p class="quiet">{t("Loading…", "加载中…")}</p>;
  return (
    <>
      {failed !== "" && <Failed text={failed} again={() => more(next)} />}
      <Table
        caption={t("Audit log", "审计日志")}
        columns={COLUMNS}
        rows={lines}
        id={(one) => String(one.number)}
        empty={failed === "" ? t("Nobody did such a thing.", "没有符合的记录。") : ""}
      />
      {next !== null && (
        <p class="deeds">
          <button type="button" class="plain" disabled={busy} onClick={() => more(next)}>
            {t("Older lines", "更早的记录")}
          </button>
        </p>
      )}
    </>
  );
}

function said(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("; ");
}

const COLUMNS: Column<Line>[] = [
  { name: t("No.", "序号"), cell: (one) => one.number, number: true },
  { name: t("When", "时间"), cell: (one) => <When at={one.at} /> },
  { name: t("Who", "何人"), cell: (one) => <span class="whole">{`${one.person} (${one.key_id})`}</span> },
  { name: t("What", "事项"), cell: (one) => <code class="hash whole">{one.action}</code> },
  { name: t("To what", "对象"), cell: (one) => <span class="hash">{one.subject}</span> },
  { name: t("District", "行政区"), cell: (one) => one.districts.join(", ") || t("whole city", "全市") },
  { name: t("More", "详情"), cell: (one) => <span class="detail">{said(one.detail)}</span> },
  { name: t("Hash", "指纹"), cell: (one) => <code class="hash whole">{one.sha256.slice(0, 12)}</code> },
];
