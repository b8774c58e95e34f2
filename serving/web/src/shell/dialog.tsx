/** A question that must be answered before anything happens: the browser's own dialog keeps the focus inside. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { sentence } from "./api";
import { Failed } from "./loading";
import { t } from "./words";

export function Dialog(props: { title: string; close: () => void; children: ComponentChildren; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} aria-labelledby={name} class={props.wide ? "wide" : undefined} onClose={props.close}>
      <h2 id={name}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** Asks for a sentence (a reason, a note) and does the deed; what the service refuses is said here. */
export function AskReason(props: {
  title: string;
  label: string;
  doIt: string;
  needed?: boolean;
  more?: ComponentChildren;
  deed: (reason: string) => Promise<unknown>;
  close: () => void;
}) {
  const [reason, setReason] = useState("");
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useId();
  const act = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFailed("");
    try {
      await props.deed(reason.trim());
      props.close();
    } catch (cause) {
      setFailed(sentence(cause));
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} close={props.close}>
      <form onSubmit={act}>
        {props.more}
        <label for={field}>{props.label}</label>
        <textarea
          id={field}
          rows={3}
          maxLength={500}
          required={props.needed ?? false}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
        {failed !== "" && <Failed text={failed} />}
        <p class="deeds">
          <button type="submit" disabled={busy}>
            {props.doIt}
          </button>
          <button type="button" class="plain" onClick={props.close}>
            {t("Cancel", "取消")}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
