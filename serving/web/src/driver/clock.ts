/** The service's time on a phone whose own clock may be wrong, also while the page comes from the phone's memory. */

export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEPT = "city.driver.clock";

const GOOD_FOR_MS = 12 * 3_600_000; // a phone whose clock is set anew is right again after that

/**
 * The service's clock less the phone's, ms. `served` is the service's time when it wrote the page. A page that comes
 * from the phone's memory says a time gone by, which makes the difference too small: of all openings the largest counts.
 */
export function clockShift(served: string, phone: number, memory: Memory): number {
  const told = Date.parse(served) - phone;
  const kept = keptShift(phone, memory);
  const shift = kept === undefined ? told : Math.max(kept, told);
  if (shift !== kept) memory.setItem(KEPT, JSON.stringify({ shift, at: phone }));
  return shift;
}

function keptShift(phone: number, memory: Memory): number | undefined {
  try {
    const kept = JSON.parse(memory.getItem(KEPT) ?? "null") as { shift: number; at: number } | null;
    const isFresh = kept !== null && Math.abs(phone - kept.at) < GOOD_FOR_MS;
    return isFresh && Number.isFinite(kept.shift) ? kept.shift : undefined;
  } catch {
    return undefined;
  }
}
