import { useId, useState } from "preact/hooks";
import { t } from "../shell/words";
import { type EventKind, type Happened, SHAPES, kindText } from "./events";

export interface Names {
  trucks: string[];
  points: string[];
  sites: string[];
}

/** One event, put together from what there is. */
export function EventForm(props: { names: Names; add: (event: Happened) => void }) {
  const ids = { kind: useId(), name: useId(), names: useId(), from: useId(), to: useId(), minutes: useId() };
  const [kind, setKind] = useState<EventKind>("breakdown");
  const [name, setName] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [minutes, setMinutes] = useState(30);
  const shape = SHAPES[kind];
  const known = { truck: props.names.trucks, point: props.names.points, site: props.names.sites }[shape.of];
  const label = { truck: t("Truck", "车辆"), point: t("Point", "收运点"), site: t("Site", "处置点") }[shape.of];
  const submit = (event: Event) => {
    event.preventDefault();
    props.add({ kind, name: name.trim(), from, to, minutes });
    setName("");
  };
  return (
    <form onSubmit={submit} class="fields" aria-label={t("Add an event", "添加事件")}>
      <div>
        <label for={ids.kind}>{t("Event", "事件")}</label>
        <select id={ids.kind} value={kind} onChange={(event) => setKind(event.currentTarget.value as EventKind)}>
          {(Object.keys(SHAPES) as EventKind[]).map((one) => (
            <option key={one} value={one}>
              {kindText(one)}
            </option>
          ))}
        </select>
      </div>
      <div>
        <label for={ids.name}>{label}</label>
        <input id={ids.name} list={ids.names} required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <datalist id={ids.names}>
          {known.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </div>
      {shape.hours === "span" && (
        <div>
          <label for={ids.from}>{t("from (empty: rest of the day)", "从（留空：当日余下时间）")}</label>
          <input id={ids.from} type="time" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </div>
      )}
      {shape.hours !== "none" && (
        <div>
          <label for={ids.to}>{shape.hours === "by" ? t("serve it by", "须在此前收运") : t("to", "至")}</label>
          <input id={ids.to} type="time" required={shape.hours === "by"} value={to} onInput={(event) => setTo(event.currentTarget.value)} />
        </div>
      )}
      {shape.minutes && (
        <div>
          <label for={ids.minutes}>{t("minutes late", "延误分钟")}</label>
          <input id={ids.minutes} type="number" min={1} max={600} required value={minutes} onInput={(event) => setMinutes(Number(event.currentTarget.value))} />
        </div>
      )}
      <button type="submit" class="plain">
        {t("Add the event", "添加")}
      </button>
    </form>
  );
}
