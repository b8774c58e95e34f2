/** What the service says of skill, and the words for it. */
import { t } from "../shell/words";

export interface Figures {
  rows: number;
  loss: number;
  below: number;
  above: number;
  coverage: number;
  simple_loss: number | null;
  to_simple: number | null;
  to_gate: number | null;
}

export interface SkillDay extends Figures {
  day: string;
}

export interface SkillHorizon extends Figures {
  up_to_h: number | null;
}

export interface SkillDistrict extends Figures {
  district_id: string;
  days: SkillDay[];
}

export interface SkillQuantity {
  what: string;
  quantity: string;
  gate_loss: number | null;
  simple_to_gate: number | null;
  grew_at: number;
  days: SkillDay[];
  horizons: SkillHorizon[];
  districts: SkillDistrict[];
}

export interface Finding {
  cause: string;
  subject: string;
  district_id: string | null;
  sentence: string;
  todo: string;
}

export interface SkillModel {
  name: string;
  state: "good" | "look" | "not-judged" | "none";
  champion: string | null;
  champion_age_s: number | null;
  forecast_age_s: number | null;
  fallback_share: number | null;
  sentences: string[];
  findings: Finding[];
}

export interface Drift {
  what: string;
  quantity: string;
  noun: string;
  district_id: string | null;
  values: number;
  psi: number;
  usual_psi: number;
  bound: number;
  ks: number;
  ratio: number | null;
}

export interface Skill {
  as_of: string;
  since: string;
  made_at: string;
  refreshing: boolean;
  models: SkillModel[];
  quantities: SkillQuantity[];
  drift: Drift[];
  not_told: string[];
}

export function verdictWords(model: SkillModel): string {
  if (model.state === "good") return t("still good", "仍然可靠");
  if (model.state === "look") return t("needs a look", "需要关注");
  return model.state === "none" ? t("no feed", "无数据源") : t("not judged yet", "尚无法评判");
}

export function verdictBadge(model: SkillModel): string {
  if (model.state === "look") return "badge bad";
  return model.state === "good" ? "badge" : "badge quiet";
}

/** Where p10 to p90 should hold, and how far off is still fine: the realised share moves by a few points from day to day. */
export const WANTED = 0.8;
export const NEAR = 0.03;

/** The bands follow one another: each begins where the one before ends. */
export function horizonNames(upTo: readonly (number | null)[]): string[] {
  return upTo.map((hours, at) => {
    const from = at === 0 ? 0 : (upTo[at - 1] ?? 0);
    if (hours === null) return t(`over ${from} h`, `${from} 小时以上`);
    return from === 0 ? t(`up to ${hours} h`, `${hours} 小时内`) : t(`${from} to ${hours} h`, `${from}–${hours} 小时`);
  });
}

/** Over all days, weighed by how many forecasts each stands for; null where nothing was judged. */
export function mean(days: readonly Figures[], of: (one: Figures) => number | null): number | null {
  let sum = 0;
  let rows = 0;
  for (const day of days) {
    const value = of(day);
    if (value === null) continue;
    sum += value * day.rows;
    rows += day.rows;
  }
  return rows === 0 ? null : sum / rows;
}

/** The picture in a sentence, for whoever does not see it. */
export function told(quantity: SkillQuantity, name: string): string {
  const first = quantity.days[0];
  const last = quantity.days.at(-1);
  if (first === undefined || last === undefined) return name;
  const ratio = mean(quantity.days, (one) => one.to_gate);
  const coverage = mean(quantity.days, (one) => one.coverage);
  const parts = [t(`${name}, ${first.day} to ${last.day}.`, `${name}，${first.day} 至 ${last.day}。`)];
  if (ratio !== null) {
    const times = ratio.toFixed(2);
    parts.push(t(`The loss was ${times} times that of the gate.`, `损失为评审时的 ${times} 倍。`));
  }
  if (coverage !== null) {
    const share = (coverage * 100).toFixed(0);
    parts.push(t(`${share} % of the truth lay from p10 to p90; 80 % should.`, `实况有 ${share}% 落在 p10–p90，应为 80%。`));
  }
  return parts.join(" ");
}
