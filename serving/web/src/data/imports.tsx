/** Departments' files brought in: uploaded, tried out, imported; and what was imported before. */
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { type Column, Table } from "../shell/table";
import { dayAndClock, number, t } from "../shell/words";
import { FeedReports, type Report } from "./import_report";
import { NewImport } from "./new_import";
import { When } from "./when";

interface Summary {
  import_id: string;
  mapping: string;
  imported_at: string;
  files: number;
  new: number;
  corrections: number;
  quarantined: number;
}

interface Listed {
  imports: Summary[];
  of: number;
  mappings: string[];
}

export function ImportsView() {
  const listed = useLoad((signal) => get<Listed>("/v1/imports", { limit: 100 }, signal), []);
  const [picked, setPicked] = useState<string>();
  return (
    <Shown of={listed}>
      {(found) => (
        <>
          <NewImport kept={found.mappings} done={listed.again} />
          <h2>{t(`Imported before: ${found.of}`, `历史导入：${found.of}`)}</h2>
          <Table
            caption={t("List of imports", "导入记录")}
            columns={columns(setPicked)}
            rows={found.imports}
            id={(one) => one.import_id}
            current={picked}
            empty={t("Nothing was imported yet.", "尚无导入。")}
          />
          {picked !== undefined && <OneImport key={picked} id={picked} />}
        </>
      )}
    </Shown>
  );
}

function columns(pick: (id: string) => void): Column<Summary>[] {
  return [
    { name: t("When", "时间"), cell: (one) => <When at={one.imported_at} />, by: (one) => one.imported_at },
    { name: t("Mapping", "映射"), cell: (one) => one.mapping, by: (one) => one.mapping },
    { name: t("Files", "文件"), cell: (one) => number(one.files), by: (one) => one.files, number: true },
    { name: t("New rows", "新增行"), cell: (one) => number(one.new), by: (one) => one.new, number: true },
    { name: t("Corrections", "更正"), cell: (one) => number(one.corrections), by: (one) => one.corrections, number: true },
    { name: t("Quarantined", "隔离"), cell: (one) => number(one.quarantined), by: (one) => one.quarantined, number: true },
    {
      name: t("More", "详情"),
      cell: (one) => (
        <button
          type="button"
          class="small"
          aria-label={t(`Look at the import of ${dayAndClock(one.imported_at)}`, `查看 ${dayAndClock(one.imported_at)} 的导入`)}
          onClick={() => pick(one.import_id)}
        >
          {t("Look", "查看")}
        </button>
      ),
    },
  ];
}

interface Detail extends Report {
  files: { source: string; feed: string; sha256: string | null; rows: number | null }[];
  wrote: { table: string; before: number | null; after: number }[];
}

function OneImport(props: { id: string }) {
  const detail = useLoad((signal) => get<Detail>(`/v1/imports/${encodeURIComponent(props.id)}`, {}, signal), [props.id]);
  return (
    <section aria-label={t("One import", "导入详情")}>
      <h3>
        {t("Import", "导入")} <code class="hash">{props.id}</code>
      </h3>
      <Shown of={detail}>
        {(found) => (
          <>
            <FeedReports report={found} caption={t("Feeds of this import", "本次导入的数据源")} />
            <h3>{t("Its files", "文件")}</h3>
            <Table
              caption={t("Files of this import", "本次导入的文件")}
              columns={FILES}
              rows={found.files}
              id={(one) => `${one.source} ${one.feed}`}
              empty={t("No file.", "没有文件。")}
            />
            <p class="quiet">
              {t("Table versions: ", "表版本：")}
              {found.wrote.map((one) => `${one.table} ${one.before ?? "–"} → ${one.after}`).join(", ")}
            </p>
          </>
        )}
      </Shown>
    </section>
  );
}

const FILES: Column<Detail["files"][number]>[] = [
  { name: t("File", "文件"), cell: (one) => one.source, by: (one) => one.source },
  { name: t("Feed", "数据源"), cell: (one) => one.feed, by: (one) => one.feed },
  { name: t("Records", "记录"), cell: (one) => number(one.rows), by: (one) => one.rows ?? 0, number: true },
  { name: "SHA-256", cell: (one) => <code class="hash">{one.sha256?.slice(0, 16) ?? "–"}</code> },
];
