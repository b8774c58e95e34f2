/** The catalogue of indicators with their figures: what each means, and the figures to take elsewhere. */
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { type Column, Table } from "../shell/table";
import { number, t } from "../shell/words";
import { csvOf, type Definition, type Value } from "./indicator_csv";
import { Later } from "./later";
import { When } from "./when";
import { Said } from "../shell/said";

interface Listed {
  definitions: Definition[];
  values: Value[];
  not_told: string[];
}

const NO_DEFINITION: Definition = { indicator_id: "", kind: "", name: "", unit: "", definition: "" };

const series = () => import("./indicator_series").then((found) => found.IndicatorSeries);

export function IndicatorsView() {
  return (
    <>
      <Later load={series} />
      <Figures />
    </>
  );
}

function Figures() {
  const [kind, setKind] = useState("");
  const [word, setWord] = useState("");
  const listed = useLoad((signal) => get<Listed>("/v1/indicators", {}, signal), []);
  return (
    <Shown of={listed}>
      {(found) => {
        const by = new Map(found.definitions.map((one) => [one.indicator_id, one]));
        const of = (one: Value) => by.get(one.indicator_id) ?? NO_DEFINITION;
        const kinds = [...new Set(found.definitions.map((one) => one.kind))];
        const asked = word.trim().toLowerCase();
        const fits = (one: Value) =>
          (kind === "" || of(one).kind === kind) &&
          (asked === "" || `${one.indicator_id} ${of(one).name} ${one.subject}`.toLowerCase().includes(asked));
        const rows = found.values.filter(fits);
        return (
          <>
            <h2>{t("Figures of now", "当前数值")}</h2>
            <div class="filters">
              <label>
                {t("About", "类别")}{" "}
                <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
                  <option value="">{t("everything", "全部")}</option>
                  {kinds.map((one) => (
                    <option key={one} value={one}>
                      {one}
                    </option>
                  ))}
                </select>
              </label>
              <label>
                {t("Holding the word", "包含")}{" "}
                <input type="search" value={word} onInput={(event) => setWord(event.currentTarget.value)} />
              </label>
              <button type="button" class="plain" onClick={() => save(rows, of)} disabled={rows.length === 0}>
                {t("Save as CSV", "保存为 CSV")}
              </button>
            </div>
            <Table
              caption={t("Figures of now", "当前数值")}
              columns={columns(of)}
              rows={rows}
              id={(one) => `${one.indicator_id} ${one.subject} ${one.as_of} ${one.district_ids.join(",")}`}
              empty={t("No figure fits.", "没有符合的数值。")}
            />
            <h2>{t("What the figures mean", "指标定义")}</h2>
            <details>
              <summary>{t("Catalogue: definition, unit, formula, source, owner", "目录：定义、单位、公式、来源、负责方")}</summary>
            <Table
              caption={t("Catalogue of indicators", "指标目录")}
              columns={CATALOGUE}
              rows={found.definitions.filter((one) => kind === "" || one.kind === kind)}
              id={(one) => one.indicator_id}
              empty={t("No indicator has a figure yet.", "尚无指标数值。")}
            />
            </details>
            {found.not_told.map((sentence) => (
              <p key={sentence} class="quiet">
                <Said text={sentence} />
              </p>
            ))}
          </>
        );
      }}
    </Shown>
  );
}

function columns(of: (one: Value) => Definition): Column<Value>[] {
  return [
    { name: t("Indicator", "指标"), cell: (one) => of(one).name || one.indicator_id, by: (one) => one.indicator_id },
    { name: t("Of", "对象"), cell: (one) => one.subject, by: (one) => one.subject },
    {
      name: t("District", "行政区"),
      cell: (one) => one.district_ids.join(", ") || t("whole city", "全市"),
      by: (one) => one.district_ids.join(","),
    },
    { name: t("Figure", "数值"), cell: (one) => number(one.value, digits(one.value)), by: (one) => one.value, number: true },
    { name: t("Unit", "单位"), cell: (one) => of(one).unit || "–", by: (one) => of(one).unit },
    { name: t("As of", "截至"), cell: (one) => <When at={one.as_of} />, by: (one) => one.as_of },
  ];
}

export function digits(value: number): number {
  if (Number.isInteger(value)) return 0;
  return Math.abs(value) >= 100 ? 1 : 3;
}

const CATALOGUE: Column<Definition>[] = [
  { name: t("Name", "名称"), cell: (one) => one.name, by: (one) => one.name },
  { name: t("For machines", "标识"), cell: (one) => <code class="hash">{one.indicator_id}</code>, by: (one) => one.indicator_id },
  { name: t("Unit", "单位"), cell: (one) => one.unit || "–" },
  { name: t("Definition", "定义"), cell: (one) => one.definition },
  { name: t("Formula", "公式"), cell: (one) => one.formula ?? "–" },
  { name: t("Source", "来源"), cell: (one) => one.source ?? "–" },
  { name: t("Owner", "负责方"), cell: (one) => one.owner ?? "–" },
];

function save(rows: Value[], of: (one: Value) => Definition): void {
  const file = URL.createObjectURL(new Blob([csvOf(rows, of)], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = file;
  link.download = "indicators.csv";
  link.click();
  URL.revokeObjectURL(file);
}
