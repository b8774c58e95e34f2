/** Dates that a person chose, as moments of the city's clock. */

/** The first moment of that day there, in UTC. */
export function midnight(day: string, zone: string): string {
  const guess = Date.parse(`${day}T00:00:00Z`);
  // Twice, because the offset at the guess may not be the one at the midnight it leads to.
  const first = guess - offsetMs(guess, zone);
  return new Date(guess - offsetMs(first, zone)).toISOString();
}

function offsetMs(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(new Date(moment));
  const of = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const there = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return there - Math.floor(moment / 1000) * 1000;
}
