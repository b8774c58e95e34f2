/** Moving a stop by typing: the point, the truck, the place in its day. */
import { useId, useMemo, useState } from "preact/hooks";
import { t } from "../shell/words";
import { memo } from "../shell/memo";
import { type Plan, placed, stopsOf } from "./model";
import { type Move, findPoint, moveOf } from "./moving";

const MOST_OFFERED = 3000;

export const MoveForm = memo(function MoveForm(props: { plan: Plan; trucks: string[]; add: (move: Move) => void }) {
  const { plan } = props;
  const ids = { point: useId(), truck: useId(), position: useId(), names: useId() };
  const [point, setPoint] = useState("");
  const [truck, setTruck] = useState(props.trucks[0] ?? "");
  const [position, setPosition] = useState("");
  const [problem, setProblem] = useState("");
  const offered = useMemo(() => names(plan), [plan]);
  const route = plan.routes.find((one) => one.truck_id === truck);
  const most = (route === undefined ? 0 : stopsOf(route)) + 1;
  const submit = (event: Event) => {
    event.preventDefault();
    const found = findPoint(plan, point);
    if (found.problem !== "") {
      setProblem(
        found.problem === "unknown"
          ? t(`There is no point ${point} in this plan.`, `计划中没有收运点 ${point}。`)
          : t(`Point ${point} has several streams or visits: add the stream, such as "${point} kitchen", or use the truck's list.`, `收运点 ${point} 有多种垃圾或多次收运：请写明种类，如 “${point} kitchen”，或使用车辆列表。`),
      );
      return;
    }
    setProblem("");
    const to = { truck_id: truck, position: position === "" ? null : Number(position) };
    if (found.stop !== undefined) props.add(moveOf(found.stop, to));
    else if (found.unserved !== undefined) {
      const { point_id, stream } = found.unserved;
      props.add({ point_id, stream, from_truck_id: null, from_position: null, to: { ...to, trip: null } });
    }
    setPoint("");
    setPosition("");
  };
  return (
    <form onSubmit={submit} aria-label={t("Move a stop", "调整站点")}>
      <h2>{t("Move a stop", "调整站点")}</h2>
      <p class="quiet">
        {t("Drag a stop in the timeline or in a truck's list, or type it here.", "可在时间轴或车辆列表中拖动站点，也可在此输入。")}
      </p>
      <div class="fields">
        <div>
          <label for={ids.point}>{t("Point", "收运点")}</label>
          <input id={ids.point} list={ids.names} required value={point} onInput={(event) => setPoint(event.currentTarget.value)} />
          <datalist id={ids.names}>
            {offered.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </div>
        <div>
          <label for={ids.truck}>{t("to truck", "移至车辆")}</label>
          <select id={ids.truck} value={truck} onChange={(event) => setTruck(event.currentTarget.value)}>
            {props.trucks.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </div>
        <div>
          <label for={ids.position}>{t(`as stop (1–${most})`, `第几站 (1–${most})`)}</label>
          <input
            id={ids.position}
            type="number"
            min={1}
            max={most}
            value={position}
            placeholder={t("last", "末站")}
            onInput={(event) => setPosition(event.currentTarget.value)}
          />
        </div>
        <button type="submit">{t("Try the move", "试移")}</button>
      </div>
      {problem !== "" && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
});

function names(plan: Plan): string[] {
  const served = plan.routes.flatMap((route) => placed(route).map((one) => `${one.stop.point_id} ${one.stop.stream}`));
  const left = plan.unserved.map((one) => `${one.point_id} ${one.stream}`);
  return [...new Set([...served, ...left])].sort().slice(0, MOST_OFFERED);
}
