/** The month's report, made by the service, to look at or to keep. */
import { useState } from "preact/hooks";
import { get, sentence } from "../shell/api";
import { Failed } from "../shell/loading";
import { session } from "../shell/session";
import { dayOf, language, t } from "../shell/words";

export function Reports() {
  const [month, setMonth] = useState(dayOf(session.now).slice(0, 7));
  const [ready, setReady] = useState("");
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  if (session.districts !== null) return null;
  const make = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFailed("");
    setReady("");
    try {
      await get<unknown>(`/v1/reports/${encodeURIComponent(month)}`);
      setReady(month);
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setBusy(false);
  };
  const link = (format: string) => `/v1/reports/${encodeURIComponent(ready)}?format=${format}&language=${language}`;
  return (
    <>
      <h2>{t("The month's report", "月度报告")}</h2>
      <form class="filters" onSubmit={make}>
        <label>
          {t("Month (year-month)", "月份（年-月）")}{" "}
          <input value={month} required pattern="\d{4}-\d{2}" onInput={(event) => setMonth(event.currentTarget.value.trim())} />
        </label>
        <button type="submit" class="plain" disabled={busy}>
          {busy ? t("Making it…", "生成中…") : t("Make it", "生成")}
        </button>
      </form>
      {failed !== "" && <Failed text={failed} />}
      {ready !== "" && (
        <p class="note" role="status">
          {t(`The report of ${ready}: `, `${ready} 报告：`)}
          <a href={link("html")} download>
            HTML
          </a>{" "}
          <a href={link("pdf")} download>
            PDF
          </a>{" "}
          <a href={link("json")} download>
            JSON
          </a>
        </p>
      )}
    </>
  );
}
