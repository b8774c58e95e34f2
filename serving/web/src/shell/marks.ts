/** What lies on the map as flat lists: where it is on the screen, what is under the pointer. No map is needed here. */

export interface Dot {
  id: string;
  lon: number;
  lat: number;
  color: string;
  radius?: number;
  /** Asked for when the pointer is on it: thousands of labels are never read. */
  label?: () => string;
}

export interface Line {
  id: string;
  /** [lon, lat], as GeoJSON has them. */
  path: [number, number][];
  color: string;
  width?: number;
  dashed?: boolean;
  label?: () => string;
}

export interface Marks {
  lines: readonly Line[];
  dots: readonly Dot[];
  picked: string | undefined;
}

export type Project = (lon: number, lat: number) => { x: number; y: number };

/** Pixels at one zoom: dots as x, y, x, y...; each line the same. */
export interface Placed {
  dots: Float64Array;
  lines: Float64Array[];
}

export function place(marks: Marks, project: Project): Placed {
  const flat = (count: number, at: (index: number) => { x: number; y: number }) => {
    const found = new Float64Array(count * 2);
    for (let index = 0; index < count; index += 1) {
      const { x, y } = at(index);
      found[index * 2] = x;
      found[index * 2 + 1] = y;
    }
    return found;
  };
  const dots = flat(marks.dots.length, (index) => {
    const dot = marks.dots[index] as Dot;
    return project(dot.lon, dot.lat);
  });
  const lines = marks.lines.map(({ path }) =>
    flat(path.length, (index) => {
      const [lon, lat] = path[index] as [number, number];
      return project(lon, lat);
    }),
  );
  return { dots, lines };
}

export function radiusOf(dot: Dot, picked: string | undefined): number {
  return (dot.radius ?? 5) + (dot.id !== "" && dot.id === picked ? 3 : 0);
}

export function widthOf(line: Line, picked: string | undefined): number {
  return (line.width ?? 4) + (line.id === picked ? 3 : 0);
}

/** The topmost dot under (x, y), else the topmost line, each with some pixels of grace. */
export function under(marks: Marks, placed: Placed, x: number, y: number, grace: number): Dot | Line | undefined {
  for (let index = marks.dots.length - 1; index >= 0; index -= 1) {
    const dot = marks.dots[index] as Dot;
    const away = Math.hypot((placed.dots[index * 2] as number) - x, (placed.dots[index * 2 + 1] as number) - y);
    if (away <= radiusOf(dot, marks.picked) + grace) return dot;
  }
  for (let index = marks.lines.length - 1; index >= 0; index -= 1) {
    const line = marks.lines[index] as Line;
    if (isNear(placed.lines[index] as Float64Array, x, y, widthOf(line, marks.picked) / 2 + grace)) return line;
  }
  return undefined;
}

function isNear(line: Float64Array, x: number, y: number, most: number): boolean {
  for (let at = 2; at < line.length; at += 2) {
    const [fromX, fromY] = [line[at - 2] as number, line[at - 1] as number];
    const [alongX, alongY] = [(line[at] as number) - fromX, (line[at + 1] as number) - fromY];
    const length = alongX * alongX + alongY * alongY;
    const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - fromX) * alongX + (y - fromY) * alongY) / length));
    if (Math.hypot(fromX + share * alongX - x, fromY + share * alongY - y) <= most) return true;
  }
  return false;
}
