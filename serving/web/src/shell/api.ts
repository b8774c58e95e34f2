/** The service's own API, by the session's cookie; what changes something carries the session's token. */
import { session } from "./session";
import { t } from "./words";

/** RFC 9457. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  errors?: { pointer?: string; detail?: string }[];
  [more: string]: unknown;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(said(status, problem));
  }
}

function said(status: number, problem: Problem): string {
  const details = (problem.errors ?? []).map((one) => [one.pointer, one.detail].filter(Boolean).join(": "));
  return [problem.detail ?? problem.title ?? `HTTP ${status}`, ...details].join(" ");
}

const LONGEST_MS = 130_000;
type Query = Record<string, string | number | boolean | null | undefined>;

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return ask<T>("GET", path + queryOf(query), undefined, signal);
}

/** `key` makes a repeated request the same request: the first answer is given again. */
export function post<T>(path: string, body?: unknown, key?: string): Promise<T> {
  return ask<T>("POST", path, body, undefined, key);
}

export async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  key?: string,
): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = session.csrf;
  if (key !== undefined) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const limit = AbortSignal.timeout(LONGEST_MS);
  const response = await fetch(path, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    credentials: "same-origin",
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new Refused(0, { detail: t("The service could not be reached.", "无法连接服务。") });
  });
  if (response.status === 401) location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  const told = await response.text();
  if (!response.ok) throw new Refused(response.status, problemOf(told));
  return (told === "" ? undefined : JSON.parse(told)) as T;
}

function problemOf(told: string): Problem {
  try {
    return JSON.parse(told) as Problem;
  } catch {
    return { detail: told.slice(0, 300) };
  }
}

export function queryOf(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

export function sentence(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
