/** Files on their way to an import, one after the other, with how far each has come. */
import { ask, type Problem, Refused } from "../shell/api";
import { session } from "../shell/session";
import { t } from "../shell/words";

export interface Uploaded {
  name: string;
  size_bytes: number;
  sha256: string;
}

export interface Upload {
  upload_id: string;
  expires_at: string;
  files: Uploaded[];
}

const PLACE = "/v1/imports/uploads";

export function begin(): Promise<Upload> {
  return ask<Upload>("POST", PLACE);
}

export function look(id: string): Promise<Upload> {
  return ask<Upload>("GET", `${PLACE}/${encodeURIComponent(id)}`);
}

export function remove(id: string): Promise<void> {
  return ask<void>("DELETE", `${PLACE}/${encodeURIComponent(id)}`);
}

/** `fetch` cannot say how far the sending is, so the older way is used. */
export function send(id: string, file: File, progress: (share: number) => void): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `${PLACE}/${encodeURIComponent(id)}/files/${encodeURIComponent(file.name)}`);
    request.setRequestHeader("X-CSRF-Token", session.csrf);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("error", () => {
      reject(new Refused(0, { detail: t("The service could not be reached.", "无法连接服务。") }));
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Uploaded);
      else reject(new Refused(request.status, problemOf(request.responseText)));
    });
    request.send(file);
  });
}

function problemOf(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return { detail: text.slice(0, 300) };
  }
}

/** Names of mappings that may be asked for: those that came with the files first, then those the city keeps. */
export function mappingsOf(files: readonly Uploaded[], kept: readonly string[]): string[] {
  const own = files.map((one) => one.name).filter((name) => name.toLowerCase().endsWith(".toml"));
  return [...new Set([...own, ...kept])];
}

export function size(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${(bytes / (1024 * 1024)).toFixed(1)} MB`;
  return bytes >= 1024 ? `${(bytes / 1024).toFixed(0)} kB` : `${bytes} B`;
}

/** Also where the page came over plain HTTP: there `crypto.randomUUID` is missing. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}
