/** A part of the page that comes when it is wanted: charts are most of this page's bytes. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { sentence } from "../shell/api";
import { Failed } from "../shell/loading";
import { t } from "../shell/words";

export function Later(props: { load: () => Promise<ComponentType> }) {
  const [Found, setFound] = useState<ComponentType>();
  const [failed, setFailed] = useState("");
  useEffect(() => {
    props.load().then(
      (found) => setFound(() => found),
      (cause: unknown) => setFailed(sentence(cause)),
    );
  }, []);
  if (failed !== "") return <Failed text={failed} />;
  return Found === undefined ? <p class="quiet">{t("Loading…", "加载中…")}</p> : <Found />;
}
