import { get } from "../shell/api";
import { useLoad } from "../shell/loading";
import { Views, start, useView } from "../shell/frame";
import { may } from "../shell/session";
import { t } from "../shell/words";
import { DayView } from "./day";
import { JunctionsView } from "./junctions";
import { PlansView } from "./plans";
import { WarningsView } from "./warnings";
import type { PlanSummary } from "./types";
import { WhatIfView } from "./whatif";
import "./traffic.css";

const VIEWS = ["day", "plans", "junctions", "whatif", "warnings"] as const;

function Traffic() {
  const [view] = useView(VIEWS);
  const plans = useLoad((signal) => get<{ plans: PlanSummary[] }>("/v1/signals/plans", { limit: 50 }, signal), [view]);
  const count = (plans.value?.plans ?? []).filter((one) => one.status === "draft" || one.status === "approved").length;
  const names: [(typeof VIEWS)[number], string][] = [
    ["day", t("Through the day", "全天拥堵")],
    ["plans", count === 0 ? t("Plans", "配时方案") : t(`Plans (${count} to decide)`, `配时方案（${count} 个待决定）`)],
    ["junctions", t("Junctions", "路口")],
    ...(may("signals:plan") ? [["whatif", t("What if", "假设推演")] as ["whatif", string]] : []),
    ["warnings", t("Warnings", "告警")],
  ];
  return (
    <>
      <Views views={names} now={view} />
      {view === "day" && <DayView />}
      {view === "plans" && <PlansView />}
      {view === "junctions" && <JunctionsView />}
      {view === "whatif" && <WhatIfView />}
      {view === "warnings" && <WarningsView />}
    </>
  );
}

start(t("Traffic centre", "交通中心"), <Traffic />);
