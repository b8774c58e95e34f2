/** What is wrong or ahead, why, and who has seen it. */
import { useState } from "preact/hooks";
import { get, post } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { may } from "../shell/session";
import { dayAndClock, t } from "../shell/words";
import { Sentences } from "./figures";
import { Said, inWords } from "../shell/said";

interface Warning {
  warning_id: string;
  source: string;
  cause: string;
  subject: string;
  since: string | null;
  begins_at?: string | null;
  ends_at?: string | null;
  sentence: string;
  todo: string;
  parts?: string[];
  acknowledged?: boolean;
  acknowledgements?: { person: string; at: string; note: string }[];
}

interface Answer {
  warnings: Warning[];
  watches: { source: string; as_of: string; failed: string }[];
}

const SOURCES = "source=signals&source=forecasts&source=plans&source=effects";
const WORKING = ["signals:plan", "signals:approve", "signals:publish"];

export function WarningsView() {
  const found = useLoad((signal) => get<Answer>(`/v1/warnings?${SOURCES}`, {}, signal), []);
  const [asked, setAsked] = useState<Warning>();
  return (
    <>
      <Shown of={found}>
        {(answer) => (
          <>
            {answer.warnings.length === 0 && (
              <p class="good">{t("✓ Nothing is wrong, and nothing is ahead.", "✓ 目前没有告警。")}</p>
            )}
            <ul class="cards plain-list">
              {[...answer.warnings].sort(unseenFirst).map((one) => (
                <OneWarning key={one.warning_id} of={one} acknowledge={() => setAsked(one)} />
              ))}
            </ul>
            <p class="quiet">
              {t("Looked at: ", "最近检查：")}
              {answer.watches
                .map((watch) => `${inWords(watch.source)} ${agoText(watch.as_of)}${watch.failed === "" ? "" : `: ${inWords(watch.failed)}`}`)
                .join(t("; ", "；"))}
            </p>
          </>
        )}
      </Shown>
      {asked !== undefined && (
        <AskReason
          title={t(`Acknowledge: ${asked.subject}`, `确认告警：${asked.subject}`)}
          label={t("What was done about it, or why nothing has to be", "已采取的措施，或无需处理的理由")}
          doIt={t("Acknowledge", "确认")}
          needed
          more={<p><Said text={asked.sentence} /></p>}
          close={() => setAsked(undefined)}
          deed={async (note) => {
            await post(`/v1/warnings/${encodeURIComponent(asked.warning_id)}/acknowledge`, { note });
            announce(t("Acknowledged.", "已确认。"));
            found.again();
          }}
        />
      )}
    </>
  );
}

/** By this device's clock: the service looks when it looks, whatever time it is in a city of the past. */
function agoText(moment: string): string {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(moment)) / 60_000));
  return minutes < 1 ? t("just now", "刚刚") : t(`${minutes} min ago`, `${minutes} 分钟前`);
}

function unseenFirst(a: Warning, b: Warning): number {
  return Number(a.acknowledged ?? false) - Number(b.acknowledged ?? false);
}

function OneWarning(props: { of: Warning; acknowledge: () => void }) {
  const { of } = props;
  return (
    <li class="card">
      <h2>
        <Said text={of.subject} />
      </h2>
      <p>
        <span class={of.acknowledged ? "badge quiet" : "badge warn"}>
          <Said text={of.cause} />
        </span>{" "}
        {of.acknowledged ? t("acknowledged", "已确认") : t("nobody has acknowledged it", "未确认")}
      </p>
      <p>
        <Said text={of.sentence} />
      </p>
      <p>
        <Said text={of.todo} />
      </p>
      {of.begins_at != null && (
        <p>
          {t("Expected", "预计")} {dayAndClock(of.begins_at)}
          {of.ends_at != null && ` – ${dayAndClock(of.ends_at)}`}
        </p>
      )}
      {of.since !== null && (
        <p class="quiet">
          {t("Since", "始于")} {dayAndClock(of.since)}
        </p>
      )}
      <Sentences title={t("Where and when", "地点与时间")} of={of.parts ?? []} />
      {(of.acknowledgements ?? []).map((one) => (
        <p key={one.at} class="quiet">
          {one.person}, {dayAndClock(one.at)}: {one.note}
        </p>
      ))}
      {!of.acknowledged && WORKING.some(may) && (
        <div class="deeds">
          <button type="button" class="small" onClick={props.acknowledge}>
            {t("Acknowledge", "确认")}
          </button>
        </div>
      )}
    </li>
  );
}
