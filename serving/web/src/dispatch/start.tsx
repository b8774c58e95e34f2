/** The day's start: who and what is missing, what citizens complained about, then the plan for the day. */
import { useEffect, useId, useState } from "preact/hooks";
import { get, post, sentence } from "../shell/api";
import { Failed, Shown, useLoad } from "../shell/loading";
import { may, now } from "../shell/session";
import { Table } from "../shell/table";
import { clockOf, dayOf, secondsClock, t } from "../shell/words";
import type { Places } from "./map_view";
import { NoteForm } from "./note_form";
import { type DayNote, sameNotes, toldNote } from "./notes";
import { OrdersTable } from "./orders";
import { PlanTheDay } from "./planning";
import { streamText } from "./said";

interface DayStart {
  service_date: string;
  trucks: { truck_id: string; streams: string[]; shift: { start_s: number; end_s: number }; available: boolean }[];
  sites: { site_id: string; windows: { start_s: number; end_s: number }[] }[];
  day_notes: string[];
  notes: DayNote[];
  noted_in: string | null;
  noted_with: string[];
}

const LOOK_MS = 15_000;

export function StartView(props: { opened: (planId: string) => void }) {
  const [date, setDate] = useState("");
  const dateField = useId();
  const query = date === "" ? {} : { service_date: date };
  const day = useLoad((signal) => get<DayStart>("/v1/routes/day-start", query, signal), [date]);
  useEffect(() => {
    // Others note things too: what they noted is to be seen before the day is planned.
    const timer = setInterval(() => !document.hidden && day.again(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <section>
      <p class="choice">
        <label for={dateField}>{t("Service date", "作业日期")}</label>
        <input
          id={dateField}
          type="date"
          value={date || day.value?.service_date || dayOf(now())}
          onChange={(event) => setDate(event.currentTarget.value)}
        />
      </p>
      <Shown of={day}>
        {(found) => <Day key={found.service_date} day={found} again={day.again} opened={props.opened} />}
      </Shown>
    </section>
  );
}

function Day(props: { day: DayStart; again: () => void; opened: (planId: string) => void }) {
  const { day } = props;
  const places = useLoad((signal) => get<Places>("/v1/map/points", {}, signal), []);
  const [failed, setFailed] = useState("");
  const act = async (deed: () => Promise<unknown>) => {
    setFailed("");
    await deed().catch((cause: unknown) => setFailed(sentence(cause)));
    props.again();
  };
  const add = (text: string) => void act(() => post("/v1/routes/day-notes", { service_date: day.service_date, text }));
  const drop = (text: string) => {
    const noted = day.notes.find((one) => one.text === text);
    if (noted !== undefined) void act(() => post(`/v1/routes/day-notes/${noted.note_id}/withdraw`));
  };
  const names = {
    truck: day.trucks.map((one) => one.truck_id),
    point: [...new Set((places.value?.points ?? []).flatMap((one) => [one.point_id, `${one.point_id}/${one.stream}`]))],
    site: day.sites.map((one) => one.site_id),
  };
  const canPlan = may("routes:plan");
  return (
    <>
      <div class="columns">
        <section>
          <h2>{t("Trucks and crews", "车辆与班组")}</h2>
          <Trucks day={day} notes={day.day_notes} {...(canPlan ? { add, drop } : {})} />
        </section>
        <section>
          <h2>{t("Noted for the day", "当日备注")}</h2>
          <Noted day={day} {...(canPlan ? { drop } : {})} />
          {failed !== "" && <Failed text={failed} />}
          {canPlan && <NoteForm names={names} add={add} />}
        </section>
      </div>
      <OrdersTable />
      {canPlan && <PlanTheDay date={day.service_date} planned={props.opened} />}
    </>
  );
}

function Noted(props: { day: DayStart; drop?: (text: string) => void }) {
  const { day, drop } = props;
  const isPlanned = sameNotes(day.day_notes, day.noted_with);
  return (
    <>
      {day.notes.length === 0 ? (
        <p class="quiet">{t("Nothing is missing, broken or shut.", "无缺勤、损坏或关闭。")}</p>
      ) : (
        <ul class="lines" aria-label={t("Noted for the day", "当日备注")}>
          {day.notes.map((note) => (
            <li key={note.note_id}>
              {toldNote(note.text)}{" "}
              <span class="quiet">
                {note.noted_by}, {clockOf(note.noted_at)}
              </span>{" "}
              {drop !== undefined && (
                <button type="button" class="small" aria-label={t(`Remove: ${toldNote(note.text)}`, `删除：${toldNote(note.text)}`)} onClick={() => drop(note.text)}>
                  ✕
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {day.noted_in !== null && !isPlanned && (
        <p class="warn">
          {t(
            `Plan ${day.noted_in}, the newest of this day, was made with other notes: plan the day again.`,
            `本日最新计划 ${day.noted_in} 编制时的备注与此不同：请重新编制。`,
          )}
        </p>
      )}
      {day.noted_in !== null && isPlanned && day.notes.length > 0 && (
        <p class="quiet">{t(`as plan ${day.noted_in} was made with`, `与计划 ${day.noted_in} 一致`)}</p>
      )}
    </>
  );
}

function Trucks(props: { day: DayStart; notes: string[]; add?: (note: string) => void; drop?: (note: string) => void }) {
  const { notes, add, drop } = props;
  const toggle = (note: string, isOn: boolean) => (isOn ? add?.(note) : drop?.(note));
  return (
    <Table
      caption={t("Trucks and crews of the day", "当日车辆与班组")}
      rows={props.day.trucks}
      id={(truck) => truck.truck_id}
      empty={t("No trucks are known.", "没有车辆资料。")}
      columns={[
        { name: t("Truck", "车辆"), by: (truck) => truck.truck_id, cell: (truck) => truck.truck_id },
        { name: t("Streams", "种类"), cell: (truck) => truck.streams.map(streamText).join(", ") },
        {
          name: t("Shift", "班次"),
          by: (truck) => truck.shift.start_s,
          cell: (truck) => `${secondsClock(truck.shift.start_s)}–${secondsClock(truck.shift.end_s)}`,
        },
        {
          name: t("Today", "今日"),
          cell: (truck) => {
            if (!truck.available) return <span class="badge quiet">{t("not in service", "停用")}</span>;
            const isOut = notes.some((one) => one === `absent:${truck.truck_id}` || one === `workshop:${truck.truck_id}`);
            if (add === undefined) return isOut ? t("stays at home", "不出车") : t("drives", "出车");
            return (
              <>
                {(["absent", "workshop"] as const).map((kind) => (
                  <label key={kind} class="beside">
                    <input
                      type="checkbox"
                      checked={notes.includes(`${kind}:${truck.truck_id}`)}
                      aria-label={kind === "absent" ? t(`Crew of ${truck.truck_id} absent`, `${truck.truck_id} 班组缺勤`) : t(`${truck.truck_id} in the workshop`, `${truck.truck_id} 送修`)}
                      onChange={(event) => toggle(`${kind}:${truck.truck_id}`, event.currentTarget.checked)}
                    />
                    {kind === "absent" ? t("crew absent", "班组缺勤") : t("workshop", "送修")}
                  </label>
                ))}
              </>
            );
          },
        },
      ]}
    />
  );
}
