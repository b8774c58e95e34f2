/** The city's map: its own roads on a plain ground, no tiles of anybody. Everything is drawn on canvases. */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { useEffect, useRef } from "preact/hooks";
import type { Dot, Line } from "./marks";
import { MarksLayer } from "./marks_layer";

export type { Dot, Line } from "./marks";

export interface Ground {
  /** Roads, each a path of [lon, lat]; `main` ones are drawn broader. */
  roads: { path: [number, number][]; main: boolean }[];
}

const NO_LINES: readonly Line[] = [];
const NO_DOTS: readonly Dot[] = [];

/** `told` says in a sentence what is seen; whatever can be picked here must be reachable in a list beside it too. */
export function CityMap(props: {
  ground: Ground | undefined;
  lines?: readonly Line[];
  dots?: readonly Dot[];
  picked?: string | undefined;
  onPick?: (id: string) => void;
  told: string;
}) {
  const { lines = NO_LINES, dots = NO_DOTS, picked } = props;
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map>(undefined);
  const layers = useRef<{ roads: L.LayerGroup; marks: MarksLayer }>(undefined);
  const pick = useRef(props.onPick);
  const isFitted = useRef(false);
  pick.current = props.onPick;
  useEffect(() => {
    if (box.current === null) return undefined;
    const renderer = L.canvas({ padding: 0.3 });
    // Zooming is one step: scaled pictures of thousands of marks would be in the way of the sharp one.
    const made = L.map(box.current, { renderer, attributionControl: false, zoomSnap: 0.5, preferCanvas: true, zoomAnimation: false });
    made.setView([0, 0], 13);
    L.control.scale({ imperial: false }).addTo(made);
    map.current = made;
    const roads = L.layerGroup().addTo(made);
    layers.current = { roads, marks: new MarksLayer((id) => pick.current?.(id)).addTo(made) };
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
    const color = getComputedStyle(document.documentElement).getPropertyValue("--road").trim();
    for (const isMain of [false, true]) {
      const paths = props.ground.roads.filter((road) => road.main === isMain).map((road) => turned(road.path));
      L.polyline(paths, { color, weight: isMain ? 3 : 1, interactive: false }).addTo(roads);
    }
    fit(map.current, props.ground.roads.flatMap((road) => road.path), isFitted);
  }, [props.ground]);
  useEffect(() => {
    layers.current?.marks.show({ lines, dots, picked });
    if (isFitted.current) return;
    const places = [...dots.map((dot): [number, number] => [dot.lon, dot.lat]), ...lines.flatMap((line) => line.path)];
    fit(map.current, places, isFitted);
  }, [lines, dots, picked]);
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
