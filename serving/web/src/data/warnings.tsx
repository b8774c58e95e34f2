/** Everything that is wrong or ahead, in one list: cause, since when, what to do, and who has seen it. */
import { useState } from "preact/hooks";
import { get, post } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { may } from "../shell/session";
import { dayAndClock, t } from "../shell/words";
import { Said, inWords } from "../shell/said";

interface Seen {
  person: string;
  at: string;
  note: string;
}

export interface Warned {
  warning_id: string;
  source: string;
  cause: string;
  subject: string;
  district_id: string | null;
  since: string | null;
  at_least: boolean;
  begins_at: string | null;
  ends_at: string | null;
  sentence: string;
  todo: string;
  parts: string[];
  acknowledged: boolean;
  acknowledgements: Seen[];
}

interface Watch {
  source: string;
  as_of: string;
  refreshing: boolean;
  failed: string;
}

interface Listed {
  warnings: Warned[];
  watches: Watch[];
}

const WORKING = [
  "signals:plan", "signals:approve", "signals:publish", "routes:plan", "routes:approve", "routes:publish",
  "data:import", "models:promote",
];
const mayAcknowledge = WORKING.some(may);

export function sourceName(source: string): string {
  const known: Record<string, string> = {
    feeds: t("Feeds", "数据源"),
    models: t("Models", "模型"),
    signals: t("Signals", "信号"),
    forecasts: t("Ahead", "即将发生"),
    plans: t("Plans", "方案"),
    audit: t("Audit log", "审计日志"),
    effects: t("Effects", "成效"),
  };
  return known[source] ?? source;
}

export function WarningsView() {
  const [only, setOnly] = useState("");
  const [isOpenOnly, setOpenOnly] = useState(false);
  const [asked, setAsked] = useState<Warned>();
  const listed = useLoad((signal) => get<Listed>("/v1/warnings", {}, signal), []);
  return (
    <Shown of={listed}>
      {(found) => {
        const shown = found.warnings.filter((one) => (only === "" || one.source === only) && !(isOpenOnly && one.acknowledged));
        return (
          <>
            <h2>{t(`Warnings: ${found.warnings.length}`, `告警：${found.warnings.length}`)}</h2>
            <div class="filters">
              <label>
                {t("From", "来源")}{" "}
                <select value={only} onChange={(event) => setOnly(event.currentTarget.value)}>
                  <option value="">{t("all watches", "全部")}</option>
                  {found.watches.map((one) => (
                    <option key={one.source} value={one.source}>
                      {sourceName(one.source)}
                    </option>
                  ))}
                </select>
              </label>
              <label class="beside">
                <input type="checkbox" checked={isOpenOnly} onChange={(event) => setOpenOnly(event.currentTarget.checked)} />
                {t("only those nobody has seen", "仅未确认")}
              </label>
              <button type="button" class="small" onClick={listed.again} disabled={listed.busy}>
                {t("Look again", "刷新")}
              </button>
            </div>
            {shown.length === 0 && (
              <p class="note">{t("Nothing is wrong with what could be looked at.", "可检查的内容均无异常。")}</p>
            )}
            {shown.map((one) => (
              <WarningCard key={one.warning_id} warned={one} ask={() => setAsked(one)} />
            ))}
            <Watches watches={found.watches} />
            {asked !== undefined && (
              <Acknowledge warned={asked} done={listed.again} close={() => setAsked(undefined)} />
            )}
          </>
        );
      }}
    </Shown>
  );
}

function when(one: Warned): string {
  if (one.begins_at !== null) {
    const until = one.ends_at === null ? "" : t(` to ${dayAndClock(one.ends_at)}`, ` 至 ${dayAndClock(one.ends_at)}`);
    return t("expected ", "预计 ") + dayAndClock(one.begins_at) + until;
  }
  if (one.since === null) return t("since nobody knows when", "起始时间未知");
  const since = dayAndClock(one.since);
  return one.at_least ? t(`since ${since} or longer`, `自 ${since} 或更早`) : t(`since ${since}`, `自 ${since} 起`);
}

function WarningCard(props: { warned: Warned; ask: () => void }) {
  const one = props.warned;
  return (
    <article class="card warning" aria-label={inWords(one.sentence)}>
      <p>
        <span class={one.acknowledged ? "badge quiet" : "badge bad"}>{sourceName(one.source)}</span>{" "}
        <code class="hash">{one.cause}</code> <strong>{one.subject}</strong>
        {one.district_id !== null && ` · ${one.district_id}`} <span class="quiet">{when(one)}</span>
      </p>
      <p>
        <Said text={one.sentence} />
      </p>
      <p>
        <strong>{t("What to do: ", "处理办法：")}</strong>
        <Said text={one.todo} />
      </p>
      {one.parts.length > 0 && (
        <details>
          <summary>{t(`What it holds together: ${one.parts.length}`, `包含 ${one.parts.length} 处`)}</summary>
          <ul>
            {one.parts.map((part) => (
              <li key={part}>{part}</li>
            ))}
          </ul>
        </details>
      )}
      {one.acknowledgements.map((seen) => (
        <p key={`${seen.person} ${seen.at}`} class="quiet">
          {t("Seen by", "已确认：")} {seen.person}, {dayAndClock(seen.at)}: {seen.note}
        </p>
      ))}
      {mayAcknowledge && !one.acknowledged && (
        <p class="deeds">
          <button type="button" class="small" onClick={props.ask} aria-label={t(`Acknowledge: ${one.subject}`, `确认：${one.subject}`)}>
            {t("Acknowledge", "确认")}
          </button>
        </p>
      )}
    </article>
  );
}

function Acknowledge(props: { warned: Warned; done: () => void; close: () => void }) {
  const path = `/v1/warnings/${encodeURIComponent(props.warned.warning_id)}/acknowledge`;
  return (
    <AskReason
      title={t("Acknowledge this warning", "确认此告警")}
      label={t("What was done about it, or why nothing has to be", "已采取的措施，或无需处理的原因")}
      doIt={t("Acknowledge", "确认")}
      needed
      more={<p class="note"><Said text={props.warned.sentence} /></p>}
      deed={async (note) => {
        await post(path, { note });
        announce(t("Acknowledged.", "已确认。"));
        props.done();
      }}
      close={props.close}
    />
  );
}

function Watches(props: { watches: Watch[] }) {
  return (
    <details>
      <summary>{t("When was looked", "检查时间")}</summary>
      <ul>
        {props.watches.map((one) => (
          <li key={one.source}>
            {sourceName(one.source)}: {dayAndClock(one.as_of)}
            {one.refreshing && ` · ${t("a newer look is under way", "正在更新")}`}
            {one.failed !== "" && <span class="bad"> · {one.failed}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
