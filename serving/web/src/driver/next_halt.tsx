/** The halt that the truck drives to now, and the few things that can be said of it. */
import { useEffect, useId, useState } from "preact/hooks";
import { streamText } from "../dispatch/said";
import { Dialog } from "../shell/dialog";
import { number, secondsClock, t } from "../shell/words";
import { haltName, mapLink } from "./halts";
import type { Halt, Kind } from "./reports";

type Tell = (kind: Kind, more?: { reason?: string; kg?: number; ticket?: string }) => Promise<void>;

// A second tap within this time was meant for the stop before.
const SETTLE_MS = 700;

export function NextHalt(props: { halt: Halt; isChange: boolean; report: Tell; pass: () => Promise<void>; back: () => void }) {
  const { halt } = props;
  const [asking, setAsking] = useState<"skipped" | "blocked">();
  const [isFresh, setFresh] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setFresh(false), SETTLE_MS);
    return () => clearTimeout(timer);
  }, []);
  const map = mapLink(halt);
  return (
    <section class="next" aria-label={t("Next stop", "下一站")}>
      <p class="quiet">
        {props.isChange ? t("Change", "修改") : t("Next", "下一站")} · {halt.kind === "stop" ? `#${halt.number}` : ""}{" "}
        {secondsClock(halt.arrive_s)}
      </p>
      <h2>{haltName(halt)}</h2>
      <p>
        {halt.kind === "stop" ? `${streamText(halt.stream ?? "")} · ` : ""}
        {number(halt.kg)} kg
        {map !== undefined && (
          <>
            {" · "}
            <a href={map}>{t("Open in the map", "在地图中打开")}</a>
          </>
        )}
      </p>
      {halt.kind === "stop" ? (
        <div class="big">
          <button type="button" class="done" disabled={isFresh} onClick={() => void props.report("done")}>
            ✓ {t("Done", "已收")}
          </button>
          <button type="button" class="plain" disabled={isFresh} onClick={() => setAsking("skipped")}>
            ⤼ {t("Skip…", "跳过…")}
          </button>
          <button type="button" class="plain" disabled={isFresh} onClick={() => setAsking("blocked")}>
            ✗ {t("Blocked…", "受阻…")}
          </button>
        </div>
      ) : (
        <Weighing expected={halt.kg} report={props.report} pass={props.pass} />
      )}
      {props.isChange && (
        <button type="button" class="plain" onClick={props.back}>
          {t("Back to the next stop", "返回下一站")}
        </button>
      )}
      {asking !== undefined && (
        <WhyNot
          halt={halt}
          kind={asking}
          close={() => setAsking(undefined)}
          tell={(reason) => props.report(asking, { reason })}
        />
      )}
    </section>
  );
}

function WhyNot(props: { halt: Halt; kind: "skipped" | "blocked"; tell: (reason: string) => Promise<void>; close: () => void }) {
  const field = useId();
  const [reason, setReason] = useState("");
  const offered =
    props.kind === "skipped"
      ? [t("nothing in the bins", "桶内无垃圾"), t("bins not put out", "桶未摆出"), t("truck full", "车已装满"), t("wrong waste", "垃圾混投")]
      : [t("parked car", "车辆占道"), t("road closed", "道路封闭"), t("gate locked", "大门上锁"), t("road works", "道路施工")];
  const title = props.kind === "skipped" ? t(`Skip ${props.halt.name}: why?`, `跳过 ${props.halt.name}：原因？`) : t(`${props.halt.name} is blocked: by what?`, `${props.halt.name} 受阻：原因？`);
  return (
    <Dialog title={title} close={props.close}>
      <div class="offered">
        {offered.map((one) => (
          <button key={one} type="button" class="plain" onClick={() => void props.tell(one)}>
            {one}
          </button>
        ))}
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void props.tell(reason.trim());
        }}
      >
        <label for={field}>{t("or in your own words", "或自行填写")}</label>
        <input id={field} required pattern=".*\S.*" maxLength={300} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        <p class="deeds">
          <button type="submit">{t("Say it", "上报")}</button>
          <button type="button" class="plain" onClick={props.close}>
            {t("Cancel", "取消")}
          </button>
        </p>
      </form>
    </Dialog>
  );
}

function Weighing(props: { expected: number; report: Tell; pass: () => Promise<void> }) {
  const ids = { kg: useId(), ticket: useId() };
  const [kg, setKg] = useState("");
  const [ticket, setTicket] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    void props.report("weight", { kg: Number(kg), ...(ticket.trim() === "" ? {} : { ticket: ticket.trim() }) });
  };
  return (
    <form onSubmit={submit} aria-label={t("Weighbridge", "过磅")}>
      <label for={ids.kg}>{t(`Net weight, kg (expected ${Math.round(props.expected)})`, `净重 kg（预计 ${Math.round(props.expected)}）`)}</label>
      <input id={ids.kg} type="number" inputMode="decimal" required min={0} max={100000} step="any" value={kg} onInput={(event) => setKg(event.currentTarget.value)} />
      <label for={ids.ticket}>{t("Ticket number, if there is one", "磅单号（如有）")}</label>
      <input id={ids.ticket} maxLength={100} value={ticket} onInput={(event) => setTicket(event.currentTarget.value)} />
      <div class="big">
        <button type="submit" class="done">
          {t("Report the weight", "上报重量")}
        </button>
        <button type="button" class="plain" onClick={() => void props.pass()}>
          {t("Tipped, no weight", "已倾倒，无称重")}
        </button>
      </div>
    </form>
  );
}
