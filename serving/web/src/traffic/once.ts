/** A key for one deed; also where the page is not served over TLS, and randomUUID is therefore missing. */
export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
