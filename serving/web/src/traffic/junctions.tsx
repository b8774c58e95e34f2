/** What stands in the way of publishing plans over each junction: shadow mode, and what nobody has verified. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { get, post } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { may, now, session } from "../shell/session";
import { Table } from "../shell/table";
import { dayAndClock, dayOf, t } from "../shell/words";
import { midnightOf } from "./daytime";
import { modeName } from "./levels";
import { hashOf, usePath } from "./path";
import type { JunctionState } from "./types";
import { Said } from "../shell/said";

interface Audit {
  ok: boolean;
  doubts: { weight: string; rule: string; sentence: string; cost: string }[];
  assumed: string[];
}

export function JunctionsView() {
  const [, open] = usePath();
  const states = useLoad((signal) => get<{ junctions: JunctionState[] }>("/v1/signals/junctions", {}, signal), []);
  return (
    <Shown of={states}>
      {(found) => (
        <>
          <p class="quiet">
            {t(
              "A plan is published only over junctions that somebody has verified on site and that are not in shadow mode.",
              "方案仅可发布到经现场核实且不处于影子运行的路口。",
            )}
          </p>
          <Listed junctions={found.junctions} open={open} />
          {found.junctions
            .filter((one) => one.junction_id === open)
            .map((one) => (
              <One key={one.junction_id} junction={one} changed={states.again} />
            ))}
        </>
      )}
    </Shown>
  );
}

function Listed(props: { junctions: JunctionState[]; open: string | undefined }) {
  return (
    <Table
      caption={t("Junctions", "路口")}
      rows={props.junctions}
      id={(row) => row.junction_id}
      current={props.open}
      empty={t("There are no junctions.", "没有路口。")}
      columns={[
        {
          name: t("Junction", "路口"),
          by: (row) => row.junction_id,
          cell: (row) => (
            <a class="named" href={hashOf("junctions", row.junction_id)}>
              {row.junction_id} {row.name}
            </a>
          ),
        },
        { name: t("District", "区"), by: (row) => row.district_id, cell: (row) => row.district_id },
        { name: t("Mode", "控制方式"), by: (row) => row.mode, cell: (row) => modeName(row.mode) },
        {
          name: t("Verified", "现场核实"),
          by: (row) => row.verified_on ?? "",
          cell: (row) =>
            row.verified_by === null ? (
              <span class="badge bad">{t("unverified", "未核实")}</span>
            ) : (
              `${row.verified_by}, ${row.verified_on ?? ""}`
            ),
        },
        {
          name: t("Shadow mode", "影子运行"),
          by: (row) => (row.shadow === null ? 1 : 0),
          cell: (row) => (row.shadow === null ? t("no", "否") : <span class="badge warn">{t("in shadow mode", "影子运行中")}</span>),
        },
      ]}
    />
  );
}

function One(props: { junction: JunctionState; changed: () => void }) {
  const { junction } = props;
  const path = `/v1/signals/junctions/${encodeURIComponent(junction.junction_id)}`;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const audit = useLoad((signal) => get<Audit>(`${path}/audit`, {}, signal), [path]);
  return (
    <section class="card junction" aria-label={junction.junction_id}>
      <h2 ref={heading} tabIndex={-1}>
        {junction.junction_id} {junction.name}
      </h2>
      <ShadowOf junction={junction} path={path} changed={props.changed} />
      <h3>{t("Audit of its record", "档案审核")}</h3>
      <p>
        {junction.verified_by === null
          ? t("Nobody has compared its record with the site: nothing is published over it.", "尚未与现场核对：不能发布方案。")
          : t(`Compared with the site by ${junction.verified_by} on ${junction.verified_on ?? ""}.`, `${junction.verified_by} 于 ${junction.verified_on ?? ""} 与现场核对。`)}
      </p>
      <Shown of={audit}>{(found) => <Doubts audit={found} />}</Shown>
    </section>
  );
}

function Doubts(props: { audit: Audit }) {
  const words: Record<string, [string, string]> = {
    wrong: [t("wrong", "错误"), "bad"],
    doubtful: [t("doubtful", "存疑"), "warn"],
    missing: [t("missing", "缺失"), "quiet"],
  };
  if (props.audit.doubts.length === 0) return <p class="good">{t("✓ Nothing is wrong or doubtful.", "✓ 无错误或疑点。")}</p>;
  return (
    <ul class="findings">
      {props.audit.doubts.map((one) => (
        <li key={one.sentence}>
          <span class={`badge ${words[one.weight]?.[1] ?? ""}`}>{words[one.weight]?.[0] ?? one.weight}</span> <Said text={one.sentence} />{" "}
          {one.cost !== "" && <span class="quiet">{one.cost}</span>}
        </li>
      ))}
    </ul>
  );
}

function ShadowOf(props: { junction: JunctionState; path: string; changed: () => void }) {
  const { junction } = props;
  const [asks, setAsks] = useState<"enter" | "leave">();
  const [until, setUntil] = useState(() => dayOf(new Date(now().getTime() + 14 * 86_400_000)));
  const field = useId();
  const done = (said: string) => {
    announce(said);
    props.changed();
  };
  const mark = junction.shadow;
  return (
    <>
      <h3>{t("Shadow mode", "影子运行")}</h3>
      <p>
        {mark === null
          ? t("It is not in shadow mode.", "未处于影子运行。")
          : t(
              `In shadow mode since ${dayAndClock(mark.at)}${mark.until === null ? "" : `, until ${dayAndClock(mark.until)} at least`} (${mark.person}: ${mark.reason}). Plans are computed and compared, and not published.`,
              `自 ${dayAndClock(mark.at)} 起影子运行${mark.until === null ? "" : `，至少到 ${dayAndClock(mark.until)}`}（${mark.person}：${mark.reason}）。方案仅计算对比，不发布。`,
            )}
      </p>
      {may("signals:approve") && (
        <div class="deeds">
          <button type="button" onClick={() => setAsks(mark === null ? "enter" : "leave")}>
            {mark === null ? t("Put into shadow mode", "进入影子运行") : t("Let it leave shadow mode", "退出影子运行")}
          </button>
        </div>
      )}
      {asks === "enter" && (
        <AskReason
          title={t(`Put ${junction.junction_id} into shadow mode`, `${junction.junction_id} 进入影子运行`)}
          label={t("Note", "说明")}
          doIt={t("Put into shadow mode", "进入影子运行")}
          needed
          more={
            <>
              <label for={field}>{t("Not before this day it may leave", "最早退出日期")}</label>
              <input id={field} type="date" required value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
            </>
          }
          close={() => setAsks(undefined)}
          deed={async (reason) => {
            await post(`${props.path}/shadow/enter`, { until: midnightOf(until, session.time_zone).toISOString(), reason });
            done(t(`${junction.junction_id} is in shadow mode.`, `${junction.junction_id} 已进入影子运行。`));
          }}
        />
      )}
      {asks === "leave" && (
        <AskReason
          title={t(`Let ${junction.junction_id} leave shadow mode`, `${junction.junction_id} 退出影子运行`)}
          label={t("Note: what the comparison showed", "说明：对比结果")}
          doIt={t("Sign that it may leave", "签署退出")}
          needed
          close={() => setAsks(undefined)}
          deed={async (reason) => {
            await post(`${props.path}/shadow/leave`, { reason });
            done(t(`${junction.junction_id} has left shadow mode.`, `${junction.junction_id} 已退出影子运行。`));
          }}
        />
      )}
    </>
  );
}
