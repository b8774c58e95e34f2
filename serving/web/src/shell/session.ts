/** Who is here, and in which city: written into the page by the service, so that nothing has to be asked first. */
export interface Session {
  person: string;
  scopes: string[];
  /** null: the whole city. */
  districts: string[] | null;
  csrf: string;
  city: string;
  time_zone: string;
  /** The service's clock when the page was made; a demo city lives in the past. */
  now: string;
  software: string;
  doors: Door[];
  /** Whatever the page itself was given beside that. */
  page: Record<string, unknown>;
}

export interface Door {
  path: string;
  name: string;
  name_zh: string;
}

const text = document.getElementById("session")?.textContent ?? "";
export const session: Session = JSON.parse(text) as Session;

const shift = Date.parse(session.now) - Date.now();

/** The service's clock, not this device's. */
export function now(): Date {
  return new Date(Date.now() + shift);
}

export function may(scope: string): boolean {
  return session.scopes.includes(scope);
}
