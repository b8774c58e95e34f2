/** The service, as the driver's link lets it be asked: the link itself is in this page's address and nowhere else. */
import { t } from "../shell/words";
import type { Answer, Outcome } from "./outbox";
import type { Report, StopSaid } from "./reports";

const LONGEST_MS = 20_000;
const ENDED = [401, 403, 404];
const FAULTY = [400, 409, 413, 422];

function token(): string {
  return decodeURIComponent(location.pathname.split("/").at(-1) ?? "");
}

function ask(path: string, body?: unknown): Promise<Response> {
  return fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { Authorization: `Bearer ${token()}`, Accept: "application/json", "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(LONGEST_MS),
  });
}

export function sender(path: string): (reports: Report[]) => Promise<Answer> {
  return async (reports) => {
    try {
      const response = await ask(path, { events: reports });
      const told = (await response.json().catch(() => undefined)) as { events?: Outcome[]; detail?: string } | undefined;
      const sentence = told?.detail ?? `HTTP ${response.status}`;
      if (response.ok && told?.events !== undefined) return { kind: "answered", events: told.events };
      if (ENDED.includes(response.status)) return { kind: "ended", sentence };
      if (FAULTY.includes(response.status)) return { kind: "faulty", sentence };
      return { kind: "later", sentence };
    } catch {
      return { kind: "later", sentence: t("There is no connection.", "没有网络连接。") };
    }
  };
}

export interface Known {
  stops: StopSaid[];
  newest_plan_id: string;
}

/** What the service knows of this route's stops; undefined where it cannot be asked now. */
export async function known(path: string): Promise<Known | undefined> {
  try {
    const response = await ask(path);
    return response.ok ? ((await response.json()) as Known) : undefined;
  } catch {
    return undefined;
  }
}
