/** A line to take elsewhere: shown in a field, copied by a button, also where no clipboard is allowed. */
import { useId, useRef } from "preact/hooks";
import { announce } from "../shell/frame";
import { t } from "../shell/words";

export function CopyField(props: { name: string; text: string }) {
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(props.text);
      announce(t("Copied.", "已复制。"));
    } catch {
      announce(t("It is selected now: copy it with the keyboard.", "已选中，请用键盘复制。"));
    }
  };
  return (
    <div class="secret">
      <label class="unseen" for={id}>
        {props.name}
      </label>
      <input ref={field} id={id} readOnly value={props.text} autocomplete="off" spellcheck={false} />
      <button type="button" class="plain" onClick={copy}>
        {t("Copy", "复制")}
      </button>
    </div>
  );
}
