/** One forecast quantity: its days as charts, its days, horizons and districts as tables. */
import { useMemo, useState } from "preact/hooks";
import { Chart } from "../shell/chart";
import { type Column, Table } from "../shell/table";
import { number, percent, t } from "../shell/words";
import { against, modelName, quantityName } from "./names";
import { coverageOption, lossOption } from "./skill_options";
import { type Figures, horizonNames, mean, NEAR, type SkillDay, type SkillQuantity, told, WANTED } from "./skill_words";

const WHOLE = "";

export function QuantitySkill(props: { quantity: SkillQuantity }) {
  const { quantity } = props;
  const [district, setDistrict] = useState(WHOLE);
  const days = quantity.districts.find((one) => one.district_id === district)?.days ?? quantity.days;
  const name = `${modelName(quantity.what)}, ${quantityName(quantity.quantity)}`;
  const sentence = told({ ...quantity, days }, district === WHOLE ? name : `${name}, ${district}`);
  const loss = useMemo(() => lossOption(quantity, days), [quantity, days]);
  const coverage = useMemo(() => coverageOption(days), [days]);
  return (
    <>
      <label>
        {t("District", "行政区")}{" "}
        <select value={district} onChange={(event) => setDistrict(event.currentTarget.value)}>
          <option value={WHOLE}>{t("whole city", "全市")}</option>
          {quantity.districts.map((one) => (
            <option key={one.district_id} value={one.district_id}>
              {one.district_id}
            </option>
          ))}
        </select>
      </label>
      <p class="note">{sentence}</p>
      <Cards days={days} />
      <div class="columns even">
        <div>
          <h3>
            {quantity.gate_loss === null
              ? t("Loss per day", "每日损失")
              : t("Loss per day, times that of the gate", "每日损失（评审时为 1）")}
          </h3>
          <Chart option={loss} told={sentence} />
        </div>
        <div>
          <h3>{t("How much of the truth lay from p10 to p90", "实况落在 p10–p90 的比例")}</h3>
          <Chart option={coverage} told={sentence} />
        </div>
      </div>
      <Parts quantity={quantity} days={days} />
    </>
  );
}

function Cards(props: { days: readonly SkillDay[] }) {
  const ratio = mean(props.days, (one) => one.to_gate);
  const coverage = mean(props.days, (one) => one.coverage);
  const simple = mean(props.days, (one) => one.to_simple);
  const rows = props.days.reduce((sum, one) => sum + one.rows, 0);
  return (
    <div class="cards">
      <Card name={t("Loss by that of the gate", "损失／评审时")} figure={ratio === null ? "–" : number(ratio, 2)} />
      <Card
        name={t("From p10 to p90 (80 % should be)", "p10–p90 内（应为 80%）")}
        figure={percent(coverage, 1)}
        note={coverage === null ? "" : coverageWords(coverage)}
      />
      <Card name={t("Against the same weekdays", "对比同星期均值")} figure={simple === null ? "–" : against(simple)} />
      <Card name={t("Forecasts judged", "已评判的预测")} figure={number(rows)} />
    </div>
  );
}

export function coverageWords(coverage: number): string {
  if (Math.abs(coverage - WANTED) <= NEAR) return t("within 3 points", "偏差在 3 个百分点内");
  return coverage > WANTED ? t("intervals are too wide", "区间偏宽") : t("intervals are too narrow", "区间偏窄");
}

function Card(props: { name: string; figure: string; note?: string }) {
  return (
    <div class="card">
      <p class="quiet">{props.name}</p>
      <p class="figure">{props.figure}</p>
      {props.note !== undefined && props.note !== "" && <p>{props.note}</p>}
    </div>
  );
}

function figures<R extends Figures>(): Column<R>[] {
  return [
    { name: t("Forecasts", "预测数"), cell: (one) => number(one.rows), by: (one) => one.rows, number: true },
    { name: t("Loss", "损失"), cell: (one) => number(one.loss, 3), by: (one) => one.loss, number: true },
    { name: t("By the gate", "／评审时"), cell: (one) => number(one.to_gate, 2), by: (one) => one.to_gate ?? 0, number: true },
    { name: t("Against the same weekdays", "对比同星期均值"), cell: (one) => against(one.to_simple ?? undefined), by: (one) => one.to_simple ?? 0, number: true },
    { name: t("From p10 to p90", "p10–p90 内"), cell: (one) => percent(one.coverage, 1), by: (one) => one.coverage, number: true },
    { name: t("Below p10", "低于 p10"), cell: (one) => percent(one.below, 1), by: (one) => one.below, number: true },
    { name: t("Above p90", "高于 p90"), cell: (one) => percent(one.above, 1), by: (one) => one.above, number: true },
  ];
}

function Parts(props: { quantity: SkillQuantity; days: readonly SkillDay[] }) {
  const { quantity } = props;
  const names = horizonNames(quantity.horizons.map((one) => one.up_to_h));
  const horizons = quantity.horizons.map((one, at) => ({ ...one, name: names[at] ?? "" }));
  const nothing = t("Nothing was judged.", "尚无评判。");
  return (
    <>
      <h3>{t("By horizon", "按预见期")}</h3>
      <Table
        caption={t("Skill by horizon", "按预见期的预测质量")}
        columns={[{ name: t("Horizon", "预见期"), cell: (one) => one.name }, ...figures<(typeof horizons)[number]>()]}
        rows={horizons}
        id={(one) => one.name}
        empty={nothing}
      />
      <h3>{t("By district", "按行政区")}</h3>
      <Table
        caption={t("Skill by district", "按行政区的预测质量")}
        columns={[
          { name: t("District", "行政区"), cell: (one) => one.district_id, by: (one) => one.district_id },
          ...figures<(typeof quantity.districts)[number]>(),
        ]}
        rows={quantity.districts}
        id={(one) => one.district_id}
        empty={nothing}
      />
      <details>
        <summary>{t("Every day as a table", "逐日数据表")}</summary>
        <Table
          caption={t("Skill by day", "逐日预测质量")}
          columns={[{ name: t("Day", "日期"), cell: (one) => one.day, by: (one) => one.day }, ...figures<SkillDay>()]}
          rows={[...props.days].reverse()}
          id={(one) => one.day}
          empty={nothing}
        />
      </details>
    </>
  );
}
