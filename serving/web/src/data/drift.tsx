/** Drift of inputs: each quantity's last week against the weeks that the champion learned from. */
import { type Column, Table } from "../shell/table";
import { number, t } from "../shell/words";
import { modelName, quantityName } from "./names";
import type { Drift } from "./skill_words";

const COLUMNS: Column<Drift>[] = [
  { name: t("Model", "模型"), cell: (one) => modelName(one.what), by: (one) => one.what },
  { name: t("Input", "输入"), cell: (one) => `${quantityName(one.quantity)} (${one.noun})`, by: (one) => one.quantity },
  { name: t("District", "行政区"), cell: (one) => one.district_id ?? t("whole city", "全市"), by: (one) => one.district_id ?? "" },
  {
    name: t("Judgement", "判定"),
    cell: (one) => (
      <span class={one.psi > one.bound ? "badge bad" : "badge"}>
        {one.psi > one.bound ? t("has moved", "已漂移") : t("as usual", "正常")}
      </span>
    ),
    by: (one) => one.bound - one.psi,
  },
  { name: "PSI", cell: (one) => number(one.psi, 3), by: (one) => one.psi, number: true },
  { name: t("Usual PSI", "平常 PSI"), cell: (one) => number(one.usual_psi, 3), by: (one) => one.usual_psi, number: true },
  { name: t("Moved above", "漂移界限"), cell: (one) => number(one.bound, 2), number: true },
  { name: "KS", cell: (one) => number(one.ks, 3), by: (one) => one.ks, number: true },
  { name: t("Mean now by then", "均值 现／昔"), cell: (one) => number(one.ratio, 2), by: (one) => one.ratio ?? 1, number: true },
  { name: t("Values", "数值个数"), cell: (one) => number(one.values), by: (one) => one.values, number: true },
];

export function DriftTable(props: { rows: readonly Drift[] }) {
  const first = [...props.rows].sort((a, b) => b.psi / b.bound - a.psi / a.bound);
  return (
    <Table
      caption={t("Drift of inputs", "输入漂移")}
      columns={COLUMNS}
      rows={first}
      id={(one) => `${one.what} ${one.quantity} ${one.noun} ${one.district_id ?? ""}`}
      empty={t("Fewer than two weeks of values: no input can be judged.", "数据不足两周，无法判定。")}
    />
  );
}
