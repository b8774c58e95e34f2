/** What was promised and what came, day by day, as the comparison of the evening stored it. */
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { t } from "../shell/words";
import { type Outcome, OutcomeTables } from "./outcome_tables";

export function OutcomesView() {
  const listed = useLoad((signal) => get<{ outcomes: Outcome[] }>("/v1/outcomes", {}, signal), []);
  const [asked, setAsked] = useState<string>();
  return (
    <>
      <h2>{t("Promised, and what came", "承诺与实际")}</h2>
      <Shown of={listed}>
        {(found) => {
          const days = [...new Set(found.outcomes.map((one) => one.day))].sort().reverse();
          const day = asked ?? days[0];
          if (day === undefined) {
            return (
              <p class="note">
                {t("No day was compared yet: ", "尚未比较任何一天：")}
                <code>city compare</code>
              </p>
            );
          }
          return (
            <>
              <label>
                {t("Day", "日期")}{" "}
                <select value={day} onChange={(event) => setAsked(event.currentTarget.value)}>
                  {days.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </select>
              </label>
              {found.outcomes.filter((one) => one.day === day).map((one) => (
                <OutcomeTables key={`${one.day} ${one.kind}`} outcome={one} />
              ))}
            </>
          );
        }}
      </Shown>
    </>
  );
}
