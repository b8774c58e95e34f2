/** To which truck, and where in its day. */
import { useId, useState } from "preact/hooks";
import { Dialog } from "../shell/dialog";
import { t } from "../shell/words";
import { type Plan, stopsOf } from "./model";
import type { Target } from "./moving";

export function PickTruck(props: {
  title: string;
  plan: Plan;
  trucks: string[];
  first: string | undefined;
  picked: (to: Target) => void;
  close: () => void;
}) {
  const truckField = useId();
  const positionField = useId();
  const [truck, setTruck] = useState(props.first ?? props.trucks[0] ?? "");
  const [position, setPosition] = useState("");
  const route = props.plan.routes.find((one) => one.truck_id === truck);
  const most = (route === undefined ? 0 : stopsOf(route)) + 1;
  return (
    <Dialog title={props.title} close={props.close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.picked({ truck_id: truck, position: position === "" ? null : Number(position) });
          props.close();
        }}
      >
        <label for={truckField}>{t("Truck", "车辆")}</label>
        <select id={truckField} value={truck} onChange={(event) => setTruck(event.currentTarget.value)}>
          {props.trucks.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        <label for={positionField}>{t(`As stop (1–${most}; empty: the last)`, `第几站 (1–${most}；留空为末站)`)}</label>
        <input
          id={positionField}
          type="number"
          min={1}
          max={most}
          value={position}
          onInput={(event) => setPosition(event.currentTarget.value)}
        />
        <p class="deeds">
          <button type="submit">{t("Try the move", "试移")}</button>
          <button type="button" class="plain" onClick={props.close}>
            {t("Cancel", "取消")}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
