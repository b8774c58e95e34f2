/** One complaint: what is proposed and why, its masked text for whoever decides, and the three decisions. */
import { useState } from "preact/hooks";
import { get, post } from "../shell/api";
import { AskReason, Dialog } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Failed, Shown, useLoad } from "../shell/loading";
import { sentence } from "../shell/api";
import { may } from "../shell/session";
import { dayAndClock, percent, t } from "../shell/words";
import { type Complaint, priorityWords, questionWords, stateWords } from "./complaint_words";

type Deed = "accept" | "refuse" | "reroute";
const OPEN = ["unsure", "proposed"];

export function ComplaintCard(props: { complaint: Complaint; changed: () => void }) {
  const one = props.complaint;
  const [deed, setDeed] = useState<Deed>();
  const [isRead, setRead] = useState(false);
  const mayDecide = may("routes:plan") && OPEN.includes(one.state);
  const name = (english: string, chinese: string) => t(`${english}: ${one.complaint_id}`, `${chinese}：${one.complaint_id}`);
  return (
    <article class="card warning" aria-label={one.complaint_id}>
      <p>
        <span class={one.state === "unsure" ? "badge warn" : "badge"}>{stateWords(one.state)}</span>{" "}
        <span class={one.priority === "urgent" ? "badge bad" : "badge quiet"}>{priorityWords(one.priority)}</span>{" "}
        <strong>{one.category}</strong> → {one.department ?? t("no department known", "部门未知")}
      </p>
      <p class="quiet">
        {one.complaint_id} · {one.district_id} · {t("opened", "受理")} {dayAndClock(one.opened_at)} · {t("due", "期限")}{" "}
        {dayAndClock(one.due_at)}
        {one.point_id !== null && ` · ${one.point_id}${one.stream === null ? "" : `/${one.stream}`}`}
        {one.plan_id !== null && ` · ${one.plan_id} ${one.truck_id ?? ""}`}
      </p>
      <Reasons complaint={one} />
      {one.why !== "" && <p>{one.why}</p>}
      {isRead && <Text id={one.complaint_id} />}
      <p class="deeds">
        {may("routes:plan") && !isRead && (
          <button type="button" class="small" aria-label={name("Read", "阅读")} onClick={() => setRead(true)}>
            {t("Read it", "阅读")}
          </button>
        )}
        {mayDecide && (
          <>
            <button type="button" class="small" aria-label={name("Accept", "接受")} onClick={() => setDeed("accept")}>
              {t("Accept", "接受")}
            </button>
            <button type="button" class="small" aria-label={name("Refuse", "不予处理")} onClick={() => setDeed("refuse")}>
              {t("Refuse", "不予处理")}
            </button>
            <button type="button" class="small" aria-label={name("Send elsewhere", "转派")} onClick={() => setDeed("reroute")}>
              {t("Send elsewhere", "转派")}
            </button>
          </>
        )}
      </p>
      {deed !== undefined && <Decide complaint={one} deed={deed} changed={props.changed} close={() => setDeed(undefined)} />}
    </article>
  );
}

function Reasons(props: { complaint: Complaint }) {
  const { proposed } = props.complaint;
  return (
    <ul class="legend">
      <li>
        {t("how sure", "把握")} {percent(proposed.confidence)}
      </li>
      {proposed.reasons.map((reason) => (
        <li key={reason.question}>
          {questionWords(reason.question)}: {reason.terms.join(", ") || "–"}
        </li>
      ))}
      {proposed.first_department !== null && proposed.first_department !== props.complaint.department && (
        <li>
          {t("sent first to", "首派")} {proposed.first_department}
        </li>
      )}
    </ul>
  );
}

interface Detail {
  text: string | null;
  steps: { number: number; at: string; before: string; after: string; person: string; why: string }[];
}

function Text(props: { id: string }) {
  const detail = useLoad((signal) => get<Detail>(`/v1/complaints/${encodeURIComponent(props.id)}`, {}, signal), [props.id]);
  return (
    <Shown of={detail}>
      {(found) => (
        <>
          <blockquote class="note">{found.text ?? t("No text came with it.", "没有文本。")}</blockquote>
          <ol>
            {found.steps.map((step) => (
              <li key={step.number}>
                {dayAndClock(step.at)} {step.person}: {stateWords(step.after)} {step.why}
              </li>
            ))}
          </ol>
        </>
      )}
    </Shown>
  );
}

function Decide(props: { complaint: Complaint; deed: Deed; changed: () => void; close: () => void }) {
  const { complaint } = props;
  const path = `/v1/complaints/${encodeURIComponent(complaint.complaint_id)}/${props.deed}`;
  const done = () => {
    announce(t(`Complaint ${complaint.complaint_id} is decided.`, `投诉 ${complaint.complaint_id} 已处理。`));
    props.changed();
  };
  if (props.deed === "reroute") return <Reroute path={path} complaint={complaint} done={done} close={props.close} />;
  const isAccept = props.deed === "accept";
  return (
    <AskReason
      title={isAccept ? t("Make it an order?", "列为工单？") : t("Nothing is to be done?", "不予处理？")}
      label={isAccept ? t("Why (may be left empty)", "说明（可留空）") : t("Why", "理由")}
      doIt={isAccept ? t("Accept", "接受") : t("Refuse", "不予处理")}
      needed={!isAccept}
      deed={async (why) => {
        await post(path, { why });
        done();
      }}
      close={props.close}
    />
  );
}

function Reroute(props: { path: string; complaint: Complaint; done: () => void; close: () => void }) {
  const [department, setDepartment] = useState(props.complaint.department ?? "");
  const [category, setCategory] = useState("");
  const [why, setWhy] = useState("");
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const act = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFailed("");
    try {
      await post(props.path, { department: department.trim(), why: why.trim(), ...(category.trim() === "" ? {} : { category: category.trim() }) });
      props.done();
      props.close();
    } catch (cause) {
      setFailed(sentence(cause));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("Send it to another department", "转派其他部门")} close={props.close}>
      <form onSubmit={act}>
        <label for="to-department">{t("Department", "部门")}</label>
        <input id="to-department" required maxLength={200} value={department} onInput={(event) => setDepartment(event.currentTarget.value)} />
        <label for="to-category">{t("Category, if it is another", "类别（如需更改）")}</label>
        <input id="to-category" maxLength={200} value={category} onInput={(event) => setCategory(event.currentTarget.value)} />
        <label for="to-why">{t("Why", "理由")}</label>
        <textarea id="to-why" rows={3} required maxLength={1000} value={why} onInput={(event) => setWhy(event.currentTarget.value)} />
        {failed !== "" && <Failed text={failed} />}
        <p class="deeds">
          <button type="submit" disabled={busy}>
            {t("Send it", "转派")}
          </button>
          <button type="button" class="plain" onClick={props.close}>
            {t("Cancel", "取消")}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
