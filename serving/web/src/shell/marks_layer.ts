/** Dots and lines on one canvas above the roads: thousands are drawn anew within a frame. */
import L from "leaflet";
import { type Dot, type Line, type Marks, type Placed, place, radiusOf, under, widthOf } from "./marks";

const BEYOND = 0.1; // of the map's size, drawn on each side: what is dragged further is drawn anew on the way
const GRACE = 4;
const NONE: Marks = { lines: [], dots: [], picked: undefined };

export class MarksLayer extends L.Layer {
  private marks: Marks = NONE;
  private placed: Placed | undefined;
  private canvas = document.createElement("canvas");
  private stamps = new Map<string, HTMLCanvasElement>();
  private frame = 0;
  /** World pixels of the canvas's corner. */
  private corner = L.point(0, 0);

  constructor(private readonly pick: (id: string) => void) {
    super();
  }

  override onAdd(map: L.Map): this {
    this.canvas.className = "leaflet-layer marks";
    const pane = map.createPane("marks");
    pane.style.zIndex = "450"; // above the roads, below what pops up
    pane.style.pointerEvents = "none";
    pane.appendChild(this.canvas);
    const tip = L.tooltip({ offset: [12, 0], direction: "right" });
    let hovered: Dot | Line | undefined;
    const leave = () => {
      hovered = undefined;
      map.closeTooltip(tip);
    };
    map.on("moveend viewreset resize", () => this.redraw());
    map.on("move", () => {
      if (!this.covers(map)) this.redraw();
    });
    map.on("zoomend viewreset", () => {
      this.placed = undefined;
      this.redraw();
    });
    map.on("mousemove", (event) => {
      const found = this.at(event.latlng);
      map.getContainer().style.cursor = found === undefined || found.id === "" ? "" : "pointer";
      if (found === hovered) {
        if (found !== undefined) tip.setLatLng(event.latlng);
        return;
      }
      leave();
      hovered = found;
      if (found?.label === undefined) return;
      const label = document.createElement("span"); // never HTML: names come from other people's files
      label.textContent = found.label();
      tip.setLatLng(event.latlng).setContent(label);
      map.openTooltip(tip);
    });
    map.on("mouseout movestart zoomstart", leave);
    map.on("click", (event) => {
      const found = this.at(event.latlng);
      if (found !== undefined && found.id !== "") this.pick(found.id);
    });
    this.redraw();
    return this;
  }

  override onRemove(): this {
    cancelAnimationFrame(this.frame);
    this.canvas.remove();
    return this;
  }

  show(marks: Marks): void {
    const isElsewhere = marks.dots !== this.marks.dots || marks.lines !== this.marks.lines;
    this.marks = marks;
    if (isElsewhere) this.placed = undefined;
    this.redraw();
  }

  private covers(map: L.Map): boolean {
    const { min, max } = map.getPixelBounds();
    const sharp = devicePixelRatio || 1;
    const [right, bottom] = [this.corner.x + this.canvas.width / sharp, this.corner.y + this.canvas.height / sharp];
    if (min === undefined || max === undefined) return true;
    return min.x >= this.corner.x && min.y >= this.corner.y && max.x <= right && max.y <= bottom;
  }

  private at(where: L.LatLng): Dot | Line | undefined {
    if (this.placed === undefined) return undefined;
    const { x, y } = this._map.project(where);
    return under(this.marks, this.placed, x, y, GRACE);
  }

  private redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    const map = this._map;
    const size = map.getSize();
    if (size.x === 0 || size.y === 0) return;
    this.placed ??= place(this.marks, (lon, lat) => map.project([lat, lon]));
    const away = size.multiplyBy(-BEYOND).round();
    const whole = size.multiplyBy(1 + 2 * BEYOND).round();
    this.corner = map.getPixelBounds().getTopLeft().add(away);
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint(away));
    const context = this.sized(whole);
    if (context === null) return;
    context.translate(-this.corner.x, -this.corner.y);
    this.drawLines(context, this.placed);
    this.drawDots(context, this.placed);
  }

  private sized(whole: L.Point): CanvasRenderingContext2D | null {
    const sharp = devicePixelRatio || 1;
    const [width, height] = [Math.round(whole.x * sharp), Math.round(whole.y * sharp)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
      this.canvas.style.width = `${whole.x}px`;
      this.canvas.style.height = `${whole.y}px`;
    }
    const context = this.canvas.getContext("2d");
    context?.setTransform(sharp, 0, 0, sharp, 0, 0);
    context?.clearRect(0, 0, whole.x, whole.y);
    return context;
  }

  private drawLines(context: CanvasRenderingContext2D, placed: Placed): void {
    const { lines, picked } = this.marks;
    context.lineJoin = "round";
    lines.forEach((line, index) => {
      context.globalAlpha = picked === undefined || line.id === picked ? 0.9 : 0.45;
      context.strokeStyle = line.color;
      context.lineWidth = widthOf(line, picked);
      context.setLineDash(line.dashed ? [6, 6] : []);
      context.beginPath();
      along(context, placed.lines[index] as Float64Array);
      context.stroke();
    });
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  /** Each look is drawn once and then stamped: circles by the thousand cost more than all else on the page. */
  private drawDots(context: CanvasRenderingContext2D, placed: Placed): void {
    const { dots, picked } = this.marks;
    const sharp = devicePixelRatio || 1;
    const [left, top] = [this.corner.x, this.corner.y];
    const [right, bottom] = [left + this.canvas.width / sharp, top + this.canvas.height / sharp];
    dots.forEach((dot, index) => {
      const [x, y] = [placed.dots[index * 2] as number, placed.dots[index * 2 + 1] as number];
      if (x < left || x > right || y < top || y > bottom) return;
      const stamp = this.stampOf(dot, picked, sharp);
      const half = stamp.width / sharp / 2;
      context.drawImage(stamp, Math.round((x - half) * sharp) / sharp, Math.round((y - half) * sharp) / sharp, half * 2, half * 2);
    });
  }

  private stampOf(dot: Dot, picked: string | undefined, sharp: number): HTMLCanvasElement {
    const radius = radiusOf(dot, picked);
    const isPicked = dot.id !== "" && dot.id === picked;
    const look = `${dot.color} ${radius} ${isPicked} ${sharp}`;
    const known = this.stamps.get(look);
    if (known !== undefined) return known;
    const made = document.createElement("canvas");
    const edge = isPicked ? 3 : 1;
    const half = radius + edge;
    made.width = made.height = Math.ceil(half * 2 * sharp);
    const context = made.getContext("2d");
    if (context !== null) {
      context.scale(sharp, sharp);
      context.fillStyle = dot.color;
      context.strokeStyle = isPicked ? "#000" : "#fff";
      context.lineWidth = edge;
      context.arc(half, half, radius, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
    this.stamps.set(look, made);
    return made;
  }
}

/** Corners less than a pixel from the last one are left out. */
function along(context: CanvasRenderingContext2D, line: Float64Array): void {
  let [x, y] = [Number.NaN, Number.NaN];
  for (let at = 0; at < line.length; at += 2) {
    const [nextX, nextY] = [line[at] as number, line[at + 1] as number];
    const isLast = at === line.length - 2;
    if (at === 0) context.moveTo(nextX, nextY);
    else if (isLast || Math.abs(nextX - x) >= 1 || Math.abs(nextY - y) >= 1) context.lineTo(nextX, nextY);
    else continue;
    [x, y] = [nextX, nextY];
  }
}
