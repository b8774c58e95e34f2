/** Complaints to work: what is proposed for each and why, the unsure ones first, for a person to decide. */
import { useState } from "preact/hooks";
import { get, post, sentence } from "../shell/api";
import { announce } from "../shell/frame";
import { Failed, Shown, useLoad } from "../shell/loading";
import { may } from "../shell/session";
import { number, percent, t } from "../shell/words";
import { ComplaintCard } from "./complaint_card";
import { type Complaint, STATES, stateWords, triaged } from "./complaint_words";

interface Listed {
  complaints: Complaint[];
  next: string | null;
}

const WAITING = "waiting";
const MOST = 200;

export function ComplaintsView() {
  const [state, setState] = useState(WAITING);
  const asked = state === WAITING ? "state=unsure&state=proposed" : `state=${state}`;
  const listed = useLoad((signal) => get<Listed>(`/v1/complaints?${asked}&limit=${MOST}`, {}, signal), [asked]);
  return (
    <>
      <h2>{t("Complaints to work", "投诉处置")}</h2>
      <div class="filters">
        <label>
          {t("State", "状态")}{" "}
          <select value={state} onChange={(event) => setState(event.currentTarget.value)}>
            <option value={WAITING}>{t("waiting for a person", "待人工处理")}</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {stateWords(one)}
              </option>
            ))}
          </select>
        </label>
        {may("routes:plan") && <ReadNew done={listed.again} />}
      </div>
      <Shown of={listed}>
        {(found) => (
          <>
            <p class="quiet">
              {t(`${number(found.complaints.length)} complaints`, `${number(found.complaints.length)} 件`)}
              {found.next !== null && t(" and more; those due first are shown", "，还有更多；先到期者在前")}
            </p>
            {found.complaints.length === 0 && <p class="note">{t("Nothing waits here.", "没有待处理的投诉。")}</p>}
            {triaged(found.complaints).map((one) => (
              <ComplaintCard key={one.complaint_id} complaint={one} changed={listed.again} />
            ))}
          </>
        )}
      </Shown>
      <Misrouted />
    </>
  );
}

function ReadNew(props: { done: () => void }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const read = async () => {
    setBusy(true);
    setFailed("");
    try {
      const found = await post<{ proposed: number; unsure: number }>("/v1/complaints/triage", {});
      announce(
        t(
          `${number(found.proposed)} proposed, ${number(found.unsure)} left to a person.`,
          `已提出建议 ${number(found.proposed)} 件，${number(found.unsure)} 件留待人工。`,
        ),
      );
      props.done();
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" class="plain" disabled={busy} onClick={read}>
        {busy ? t("Reading…", "读取中…") : t("Read what came in", "读取新投诉")}
      </button>
      {failed !== "" && <Failed text={failed} />}
    </>
  );
}

interface Month {
  month: string;
  first: number;
  first_wrong_share: number | null;
  proposed: number;
  proposed_wrong_share: number | null;
  unsure: number;
}

function Misrouted() {
  const routing = useLoad((signal) => get<{ months: Month[] }>("/v1/complaint-routing", {}, signal), []);
  return (
    <Shown of={routing}>
      {(found) =>
        found.months.length === 0 ? null : (
          <>
            <h2>{t("Sent to the wrong department", "误派比例")}</h2>
            <ul>
              {found.months.slice(-6).map((one) => (
                <li key={one.month}>
                  {one.month}: {t("first sent", "首次派单")} {percent(one.first_wrong_share, 1)} ({number(one.first)}),{" "}
                  {t("by proposal", "按建议")} {percent(one.proposed_wrong_share, 1)} ({number(one.proposed)}),{" "}
                  {t(`${number(one.unsure)} left to a person`, `${number(one.unsure)} 件留待人工`)}
                </li>
              ))}
            </ul>
          </>
        )
      }
    </Shown>
  );
}
