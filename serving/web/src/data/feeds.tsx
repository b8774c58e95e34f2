/** Feeds: how fresh each is and what is wrong with it; and the rows that were not let in. */
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { type Column, Table } from "../shell/table";
import { number, t } from "../shell/words";
import { type Feed, feedsOf, type Figure } from "./feed_rows";
import { age } from "./names";
import { Quarantine } from "./quarantine";
import type { Warned } from "./warnings";
import { When } from "./when";
import { Said } from "../shell/said";

export function FeedsView() {
  const figures = useLoad((signal) => get<{ values: Figure[]; not_told: string[] }>("/v1/indicators", { kind: "feeds" }, signal), []);
  const faults = useLoad((signal) => get<{ warnings: Warned[] }>("/v1/warnings", { source: "feeds" }, signal), []);
  return (
    <>
      <h2>{t("Feeds", "数据源")}</h2>
      <Shown of={figures}>
        {(found) => (
          <>
            <Table
              caption={t("Freshness of feeds", "数据源新鲜度")}
              columns={COLUMNS}
              rows={feedsOf(found.values)}
              id={(one) => one.subject}
              empty={t("No feed of the last weeks: import one first.", "最近几周没有数据源，请先导入。")}
            />
            {found.not_told.map((sentence) => (
              <p key={sentence} class="problem">
                <Said text={sentence} />
              </p>
            ))}
          </>
        )}
      </Shown>
      <h2>{t("Faults of feeds", "数据源故障")}</h2>
      <Shown of={faults}>
        {(found) => (
          <Table
            caption={t("Faults of feeds", "数据源故障")}
            columns={FAULTS}
            rows={found.warnings}
            id={(one) => one.warning_id}
            empty={t("No fault was found.", "未发现故障。")}
          />
        )}
      </Shown>
      <Quarantine />
    </>
  );
}

const COLUMNS: Column<Feed>[] = [
  { name: t("Feed", "数据源"), cell: (one) => one.subject, by: (one) => one.subject },
  { name: t("Newest value", "最新数据"), cell: (one) => t(`${age(one.age_s)} ago`, `${age(one.age_s)}前`), by: (one) => one.age_s ?? 0, number: true },
  { name: t("Usual step", "通常间隔"), cell: (one) => age(one.step_s), by: (one) => one.step_s ?? 0, number: true },
  {
    name: t("State", "状态"),
    cell: (one) => (
      <span class={one.findings > 0 ? "badge bad" : "badge"}>
        {one.findings > 0 ? t(`${one.findings} faults`, `${one.findings} 处故障`) : t("in order", "正常")}
      </span>
    ),
    by: (one) => -one.findings,
  },
  { name: t("Sensors", "设备数"), cell: (one) => number(one.sensors), by: (one) => one.sensors ?? 0, number: true },
  { name: t("Values", "数据量"), cell: (one) => number(one.values), by: (one) => one.values ?? 0, number: true },
];

const FAULTS: Column<Warned>[] = [
  { name: t("Fault", "故障"), cell: (one) => <code class="hash">{one.cause}</code>, by: (one) => one.cause },
  { name: t("Of", "对象"), cell: (one) => one.subject, by: (one) => one.subject },
  { name: t("District", "行政区"), cell: (one) => one.district_id ?? t("whole city", "全市"), by: (one) => one.district_id ?? "" },
  { name: t("Since", "起始"), cell: (one) => (one.since === null ? "–" : <When at={one.since} />), by: (one) => one.since ?? "" },
  { name: t("What was found", "发现"), cell: (one) => <Said text={one.sentence} /> },
  { name: t("What to do", "处理办法"), cell: (one) => one.todo },
];
