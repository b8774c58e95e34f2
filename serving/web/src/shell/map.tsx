/** The city's map: its own roads on a plain ground, no tiles of anybody. Everything is drawn on one canvas. */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { useEffect, useRef } from "preact/hooks";

export interface Dot {
  id: string;
  lon: number;
  lat: number;
  color: string;
  radius?: number;
  label?: string;
}

export interface Line {
  id: string;
  /** [lon, lat], as GeoJSON has them. */
  path: [number, number][];
  color: string;
  width?: number;
  dashed?: boolean;
  label?: string;
}

export interface Ground {
  /** Roads, each a path of [lon, lat]; `main` ones are drawn broader. */
  roads: { path: [number, number][]; main: boolean }[];
}

/** `told` says in a sentence what is seen; whatever can be picked here must be reachable in a list beside it too. */
export function CityMap(props: {
  ground: Ground | undefined;
  lines?: readonly Line[];
  dots?: readonly Dot[];
  picked?: string | undefined;
  onPick?: (id: string) => void;
  told: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map>(undefined);
  const layers = useRef<{ roads: L.LayerGroup; things: L.LayerGroup }>(undefined);
  const pick = useRef(props.onPick);
  const isFitted = useRef(false);
  pick.current = props.onPick;
  useEffect(() => {
    if (box.current === null) return undefined;
    const renderer = L.canvas({ padding: 0.3, tolerance: 4 });
    const made = L.map(box.current, { renderer, attributionControl: false, zoomSnap: 0.5, preferCanvas: true });
    made.setView([0, 0], 13);
    L.control.scale({ imperial: false }).addTo(made);
    map.current = made;
    layers.current = { roads: L.layerGroup().addTo(made), things: L.layerGroup().addTo(made) };
    const watch = new ResizeObserver(() => made.invalidateSize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.remove();
    };
  }, []);
  useEffect(() => {
    const roads = layers.current?.roads;
    if (roads === undefined || props.ground === undefined) return;
    roads.clearLayers();
    const style = getComputedStyle(document.documentElement);
    const color = style.getPropertyValue("--road").trim();
    for (const road of props.ground.roads) {
      L.polyline(turned(road.path), { color, weight: road.main ? 3 : 1, interactive: false }).addTo(roads);
    }
    for (const layer of layers.current?.things.getLayers() ?? []) (layer as L.Path).bringToFront();
    fit(map.current, props.ground.roads.flatMap((road) => road.path), isFitted);
  }, [props.ground]);
  useEffect(() => {
    const things = layers.current?.things;
    if (things === undefined) return;
    things.clearLayers();
    for (const line of props.lines ?? []) draw(drawnLine(line, props.picked), line, things, pick);
    for (const dot of props.dots ?? []) draw(drawnDot(dot, props.picked), dot, things, pick);
    const places = [
      ...(props.dots ?? []).map((dot): [number, number] => [dot.lon, dot.lat]),
      ...(props.lines ?? []).flatMap((line) => line.path),
    ];
    fit(map.current, places, isFitted);
  }, [props.lines, props.dots, props.picked]);
  return <div ref={box} class="map" role="application" aria-label={props.told} />;
}

function fit(map: L.Map | undefined, places: [number, number][], isFitted: { current: boolean }): void {
  if (map === undefined || isFitted.current || places.length === 0) return;
  isFitted.current = true;
  map.fitBounds(L.latLngBounds(turned(places)), { animate: false, padding: [12, 12] });
}

function turned(path: [number, number][]): [number, number][] {
  return path.map(([lon, lat]) => [lat, lon]);
}

function drawnLine(line: Line, picked: string | undefined): L.Path {
  const weight = (line.width ?? 4) + (line.id === picked ? 3 : 0);
  const opacity = picked === undefined || line.id === picked ? 0.9 : 0.45;
  return L.polyline(turned(line.path), { color: line.color, weight, opacity, ...(line.dashed ? { dashArray: "6 6" } : {}) });
}

function drawnDot(dot: Dot, picked: string | undefined): L.Path {
  const isPicked = dot.id === picked;
  return L.circleMarker([dot.lat, dot.lon], {
    radius: (dot.radius ?? 5) + (isPicked ? 3 : 0),
    color: isPicked ? "#000" : "#fff",
    weight: isPicked ? 3 : 1,
    fillColor: dot.color,
    fillOpacity: 0.95,
  });
}

function draw(
  layer: L.Path,
  thing: { id: string; label?: string },
  things: L.LayerGroup,
  pick: { current: ((id: string) => void) | undefined },
): void {
  if (thing.label !== undefined) {
    const label = document.createElement("span"); // never HTML: names come from other people's files
    label.textContent = thing.label;
    layer.bindTooltip(label, { sticky: true });
  }
  layer.on("click", () => pick.current?.(thing.id));
  layer.addTo(things);
}
