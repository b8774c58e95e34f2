/** The versions of one model with what the gate said of each, and the deeds: promote, one step back. */
import { useState } from "preact/hooks";
import { get, post, Refused } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { may, session } from "../shell/session";
import { type Column, Table } from "../shell/table";
import { percent, t } from "../shell/words";
import { against, modelName, stateName } from "./names";
import { When } from "./when";

interface Version {
  version: string | null;
  run_id: string;
  is_champion: boolean;
  is_previous: boolean;
  ended_at: string;
  learned_at: string | null;
  gate: string;
  reason: string;
  figures: Record<string, number>;
  model_hash: string;
  commit: string | null;
}

interface LogLine {
  version: string;
  previous: string | null;
  action: string;
  reason: string;
  at: string;
  who: string;
}

interface Detail {
  versions: Version[];
  log: LogLine[];
}

interface Moved {
  version: string;
  previous: string | null;
}

type Deed = { promote: string } | { back: string };
const NOTHING: Detail = { versions: [], log: [] };

async function detailOf(name: string, signal: AbortSignal): Promise<Detail> {
  try {
    return await get<Detail>(`/v1/models/${encodeURIComponent(name)}`, {}, signal);
  } catch (cause) {
    // Nothing trained is no fault: the table below says so.
    if (cause instanceof Refused && cause.status === 404) return NOTHING;
    throw cause;
  }
}

export function ModelVersions(props: { name: string; moved: () => void }) {
  const detail = useLoad((signal) => detailOf(props.name, signal), [props.name]);
  const [deed, setDeed] = useState<Deed>();
  const mayMove = may("models:promote") && session.districts === null;
  const done = (text: string) => {
    announce(text);
    detail.again();
    props.moved();
  };
  return (
    <Shown of={detail}>
      {(found) => (
        <>
          <h2>{t(`${modelName(props.name)}: champion and challengers`, `${modelName(props.name)}：当选与挑战版本`)}</h2>
          {mayMove && <StepBack versions={found.versions} ask={(version) => setDeed({ back: version })} />}
          <Table
            caption={t(`Versions of ${modelName(props.name)}`, `${modelName(props.name)}的版本`)}
            columns={columns(mayMove ? (version) => setDeed({ promote: version }) : undefined)}
            rows={[...found.versions].reverse()}
            id={(one) => `${one.run_id} ${one.version}`}
            current={idOfChampion(found.versions)}
            empty={t(`Nothing was trained yet: city train ${props.name}`, `尚未训练：city train ${props.name}`)}
          />
          <h2>{t("Promotions, refusals, rollbacks", "上任、未通过与回退记录")}</h2>
          <Table
            caption={t("Log of what served", "模型变更记录")}
            columns={LOG}
            rows={[...found.log].reverse()}
            id={(one) => `${one.at} ${one.version} ${one.action}`}
            empty={t("Nothing happened yet.", "暂无记录。")}
          />
          {deed !== undefined && (
            <AskMove name={props.name} deed={deed} versions={found.versions} done={done} close={() => setDeed(undefined)} />
          )}
        </>
      )}
    </Shown>
  );
}

function idOfChampion(versions: Version[]): string | undefined {
  const champion = versions.find((one) => one.is_champion);
  return champion && `${champion.run_id} ${champion.version}`;
}

function StepBack(props: { versions: Version[]; ask: (version: string) => void }) {
  const previous = props.versions.find((one) => one.is_previous)?.version;
  if (previous === undefined || previous === null) {
    return <p class="quiet">{t("There is nothing to go back to.", "没有可回退的版本。")}</p>;
  }
  return (
    <p class="deeds">
      <button type="button" class="plain" onClick={() => props.ask(previous)}>
        {t(`Roll back to version ${previous}`, `回退到版本 ${previous}`)}
      </button>
    </p>
  );
}

function role(one: Version): string {
  if (one.is_champion) return t("champion", "在用");
  return one.is_previous ? t("served before", "前任") : t("challenger", "挑战者");
}

function columns(promote: ((version: string) => void) | undefined): Column<Version>[] {
  const all: Column<Version>[] = [
    { name: t("Version", "版本"), cell: (one) => one.version ?? "–", by: (one) => Number(one.version ?? 0), number: true },
    {
      name: t("Role", "角色"),
      cell: (one) => <span class={one.is_champion ? "badge" : "badge quiet"}>{role(one)}</span>,
      by: role,
    },
    {
      name: t("Gate", "评审"),
      cell: (one) => <span class={one.gate === "refused" ? "badge bad" : "badge"}>{stateName(one.gate) || "–"}</span>,
      by: (one) => one.gate,
    },
    { name: t("Against the champion then", "对比当时在用"), cell: (one) => against(one.figures["to_champion"]), number: true },
    { name: t("Against the best simple forecast", "对比最佳简单预测"), cell: (one) => against(one.figures["to_baseline"]), number: true },
    { name: t("Below p10", "低于 p10"), cell: (one) => percent(one.figures["share_below"], 1), number: true },
    { name: t("Above p90", "高于 p90"), cell: (one) => percent(one.figures["share_above"], 1), number: true },
    { name: t("What the gate said", "评审意见"), cell: (one) => <span class="said">{one.reason}</span> },
    {
      name: t("Learned until", "训练截至"),
      cell: (one) => (one.learned_at === null ? "–" : <When at={one.learned_at} />),
      by: (one) => one.learned_at ?? "",
    },
    { name: t("Files", "文件指纹"), cell: (one) => <code class="hash">{one.model_hash.slice(0, 12)}</code> },
  ];
  if (promote === undefined) return all;
  const deed = (one: Version) =>
    one.version === null || one.is_champion ? null : (
      <button type="button" class="small" onClick={() => promote(one.version as string)}>
        {t(`Promote ${one.version}`, `让 ${one.version} 上任`)}
      </button>
    );
  return [...all.slice(0, 3), { name: t("Deed", "操作"), cell: deed }, ...all.slice(3)];
}

const LOG: Column<LogLine>[] = [
  { name: t("When", "时间"), cell: (one) => <When at={one.at} />, by: (one) => one.at },
  { name: t("What", "事项"), cell: (one) => <span class="whole">{stateName(one.action)}</span>, by: (one) => one.action },
  { name: t("Version", "版本"), cell: (one) => one.version, number: true },
  { name: t("Served before", "此前在用"), cell: (one) => one.previous ?? "–", number: true },
  { name: t("Who", "何人"), cell: (one) => <span class="whole">{one.who || t("the gate", "评审程序")}</span>, by: (one) => one.who },
  { name: t("Reason", "理由"), cell: (one) => <span class="said">{one.reason}</span> },
];

function AskMove(props: {
  name: string;
  deed: Deed;
  versions: Version[];
  done: (text: string) => void;
  close: () => void;
}) {
  const isBack = "back" in props.deed;
  const to = "back" in props.deed ? props.deed.back : props.deed.promote;
  const gate = props.versions.find((one) => one.version === to);
  const path = `/v1/models/${encodeURIComponent(props.name)}/${isBack ? "rollback" : "promote"}`;
  const move = async (reason: string) => {
    const moved = await post<Moved>(path, isBack ? { reason } : { version: to, reason });
    props.done(
      t(
        `Version ${moved.version} of ${modelName(props.name)} serves now.`,
        `${modelName(props.name)}现由版本 ${moved.version} 应答。`,
      ),
    );
  };
  return (
    <AskReason
      title={
        isBack
          ? t(`Roll ${modelName(props.name)} back to version ${to}?`, `将${modelName(props.name)}回退到版本 ${to}？`)
          : t(`Let version ${to} of ${modelName(props.name)} serve?`, `让${modelName(props.name)}的版本 ${to} 上任？`)
      }
      label={t("Reason (it stays in the log)", "理由（将记入日志）")}
      doIt={isBack ? t("Roll back", "回退") : t("Promote", "上任")}
      needed
      more={
        gate !== undefined && (
          <p class={gate.gate === "refused" ? "problem" : "note"}>
            {gate.gate === "refused" && <strong>{t("The gate refused it. ", "评审未通过。")}</strong>}
            {gate.reason}
          </p>
        )
      }
      deed={move}
      close={props.close}
    />
  );
}
