/** Cells of an indicator as lines over the same periods. */
export interface Cell {
  part: string;
  district_id: string | null;
  start: string;
  end: string;
  value: number | null;
  support: number | null;
  note: string;
}

export interface SeriesLine {
  name: string;
  isCity: boolean;
  values: (number | null)[];
}

/** A line for each district and part, the city's first; what is missing or withheld is a gap. */
export function linesOf(cells: readonly Cell[], city: string): { starts: string[]; lines: SeriesLine[] } {
  const starts = [...new Set(cells.map((one) => one.start))].sort();
  const place = new Map(starts.map((start, at) => [start, at]));
  const lines = new Map<string, SeriesLine>();
  for (const one of cells) {
    const name = [one.district_id ?? city, one.part].filter((part) => part !== "").join(" · ");
    const line = lines.get(name) ?? { name, isCity: one.district_id === null, values: starts.map(() => null) };
    line.values[place.get(one.start) ?? 0] = one.value;
    lines.set(name, line);
  }
  return { starts, lines: [...lines.values()].sort((a, b) => Number(b.isCity) - Number(a.isCity)) };
}
