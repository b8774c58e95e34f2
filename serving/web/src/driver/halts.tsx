import { number, secondsClock, t } from "../shell/words";
import { streamText } from "../dispatch/said";
import type { Halt, HaltState } from "./reports";

export function outcomeText(outcome: HaltState["outcome"]): string {
  const words = {
    done: t("done", "已收"),
    skipped: t("skipped", "跳过"),
    blocked: t("blocked", "受阻"),
    open: t("open", "未到"),
  };
  return words[outcome];
}

export function haltName(halt: Halt): string {
  if (halt.kind === "break") return t("Break", "休息");
  return halt.kind === "tip" ? `${t("Tip at", "倾倒于")} ${halt.name}` : halt.name;
}

/** A telephone opens its own map for such a link; nothing is asked of anybody before that. */
export function mapLink(halt: Halt): string | undefined {
  if (halt.lat === null || halt.lon === null) return undefined;
  const where = `${halt.lat.toFixed(6)},${halt.lon.toFixed(6)}`;
  return `geo:${where}?q=${where}`;
}

export function HaltRow(props: { halt: Halt; state: HaltState | undefined; isNext: boolean; change: () => void }) {
  const { halt, state } = props;
  const outcome = state?.outcome ?? "open";
  const mark = { done: "✓", skipped: "⤼", blocked: "✗", open: "" }[outcome];
  return (
    <li class={props.isNext ? "is-next" : outcome} aria-current={props.isNext ? "step" : undefined}>
      <span class="clock">{secondsClock(halt.kind === "stop" ? halt.arrive_s : halt.start_s)}</span>
      <span class="no">{halt.kind === "stop" ? halt.number : halt.kind === "tip" ? "▲" : "☕"}</span>
      <span class="place">
        {haltName(halt)}
        {mark !== "" && (
          <b>
            {" "}
            {mark} {halt.kind === "stop" ? outcomeText(outcome) : ""}
          </b>
        )}
        {state?.waits === true && <span class="badge warn">{t("not sent", "未发送")}</span>}
      </span>
      <span class="hint">
        {halt.kind === "stop" && `${streamText(halt.stream ?? "")} · ${number(halt.kg)} kg · ${t("on board", "车上")} ${number(halt.load_kg)} kg`}
        {halt.kind === "tip" && `${number(halt.kg)} kg`}
        {state?.reason != null && ` · ${state.reason}`}
        {state !== undefined && state.refused !== "" && (
          <span class="bad">
            {" "}
            {t("Not taken:", "未被接受：")} {state.refused}
          </span>
        )}
      </span>
      {halt.kind !== "break" && outcome !== "open" && (
        <button type="button" class="small" aria-label={t(`Change what was said of ${haltName(halt)}`, `修改 ${haltName(halt)} 的上报`)} onClick={props.change}>
          {t("Change", "修改")}
        </button>
      )}
    </li>
  );
}
