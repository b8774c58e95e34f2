/** The driver's page: the next stop large, what to say about it, and what was not sent yet. */
import { render } from "preact";
import { useState } from "preact/hooks";
import { dayAndClock, language, number, secondsClock, speak, t } from "../shell/words";
import { HaltRow } from "./halts";
import { NextHalt } from "./next_halt";
import { route } from "./route";
import { type Day, useDay } from "./use_day";
import { keepPage } from "./worker";
import "../shell/app.css";
import "./driver.css";

function Driver() {
  const day = useDay();
  const [changing, setChanging] = useState<number>();
  const at = changing ?? day.next;
  const halt = route.halts[at];
  const settled = route.halts.filter((one, index) => one.kind === "stop" && day.halts[index]?.outcome !== "open").length;
  const stops = route.halts.filter((one) => one.kind === "stop").length;
  return (
    <>
      <header class="driver-top">
        <div>
          <h1>
            {t("Truck", "车辆")} {route.truck_id}
          </h1>
          <p class="quiet">
            {route.service_date} · {settled} / {stops} {t("stops", "站")} · {secondsClock(route.depart_s)}–
            {secondsClock(route.return_s)} · {number(route.metres / 1000, 1)} km
          </p>
        </div>
        <button
          type="button"
          class="small"
          lang={language === "zh" ? "en" : "zh-CN"}
          onClick={() => speak(language === "zh" ? "en" : "zh")}
        >
          {language === "zh" ? "English" : "中文"}
        </button>
      </header>
      <main id="main">
        <Connection day={day} />
        <NewPlan isNewer={day.newer} />
        {route.status !== "published" && !route.is_gone && (
          <p class="note">
            {t("This plan is not published: it is only to look at, reports are not taken.", "此计划未发布：仅供查看，不接受上报。")}
          </p>
        )}
        {halt === undefined ? (
          <section class="next" aria-live="polite">
            <h2>{t("All stops are settled", "全部站点已完成")}</h2>
            <p>
              {t("Back to", "返回")} {route.depot_id}, {secondsClock(route.return_s)}
            </p>
          </section>
        ) : (
          <NextHalt
            key={at}
            halt={halt}
            isChange={changing !== undefined}
            report={async (kind, more) => {
              await day.report(kind, at, more);
              setChanging(undefined);
            }}
            pass={async () => {
              await day.pass(at);
              setChanging(undefined);
            }}
            back={() => setChanging(undefined)}
          />
        )}
        <h2>{t("The whole day", "全天行程")}</h2>
        <ol class="halts">
          {route.halts.map((one, index) => (
            <HaltRow
              key={index}
              halt={one}
              state={day.halts[index]}
              isNext={index === day.next}
              change={() => {
                setChanging(index);
                scrollTo({ top: 0 });
              }}
            />
          ))}
        </ol>
        <footer class="quiet">
          {t("Plan", "计划")} {route.plan_id}. {t("This link works until", "链接有效至")} {dayAndClock(route.ends)}.
        </footer>
      </main>
    </>
  );
}

/** The same link shows the newest plan: what became other, and that one is there which is not shown yet. */
function NewPlan(props: { isNewer: boolean }) {
  const { changes } = route;
  const names = (stops: string[]) => stops.map((one) => one.split("/")[0]).join(", ");
  if (props.isNewer) {
    return (
      <p class="note" role="alert">
        <b>{t("There is a new plan for this truck.", "本车已有新计划。")}</b>{" "}
        <button type="button" class="small" onClick={() => location.reload()}>
          {t("Show it", "查看")}
        </button>
      </p>
    );
  }
  if (route.is_gone) {
    return (
      <p class="problem" role="alert">
        {t("A newer plan has no route for this truck: ask the dispatcher before you go on.", "新计划中本车没有路线：请先联系调度员。")}
      </p>
    );
  }
  if (changes === null) return null;
  const isSame = changes.added.length + changes.dropped.length === 0 && !changes.reordered;
  return (
    <section class="note" aria-label={t("What changed", "变更内容")}>
      <h2>{t("This is a new plan", "这是新计划")}</h2>
      <ul class="lines">
        {changes.added.length > 0 && <li>{t(`New stops: ${names(changes.added)}`, `新增站点：${names(changes.added)}`)}</li>}
        {changes.dropped.length > 0 && <li>{t(`Not yours any more: ${names(changes.dropped)}`, `不再由您收运：${names(changes.dropped)}`)}</li>}
        {changes.reordered && <li>{t("The other stops come in another order.", "其余站点的顺序有变。")}</li>}
        {isSame && <li>{t("Your stops and their order stay; only times may differ.", "您的站点和顺序不变，仅时间可能不同。")}</li>}
      </ul>
      <p class="quiet">{t("What you reported before counts.", "此前的上报仍然有效。")}</p>
    </section>
  );
}

function Connection(props: { day: Day }) {
  const { day } = props;
  const ended = day.stopped?.kind === "ended";
  return (
    <div role="status" aria-live="polite" class={day.waiting > 0 ? "sync waits" : "sync"}>
      {day.failed !== "" && (
        <p class="bad">
          {t("This phone cannot keep reports; tell the dispatcher: ", "本机无法保存上报，请告知调度员：")}
          {day.failed}
        </p>
      )}
      {day.waiting === 0 ? (
        <p class="good">✓ {t("Everything is sent.", "全部已发送。")}</p>
      ) : (
        <p>
          <b>
            {ended
              ? t(`${day.waiting} not sent: the link has ended. Ask the dispatcher for a new one.`, `${day.waiting} 条未发送：链接已失效，请向调度员索取新链接。`)
              : t(`${day.waiting} not sent yet; kept on this phone.`, `${day.waiting} 条尚未发送，已保存在本机。`)}
          </b>{" "}
          <button type="button" class="small" disabled={day.isSending} onClick={day.sendNow}>
            {day.isSending ? t("Sending…", "发送中…") : t("Send now", "立即发送")}
          </button>
        </p>
      )}
      {day.elsewhere.map((path) => (
        <p key={path}>
          <a href={path}>{t("Another route has reports that were not sent: open it", "另一条路线有未发送的上报：点此打开")}</a>
        </p>
      ))}
    </div>
  );
}

const root = document.getElementById("page");
if (root === null) throw new Error("the page has no place to be in");
root.textContent = "";
render(<Driver />, root);
keepPage();
