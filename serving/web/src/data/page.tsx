/** The views of this page, each only for whoever may do what it is for. */
import type { ComponentChildren } from "preact";
import { useView, Views } from "../shell/frame";
import { may, session } from "../shell/session";
import { t } from "../shell/words";
import { AuditView } from "./audit";
import { ComplaintsView } from "./complaints";
import { EffectsView } from "./effects";
import { FairnessView } from "./fairness";
import { FeedsView } from "./feeds";
import { ImportsView } from "./imports";
import { IndicatorsView } from "./indicators";
import { KeysView } from "./keys";
import { Later } from "./later";
import { ModelsView } from "./models";
import { OutcomesView } from "./outcomes";
import { WarningsView } from "./warnings";

interface View {
  id: string;
  name: string;
  opens: boolean;
  shown: () => ComponentChildren;
}

const watches = ["signals:read", "routes:read", "data:import"].some(may);
const reads = may("signals:read") || may("routes:read");
const wholeCity = session.districts === null;

/** Charts are most of this page's bytes, and come when a view has any. */
const skill = () => import("./skill").then((found) => found.SkillView);

const ALL: View[] = [
  { id: "models", name: t("Models", "模型"), opens: watches || may("models:promote"), shown: () => <ModelsView /> },
  { id: "skill", name: t("Skill", "预测质量"), opens: watches, shown: () => <Later load={skill} /> },
  { id: "warnings", name: t("Warnings", "告警"), opens: watches, shown: () => <WarningsView /> },
  { id: "outcomes", name: t("Outcomes", "结果对照"), opens: reads, shown: () => <OutcomesView /> },
  { id: "effects", name: t("Effects and reports", "成效与报告"), opens: reads, shown: () => <EffectsView /> },
  { id: "complaints", name: t("Complaints", "投诉处置"), opens: may("routes:read"), shown: () => <ComplaintsView /> },
  { id: "fairness", name: t("Fairness", "公平性"), opens: may("routes:read"), shown: () => <FairnessView /> },
  { id: "indicators", name: t("Indicators", "指标"), opens: watches, shown: () => <IndicatorsView /> },
  { id: "feeds", name: t("Feeds and quarantine", "数据源与隔离区"), opens: may("data:import"), shown: () => <FeedsView /> },
  { id: "imports", name: t("Imports", "导入"), opens: may("data:import") && wholeCity, shown: () => <ImportsView /> },
  { id: "keys", name: t("Keys", "密钥"), opens: may("admin"), shown: () => <KeysView /> },
  { id: "audit", name: t("Audit", "审计"), opens: may("audit:read"), shown: () => <AuditView /> },
];
const OPEN = ALL.filter((view) => view.opens);

export function DataPage() {
  const [now] = useView(OPEN.map((view) => view.id));
  const view = OPEN.find((one) => one.id === now);
  if (view === undefined) return <p class="note">{t("Your key opens nothing here.", "您的密钥在此没有可用的内容。")}</p>;
  return (
    <>
      <Views views={OPEN.map((one) => [one.id, one.name] as const)} now={now} />
      <section key={now} aria-label={view.name}>
        {view.shown()}
      </section>
    </>
  );
}
