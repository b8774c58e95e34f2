/** Figures as CSV that a spreadsheet opens, with nothing in it that a spreadsheet would run. */
export interface Definition {
  indicator_id: string;
  kind: string;
  name: string;
  unit: string;
  definition: string;
  formula?: string;
  source?: string;
  owner?: string;
}

export interface Value {
  indicator_id: string;
  subject: string;
  district_ids: string[];
  as_of: string;
  value: number;
}

const HEAD = ["indicator_id", "name", "subject", "district_ids", "as_of", "value", "unit"];
/** Whatever a spreadsheet would take for a formula. */
const RUNS = /^[=+\-@\t\r]/;

export function csvOf(rows: readonly Value[], of: (one: Value) => Definition): string {
  const lines = rows.map((one) => [
    text(one.indicator_id),
    text(of(one).name),
    text(one.subject),
    text(one.district_ids.join(" ")),
    text(one.as_of),
    String(one.value),
    text(of(one).unit),
  ]);
  // The mark at the start tells spreadsheets that it is UTF-8.
  return `\uFEFF${[HEAD, ...lines].map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}

function text(value: string): string {
  const safe = RUNS.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
