/** One indicator over days, weeks or months, per district: as a chart and as a table. */
import type { EChartsOption } from "echarts";
import { useMemo, useState } from "preact/hooks";
import { get } from "../shell/api";
import { Chart } from "../shell/chart";
import { Shown, useLoad } from "../shell/loading";
import { type Column, Table } from "../shell/table";
import { number, t } from "../shell/words";
import type { Definition } from "./indicator_csv";
import { type Cell, linesOf } from "./series_lines";

interface Series {
  period: string;
  from: string;
  to: string;
  definitions: Definition[];
  cells: Cell[];
  not_told: { indicator_id: string; why: string }[];
}

type Told = Definition & { periods: string[] };

export function IndicatorSeries() {
  const catalogue = useLoad((signal) => get<{ definitions: Told[] }>("/v1/indicators/catalogue", {}, signal), []);
  return (
    <>
      <h2>{t("Over time", "历史走势")}</h2>
      <Shown of={catalogue}>
        {(found) => <Chosen definitions={found.definitions.filter((one) => one.periods.length > 0)} />}
      </Shown>
    </>
  );
}

function periodName(period: string): string {
  const known: Record<string, string> = { day: t("days", "日"), week: t("weeks", "周"), month: t("months", "月") };
  return known[period] ?? period;
}

function Chosen(props: { definitions: Told[] }) {
  const [id, setId] = useState(props.definitions[0]?.indicator_id ?? "");
  const [period, setPeriod] = useState("day");
  const definition = props.definitions.find((one) => one.indicator_id === id);
  if (definition === undefined) return <p class="quiet">{t("No indicator is told over time.", "没有历史指标。")}</p>;
  const asked = definition.periods.includes(period) ? period : (definition.periods[0] ?? "week");
  return (
    <>
      <div class="filters">
        <label>
          {t("Indicator", "指标")}{" "}
          <select value={id} onChange={(event) => setId(event.currentTarget.value)}>
            {props.definitions.map((one) => (
              <option key={one.indicator_id} value={one.indicator_id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("By", "按")}{" "}
          <select value={asked} onChange={(event) => setPeriod(event.currentTarget.value)}>
            {definition.periods.map((one) => (
              <option key={one} value={one}>
                {periodName(one)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="quiet">{definition.definition}</p>
      <OneSeries key={`${id} ${asked}`} definition={definition} period={asked} />
    </>
  );
}

function OneSeries(props: { definition: Told; period: string }) {
  const { definition, period } = props;
  const query = { indicator_id: definition.indicator_id, period };
  const series = useLoad((signal) => get<Series>("/v1/indicators/series", query, signal), []);
  return (
    <Shown of={series}>
      {(found) => (
        <>
          <Drawn cells={found.cells} definition={definition} />
          {found.not_told.map((one) => (
            <p key={one.why} class="quiet">
              {one.why}
            </p>
          ))}
        </>
      )}
    </Shown>
  );
}

function Drawn(props: { cells: Cell[]; definition: Definition }) {
  const { cells, definition } = props;
  const option = useMemo(() => optionOf(cells, definition.unit), [cells, definition]);
  const first = cells[0];
  const last = cells.at(-1);
  return (
    <>
      {first !== undefined && last !== undefined && (
        <Chart option={option} told={t(`${definition.name}, ${first.start} to ${last.end}`, `${definition.name}，${first.start} 至 ${last.end}`)} />
      )}
      <Table
        caption={definition.name}
        columns={COLUMNS}
        rows={[...cells].reverse()}
        id={(one) => `${one.start} ${one.part} ${one.district_id ?? ""}`}
        empty={t("Nothing is known of this time.", "该时段没有数据。")}
      />
    </>
  );
}

const COLUMNS: Column<Cell>[] = [
  { name: t("From", "起"), cell: (one) => one.start, by: (one) => one.start },
  { name: t("District", "行政区"), cell: (one) => one.district_id ?? t("whole city", "全市"), by: (one) => one.district_id ?? "" },
  { name: t("Part", "部分"), cell: (one) => one.part || "–", by: (one) => one.part },
  { name: t("Figure", "数值"), cell: (one) => number(one.value, 3), by: (one) => one.value ?? 0, number: true },
  { name: t("Rows behind it", "样本"), cell: (one) => number(one.support), by: (one) => one.support ?? 0, number: true },
  { name: t("Note", "备注"), cell: (one) => one.note || "–" },
];

function optionOf(cells: readonly Cell[], unit: string): EChartsOption {
  const { starts, lines } = linesOf(cells, t("whole city", "全市"));
  return {
    grid: { left: 60, right: 24, top: 40, bottom: 30 },
    legend: { type: "scroll", top: 0 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: starts },
    yAxis: { type: "value", name: unit },
    series: lines.map((line) => ({
      name: line.name,
      type: "line" as const,
      data: line.values,
      lineStyle: { width: line.isCity ? 3 : 1.5 },
    })),
  };
}
