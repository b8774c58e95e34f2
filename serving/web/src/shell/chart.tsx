/** A chart by ECharts, drawn on a canvas: tooltips are drawn too, so that no style is ever written into the page. */
import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { EChartsOption } from "echarts";
import { useEffect, useRef } from "preact/hooks";

echarts.use([
  BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart, AriaComponent, DataZoomComponent, GridComponent,
  LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, CanvasRenderer,
]);

const dark = matchMedia("(prefers-color-scheme: dark)");

/** `told` says in a sentence what is seen: it stands for the picture where nobody sees it. */
export function Chart(props: { option: EChartsOption; told: string; tall?: boolean; onPick?: (name: string) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts>(undefined);
  const pick = useRef(props.onPick);
  pick.current = props.onPick;
  useEffect(() => {
    if (box.current === null) return undefined;
    const made = echarts.init(box.current, dark.matches ? "dark" : undefined);
    chart.current = made;
    made.on("click", (event) => pick.current?.(String(event.name)));
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    const common = { backgroundColor: "transparent", animation: false, tooltip: { renderMode: "richText" as const } };
    const given = props.option as Record<string, unknown>;
    const tooltip = { ...common.tooltip, ...(given["tooltip"] as object | undefined) };
    chart.current?.setOption({ ...common, ...props.option, tooltip } as EChartsOption, true);
  }, [props.option]);
  return (
    <figure class="chart">
      <div ref={box} class={props.tall ? "canvas tall" : "canvas"} role="img" aria-label={props.told} />
    </figure>
  );
}
