/** One truck's day, stop by stop; rows can be dragged to another place, and every drag can be typed too. */
import { useState } from "preact/hooks";
import { number, secondsClock, t } from "../shell/words";
import { type Placed, type Route, placed } from "./model";
import type { Target } from "./moving";
import { streamText } from "./said";

export function StopsTable(props: {
  route: Route;
  /** Where the truck's papers are; a route that is not kept yet has none. */
  planId: string | undefined;
  close: () => void;
  move?: (stop: Placed, to: Target | null) => void;
}) {
  const { route, move } = props;
  const [dragged, setDragged] = useState<Placed>();
  const [over, setOver] = useState(0);
  const stops = placed(route);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    if (dragged !== undefined && over > 0) move?.(dragged, { truck_id: route.truck_id, position: over });
    setDragged(undefined);
    setOver(0);
  };
  return (
    <section>
      <h2>
        {t("Truck", "车辆")} {route.truck_id}
      </h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={t(`Stops of truck ${route.truck_id}`, `车辆 ${route.truck_id} 的站点`)}>
        <table onDragOver={(event) => event.preventDefault()} onDrop={drop}>
          <caption class="unseen">{t(`Stops of truck ${route.truck_id} in order`, `车辆 ${route.truck_id} 的站点顺序`)}</caption>
          <thead>
            <tr>
              <th scope="col" class="number">#</th>
              <th scope="col">{t("Point", "收运点")}</th>
              <th scope="col">{t("Stream", "种类")}</th>
              <th scope="col" class="number">{t("Arrives", "到达")}</th>
              <th scope="col" class="number">{t("Begins", "开始")}</th>
              <th scope="col" class="number">{t("Leaves", "离开")}</th>
              <th scope="col" class="number">kg</th>
              <th scope="col" class="number">{t("On board, kg", "车上 kg")}</th>
              {move !== undefined && <th scope="col">{t("Move", "调整")}</th>}
            </tr>
          </thead>
          <tbody>
            {route.trips.map((trip, at) => [
              ...stops
                .filter((one) => one.trip === at + 1)
                .map((one) => (
                  <Row key={`${one.position}`} one={one} move={move} over={over === one.position} isDragged={dragged?.position === one.position} drag={setDragged} aim={setOver} />
                )),
              trip.tip !== null && (
                <tr key={`tip ${at}`} class="quiet">
                  <td />
                  <td colSpan={2}>
                    ▲ {t("tips at", "倾倒于")} {trip.tip.site_id}
                  </td>
                  <td class="number">{secondsClock(trip.tip.arrive_s)}</td>
                  <td class="number">{secondsClock(trip.tip.start_s)}</td>
                  <td class="number">{secondsClock(trip.tip.depart_s)}</td>
                  <td class="number">−{number(trip.tip.kg)}</td>
                  <td class="number">0</td>
                  {move !== undefined && <td />}
                </tr>
              ),
            ])}
          </tbody>
        </table>
      </div>
      <p class="deeds">
        {props.planId !== undefined && <TruckPapers planId={props.planId} truck={route.truck_id} />}
        <button type="button" class="plain" onClick={props.close}>
          {t("Close the list", "收起列表")}
        </button>
      </p>
    </section>
  );
}

function Row(props: {
  one: Placed;
  move: ((stop: Placed, to: Target | null) => void) | undefined;
  over: boolean;
  isDragged: boolean;
  drag: (one: Placed | undefined) => void;
  aim: (position: number) => void;
}) {
  const { one, move } = props;
  const name = `${one.stop.point_id} (${streamText(one.stop.stream)})`;
  const shift = (by: number) => move?.(one, { truck_id: one.truck_id, position: one.position + by });
  return (
    <tr
      draggable={move !== undefined}
      class={props.isDragged ? "dragged" : props.over ? "target" : undefined}
      onDragStart={(event) => {
        event.dataTransfer?.setData("text/plain", name);
        props.drag(one);
      }}
      onDragOver={() => props.aim(one.position)}
      onDragEnd={() => {
        props.drag(undefined);
        props.aim(0);
      }}
    >
      <td class="number">{one.position}</td>
      <td>
        {one.stop.point_id} {one.stop.reason === "audit" && <span class="badge quiet">{t("audit", "抽检")}</span>}
      </td>
      <td class="word">{streamText(one.stop.stream)}</td>
      <td class="number">{secondsClock(one.stop.arrive_s)}</td>
      <td class="number">{secondsClock(one.stop.start_s)}</td>
      <td class="number">{secondsClock(one.stop.depart_s)}</td>
      <td class="number">{number(one.stop.kg)}</td>
      <td class="number">{number(one.stop.load_kg)}</td>
      {move !== undefined && (
        <td class="word">
          <button type="button" class="small" disabled={one.position === 1} aria-label={t(`${name} one stop earlier`, `${name} 提前一站`)} onClick={() => shift(-1)}>
            ↑
          </button>
          <button type="button" class="small" aria-label={t(`${name} one stop later`, `${name} 推后一站`)} onClick={() => shift(2)}>
            ↓
          </button>
          <button type="button" class="small" aria-label={t(`Take ${name} off the truck`, `将 ${name} 移出`)} onClick={() => move(one, null)}>
            ✕
          </button>
        </td>
      )}
    </tr>
  );
}

function TruckPapers(props: { planId: string; truck: string }) {
  const base = `/v1/routes/plans/${encodeURIComponent(props.planId)}/trucks/${encodeURIComponent(props.truck)}/export`;
  return (
    <>
      <a class="button plain" href={`${base}/run-sheet.html`} download>
        {t("Run sheet (HTML)", "派车单 (HTML)")}
      </a>
      <a class="button plain" href={`${base}/run-sheet.pdf`} download>
        PDF
      </a>
      <a class="button plain" href={`${base}/route.gpx`} download>
        GPX
      </a>
    </>
  );
}
