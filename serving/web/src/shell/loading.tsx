/** What is asked of the service, and what stands there until it has answered. */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { sentence } from "./api";
import { t } from "./words";
import { Said } from "./said";

export interface Loaded<T> {
  value: T | undefined;
  failed: string;
  busy: boolean;
  again: () => void;
}

/** Asks when `depends` changes and on `again`; an answer that comes too late is dropped. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, depends: readonly unknown[]): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(true);
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const stop = new AbortController();
    setBusy(true);
    latest
      .current(stop.signal)
      .then((found) => {
        if (stop.signal.aborted) return;
        setValue(() => found);
        setFailed("");
        setBusy(false);
      })
      .catch((cause: unknown) => {
        if (stop.signal.aborted) return;
        setFailed(sentence(cause));
        setBusy(false);
      });
    return () => stop.abort();
  }, [...depends, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { value, failed, busy, again };
}

/** Nothing yet, the reason why not, or the children made from the value. */
export function Shown<T>(props: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  const { value, failed, busy, again } = props.of;
  if (value !== undefined) {
    return (
      <>
        {failed !== "" && <Failed text={failed} again={again} />}
        {props.children(value)}
      </>
    );
  }
  if (failed !== "") return <Failed text={failed} again={again} />;
  return busy ? <p class="quiet loading" aria-live="polite">{t("Loading…", "加载中…")}</p> : null;
}

export function Failed(props: { text: string; again?: () => void }) {
  return (
    <p class="problem" role="alert">
      <Said text={props.text} />{" "}
      {props.again !== undefined && (
        <button type="button" class="small" onClick={props.again}>
          {t("Try again", "重试")}
        </button>
      )}
    </p>
  );
}
