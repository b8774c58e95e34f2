import { useId, useState } from "preact/hooks";
import { t } from "../shell/words";
import { NOTES, type NoteKind, noteOf, noteText } from "./notes";

const HERE = (Object.keys(NOTES) as NoteKind[]).filter((kind) => NOTES[kind].of !== "truck");

/** Broken bins, closed points, and what sites let know; trucks are ticked in their own list. */
export function NoteForm(props: { names: Record<"truck" | "point" | "site", string[]>; add: (note: string) => void }) {
  const ids = { kind: useId(), name: useId(), names: useId(), from: useId(), to: useId() };
  const [kind, setKind] = useState<NoteKind>("broken-bin");
  const [name, setName] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const shape = NOTES[kind];
  const submit = (event: Event) => {
    event.preventDefault();
    props.add(noteOf(kind, name.trim(), from, to));
    setName("");
  };
  return (
    <form class="fields" onSubmit={submit} aria-label={t("Add a note", "添加备注")}>
      <div>
        <label for={ids.kind}>{t("Note", "备注")}</label>
        <select id={ids.kind} value={kind} onChange={(event) => setKind(event.currentTarget.value as NoteKind)}>
          {HERE.map((one) => (
            <option key={one} value={one}>
              {noteText(one)}
            </option>
          ))}
        </select>
      </div>
      <div>
        <label for={ids.name}>{shape.of === "point" ? t("Point", "收运点") : t("Site", "处置点")}</label>
        <input id={ids.name} list={ids.names} required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <datalist id={ids.names}>
          {props.names[shape.of].map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </div>
      {shape.hours !== "none" && (
        <>
          <div>
            <label for={ids.from}>{shape.hours === "must" ? t("from", "从") : t("from (empty: all day)", "从（留空：全天）")}</label>
            <input id={ids.from} type="time" required={shape.hours === "must"} value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
          </div>
          <div>
            <label for={ids.to}>{t("to", "至")}</label>
            <input id={ids.to} type="time" required={shape.hours === "must"} value={to} onInput={(event) => setTo(event.currentTarget.value)} />
          </div>
        </>
      )}
      <button type="submit" class="plain">
        {t("Add the note", "添加备注")}
      </button>
    </form>
  );
}
