/** What an import did, or would do, feed by feed, in numbers that add up. */
import { type Column, Table } from "../shell/table";
import { number, t } from "../shell/words";

export interface FeedReport {
  feed: string;
  contract: string;
  read: number;
  new: number;
  corrections: number;
  duplicates: number;
  quarantined: number;
  reasons: [string, number][];
}

export interface Report {
  import_id: string | null;
  dry_run?: boolean;
  feeds: FeedReport[];
  assumed: string[];
}

const COLUMNS: Column<FeedReport>[] = [
  { name: t("Feed", "数据源"), cell: (one) => one.feed, by: (one) => one.feed },
  { name: t("Table", "表"), cell: (one) => one.contract, by: (one) => one.contract },
  { name: t("Read", "读取"), cell: (one) => number(one.read), by: (one) => one.read, number: true },
  { name: t("New", "新增"), cell: (one) => number(one.new), by: (one) => one.new, number: true },
  { name: t("Corrections", "更正"), cell: (one) => number(one.corrections), by: (one) => one.corrections, number: true },
  { name: t("Had before", "已有"), cell: (one) => number(one.duplicates), by: (one) => one.duplicates, number: true },
  { name: t("To quarantine", "隔离"), cell: (one) => number(one.quarantined), by: (one) => one.quarantined, number: true },
  {
    name: t("Why", "原因"),
    cell: (one) => one.reasons.slice(0, 3).map(([reason, rows]) => `${reason} (${number(rows)})`).join("; ") || "–",
  },
];

export function FeedReports(props: { report: Report; caption: string }) {
  return (
    <>
      <Table
        caption={props.caption}
        columns={COLUMNS}
        rows={props.report.feeds}
        id={(one) => `${one.feed} ${one.contract}`}
        empty={t("The mapping read no feed.", "映射未读取任何数据源。")}
      />
      {props.report.assumed.map((sentence) => (
        <p key={sentence} class="quiet">
          {sentence}
        </p>
      ))}
    </>
  );
}
