/** The trucks' progress, asked for every few seconds; as long as nothing moved the answer is 304 and weighs nothing. */
import { Refused } from "../shell/api";
import { t } from "../shell/words";

export interface StopProgress {
  point_id: string;
  stream: string;
  outcome: "done" | "skipped" | "blocked" | "open";
  at: string | null;
  reason: string | null;
}

export interface TruckProgress {
  truck_id: string;
  stops: StopProgress[];
  weights_kg: number[];
  executed: number;
  done: number;
  skipped: number;
  blocked: number;
  open: number;
  behind_s: number | null;
  heard_at: string | null;
}

export interface Progress {
  plan_id: string;
  trucks: TruckProgress[];
}

const EVERY_MS = 4000;

/** Until the returned function is called; hidden pages do not ask. */
export function watchProgress(
  path: string,
  told: { moved: (found: Progress) => void; failed: (cause: unknown) => void },
): () => void {
  let tag = "";
  let timer = 0;
  const stop = new AbortController();
  const look = async () => {
    if (!document.hidden) {
      try {
        const headers: Record<string, string> = tag === "" ? {} : { "If-None-Match": tag };
        const response = await fetch(path, { headers, credentials: "same-origin", signal: stop.signal, cache: "no-store" });
        if (response.ok) {
          tag = response.headers.get("ETag") ?? "";
          told.moved((await response.json()) as Progress);
        } else if (response.status !== 304) {
          const problem = (await response.json().catch(() => ({}))) as { detail?: string };
          throw new Refused(response.status, { detail: problem.detail ?? `HTTP ${response.status}` });
        }
      } catch (cause) {
        if (stop.signal.aborted) return;
        const isOffline = !(cause instanceof Refused);
        told.failed(isOffline ? new Error(t("The service could not be reached; what is shown is older.", "无法连接服务，所示为较早数据。")) : cause);
      }
    }
    if (!stop.signal.aborted) timer = window.setTimeout(() => void look(), EVERY_MS);
  };
  void look();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}
