/** Complaints that became work: what is open with its due time, and what waits for the dispatcher's word. */
import { useState } from "preact/hooks";
import { get, post } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { may, now } from "../shell/session";
import { type Column, Table } from "../shell/table";
import { dayAndClock, t } from "../shell/words";
import { streamText } from "./said";
import { Said } from "../shell/said";

interface Work {
  complaint_id: string;
  district_id: string;
  state: string;
  category: string;
  priority: string;
  due_at: string;
  point_id: string | null;
  stream: string | null;
  plan_id: string | null;
  truck_id: string | null;
  why: string;
}

interface Found {
  complaints: Work[];
}

type Deed = "accept" | "refuse";

export function OrdersTable() {
  const open = useLoad((signal) => get<Found>("/v1/complaint-orders", { limit: 200 }, signal), []);
  const waiting = useLoad((signal) => get<Found>("/v1/complaints?state=proposed&state=unsure&limit=200", {}, signal), []);
  const [asked, setAsked] = useState<{ work: Work; deed: Deed }>();
  const again = () => {
    open.again();
    waiting.again();
  };
  return (
    <section>
      <h2>{t("Complaint orders", "投诉工单")}</h2>
      <p class="quiet">{t("Open orders are priced into the plan by themselves.", "未结工单会自动计入计划。")}</p>
      <Shown of={open}>
        {(found) => (
          <Table
            cards
            caption={t("Open complaint orders with their due times", "未结投诉工单及时限")}
            rows={found.complaints}
            id={(one) => one.complaint_id}
            empty={t("No order waits for a truck.", "没有待处理的工单。")}
            columns={[
              ...COLUMNS,
              { name: t("Served by", "安排"), cell: (one) => (one.truck_id === null ? <Said text={one.why} /> : `${one.truck_id} (${one.plan_id})`) },
            ]}
          />
        )}
      </Shown>
      <h3>{t("Proposed, waiting for a person's word", "待人工确认")}</h3>
      <Shown of={waiting}>
        {(found) => (
          <Table
            cards
            caption={t("Complaints that somebody has to accept or refuse", "待确认的投诉")}
            rows={found.complaints}
            id={(one) => one.complaint_id}
            empty={t("Nothing waits.", "没有待确认的投诉。")}
            columns={[
              ...COLUMNS,
              { name: t("Why", "理由"), cell: (one) => <span class="sentence"><Said text={one.why} /></span> },
              ...(may("routes:plan") ? [{ name: t("Decide", "处理"), cell: (one: Work) => <Deeds one={one} ask={(deed) => setAsked({ work: one, deed })} /> }] : []),
            ]}
          />
        )}
      </Shown>
      {asked !== undefined && <Decision {...asked} close={() => setAsked(undefined)} done={again} />}
    </section>
  );
}

const COLUMNS: Column<Work>[] = [
  { name: t("Order", "工单"), by: (one) => one.complaint_id, cell: (one) => one.complaint_id },
  { name: t("About", "事项"), by: (one) => one.category, cell: (one) => one.category },
  {
    name: t("Point", "收运点"),
    by: (one) => one.point_id ?? "",
    cell: (one) => (one.point_id === null ? "–" : `${one.point_id} ${one.stream === null ? "" : streamText(one.stream)}`),
  },
  { name: t("Priority", "优先级"), by: (one) => one.priority, cell: (one) => one.priority },
  {
    name: t("Due by", "时限"),
    by: (one) => one.due_at,
    cell: (one) => (
      <span class={Date.parse(one.due_at) < now().getTime() ? "bad" : undefined}>
        {dayAndClock(one.due_at)}
        {Date.parse(one.due_at) < now().getTime() && ` (${t("overdue", "已逾期")})`}
      </span>
    ),
  },
];

function Deeds(props: { one: Work; ask: (deed: Deed) => void }) {
  const id = props.one.complaint_id;
  return (
    <span class="word">
      <button type="button" class="small" aria-label={t(`Accept ${id}`, `接受 ${id}`)} onClick={() => props.ask("accept")}>
        {t("Accept…", "接受…")}
      </button>{" "}
      <button type="button" class="small" aria-label={t(`Refuse ${id}`, `驳回 ${id}`)} onClick={() => props.ask("refuse")}>
        {t("Refuse…", "驳回…")}
      </button>
    </span>
  );
}

function Decision(props: { work: Work; deed: Deed; close: () => void; done: () => void }) {
  const { work, deed } = props;
  const [key] = useState(() => crypto.randomUUID());
  const isAccept = deed === "accept";
  const act = async (why: string) => {
    await post(`/v1/complaints/${encodeURIComponent(work.complaint_id)}/${deed}`, { why }, key);
    announce(isAccept ? t("It is an order now.", "已转为工单。") : t("It is refused.", "已驳回。"));
    props.done();
  };
  return (
    <AskReason
      title={isAccept ? t(`Accept ${work.complaint_id}`, `接受 ${work.complaint_id}`) : t(`Refuse ${work.complaint_id}`, `驳回 ${work.complaint_id}`)}
      label={t("Why", "理由")}
      doIt={isAccept ? t("Accept", "接受") : t("Refuse", "驳回")}
      needed={!isAccept}
      deed={act}
      close={props.close}
    />
  );
}
