/** Asks once more before what cannot be taken back; what the service refuses is said here. */
import { useState } from "preact/hooks";
import { sentence } from "../shell/api";
import { Dialog } from "../shell/dialog";
import { Failed } from "../shell/loading";
import { t } from "../shell/words";

export function Confirm(props: { title: string; doIt: string; deed: () => Promise<unknown>; close: () => void }) {
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    setFailed("");
    try {
      await props.deed();
      props.close();
    } catch (cause) {
      setFailed(sentence(cause));
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} close={props.close}>
      <p>{t("This cannot be taken back.", "此操作无法撤回。")}</p>
      {failed !== "" && <Failed text={failed} />}
      <p class="deeds">
        <button type="button" class="bad" disabled={busy} onClick={act}>
          {props.doIt}
        </button>
        <button type="button" class="plain" onClick={props.close}>
          {t("Cancel", "取消")}
        </button>
      </p>
    </Dialog>
  );
}
