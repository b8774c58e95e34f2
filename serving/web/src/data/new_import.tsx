/** Files are dropped or chosen, tried out through a mapping, and imported as a whole or not at all. */
import { useRef, useState } from "preact/hooks";
import { post, sentence } from "../shell/api";
import { announce } from "../shell/frame";
import { Failed } from "../shell/loading";
import { number, t } from "../shell/words";
import { FeedReports, type Report } from "./import_report";
import { begin, freshKey, look, mappingsOf, remove, send, size, type Upload } from "./uploading";

export function NewImport(props: { kept: string[]; done: () => void }) {
  const [upload, setUpload] = useState<Upload>();
  const [sending, setSending] = useState<{ name: string; share: number }>();
  const [failed, setFailed] = useState("");
  const add = async (files: readonly File[]) => {
    if (files.length === 0) return;
    setFailed("");
    try {
      const into = upload ?? (await begin());
      setUpload(into);
      for (const file of files) {
        setSending({ name: file.name, share: 0 });
        await send(into.upload_id, file, (share) => setSending({ name: file.name, share }));
        setUpload(await look(into.upload_id));
      }
      announce(t(`${files.length} files are here. Nothing is imported yet.`, `已上传 ${files.length} 个文件，尚未导入。`));
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setSending(undefined);
  };
  const forget = () => setUpload(undefined);
  const away = async () => {
    if (upload !== undefined) await remove(upload.upload_id).catch((cause: unknown) => setFailed(sentence(cause)));
    forget();
  };
  return (
    <>
      <h2>{t("Import files", "导入文件")}</h2>
      <DropZone add={add} isBusy={sending !== undefined} />
      {sending !== undefined && (
        <div aria-live="polite">
          <label for="sending">
            {t("Sending", "正在上传")} {sending.name}
          </label>
          <progress id="sending" max={1} value={sending.share} />
        </div>
      )}
      {failed !== "" && <Failed text={failed} />}
      {upload !== undefined && upload.files.length > 0 && (
        <Waiting key={upload.upload_id} upload={upload} kept={props.kept} away={away} isBusy={sending !== undefined}
          done={() => {
            forget();
            props.done();
          }}
        />
      )}
    </>
  );
}

function DropZone(props: { add: (files: readonly File[]) => void; isBusy: boolean }) {
  const [isOver, setOver] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const stop = (event: DragEvent, over: boolean) => {
    event.preventDefault();
    setOver(over);
  };
  return (
    <div
      class={isOver ? "drop over" : "drop"}
      onDragOver={(event) => stop(event, true)}
      onDragLeave={(event) => stop(event, false)}
      onDrop={(event) => {
        stop(event, false);
        props.add([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <label for="files">{t("Drop departments' files here, or choose them", "将部门文件拖到此处，或选择文件")}</label>
      <input
        ref={field}
        id="files"
        type="file"
        multiple
        disabled={props.isBusy}
        onChange={() => {
          props.add([...(field.current?.files ?? [])]);
          if (field.current !== null) field.current.value = "";
        }}
      />
      <p class="quiet">
        {t("CSV, Excel, Parquet, SQLite and what a mapping reads; with the mapping (.toml) or without.", "CSV、Excel、Parquet、SQLite 等；可附映射文件（.toml）。")}
      </p>
    </div>
  );
}

function Waiting(props: { upload: Upload; kept: string[]; isBusy: boolean; away: () => void; done: () => void }) {
  const names = mappingsOf(props.upload.files, props.kept);
  const [asked, setAsked] = useState<string>();
  const mapping = asked !== undefined && names.includes(asked) ? asked : (names[0] ?? "");
  const [tried, setTried] = useState<{ report: Report; of: string }>();
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState<"" | "trial" | "import">("");
  const inside = `${mapping} ${props.upload.files.map((one) => one.sha256).join(" ")}`;
  const go = async (isTrial: boolean) => {
    setBusy(isTrial ? "trial" : "import");
    setFailed("");
    try {
      const body = { upload_id: props.upload.upload_id, mapping, dry_run: isTrial };
      const report = await post<Report>("/v1/imports", body, freshKey());
      if (isTrial) {
        setTried({ report, of: inside });
      } else {
        announce(t(`Imported: ${number(rowsOf(report))} new rows.`, `已导入：新增 ${number(rowsOf(report))} 行。`));
        props.done();
      }
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setBusy("");
  };
  const isTried = tried !== undefined && tried.of === inside;
  return (
    <div class="card">
      <h3>{t("Waiting to be imported", "等待导入")}</h3>
      <ul>
        {props.upload.files.map((one) => (
          <li key={one.name}>
            {one.name} <span class="quiet">{size(one.size_bytes)}</span>
          </li>
        ))}
      </ul>
      <label for="mapping">{t("Mapping that reads them", "读取用的映射")}</label>
      <select id="mapping" value={mapping} onChange={(event) => setAsked(event.currentTarget.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {names.length === 0 && (
        <p class="warn">{t("No mapping is kept yet: add its .toml file.", "尚无映射，请附上 .toml 文件。")}</p>
      )}
      {busy !== "" && (
        <div aria-live="polite">
          <label for="importing">{busy === "trial" ? t("Trying it out…", "试运行中…") : t("Importing…", "导入中…")}</label>
          <progress id="importing" />
        </div>
      )}
      {failed !== "" && <Failed text={failed} />}
      {isTried && (
        <>
          <p class="note">{t("This is what would happen; nothing is stored yet.", "以下为试运行结果，尚未入库。")}</p>
          <FeedReports report={tried.report} caption={t("What the import would do", "试运行结果")} />
        </>
      )}
      <p class="deeds">
        <button type="button" class={isTried ? "plain" : undefined} disabled={busy !== "" || props.isBusy || mapping === ""} onClick={() => go(true)}>
          {t("Try it out", "试运行")}
        </button>
        <button type="button" disabled={busy !== "" || props.isBusy || !isTried} onClick={() => go(false)}>
          {t("Import", "导入")}
        </button>
        <button type="button" class="plain" disabled={busy !== ""} onClick={props.away}>
          {t("Remove the files", "移除文件")}
        </button>
      </p>
    </div>
  );
}

function rowsOf(report: Report): number {
  return report.feeds.reduce((sum, one) => sum + one.new, 0);
}
