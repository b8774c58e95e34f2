/** What the service says of complaints, the order in which they are read, and words for both. */
import { t } from "../shell/words";

export interface Proposal {
  category: string;
  priority: string;
  department: string | null;
  sure: boolean;
  confidence: number;
  reasons: { question: string; terms: string[] }[];
  model: string;
  first_department: string | null;
}

export interface Complaint {
  complaint_id: string;
  district_id: string;
  opened_at: string;
  state: string;
  category: string;
  priority: string;
  department: string | null;
  due_at: string;
  point_id: string | null;
  stream: string | null;
  plan_id: string | null;
  truck_id: string | null;
  why: string;
  proposed: Proposal;
}

export const STATES = ["unsure", "proposed", "accepted", "planned", "done", "refused", "rerouted"];
const PRIORITIES = ["urgent", "normal", "low"];

export function stateWords(state: string): string {
  const known: Record<string, string> = {
    unsure: t("not sure: a person has to read it", "不确定，需人工判断"),
    proposed: t("proposed", "已有建议"),
    accepted: t("accepted", "已接受"),
    planned: t("planned", "已排入计划"),
    done: t("done", "已完成"),
    refused: t("refused", "不予处理"),
    rerouted: t("sent elsewhere", "已转派"),
  };
  return known[state] ?? state;
}

export function priorityWords(priority: string): string {
  const known: Record<string, string> = { urgent: t("urgent", "紧急"), normal: t("normal", "普通"), low: t("low", "低") };
  return known[priority] ?? priority;
}

export function questionWords(question: string): string {
  const known: Record<string, string> = {
    category: t("category", "类别"),
    department: t("department", "部门"),
    priority: t("priority", "优先级"),
    point: t("point", "点位"),
  };
  return known[question] ?? question;
}

/** The unsure first, then by priority, then by when they are due. */
export function triaged(complaints: readonly Complaint[]): Complaint[] {
  const key = (one: Complaint): [number, number, number] => [
    one.state === "unsure" ? 0 : 1,
    PRIORITIES.indexOf(one.priority),
    Date.parse(one.due_at),
  ];
  return [...complaints].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
  });
}
