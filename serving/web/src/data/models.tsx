/** Which models serve, whether they are still good, and letting another serve. */
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { type Loaded, Shown, useLoad } from "../shell/loading";
import { number, t } from "../shell/words";
import { Experiments } from "./experiments";
import { ModelVersions } from "./model_versions";
import { age, against, MODELS, modelName, rungName } from "./names";
import { type Skill, type SkillModel, verdictBadge, verdictWords } from "./skill_words";

export interface ModelNow {
  name: string;
  version: string | null;
  rung: string;
  reason: string;
  learned_at?: string | null;
  age_s?: number | null;
  gate?: string;
  figures?: Record<string, number>;
}

export function ModelsView() {
  const [turn, setTurn] = useState(0);
  const [picked, setPicked] = useState<string>(MODELS[0]);
  const models = useLoad((signal) => get<{ models: ModelNow[] }>("/v1/models", {}, signal), [turn]);
  const skill = useLoad((signal) => get<Skill>("/v1/skill", {}, signal), []);
  return (
    <>
      <h2>{t("What serves now", "当前在用")}</h2>
      <Shown of={models}>
        {(found) => (
          <div class="cards">
            {MODELS.map((name) => (
              <ModelCard
                key={name}
                name={name}
                model={found.models.find((one) => one.name === name)}
                skill={skill}
                isPicked={picked === name}
                pick={() => setPicked(name)}
              />
            ))}
          </div>
        )}
      </Shown>
      <ModelVersions key={picked} name={picked} moved={() => setTurn(turn + 1)} />
      <Experiments />
    </>
  );
}

function ModelCard(props: {
  name: string;
  model: ModelNow | undefined;
  skill: Loaded<Skill>;
  isPicked: boolean;
  pick: () => void;
}) {
  const judged = props.skill.value?.models.find((one) => one.name === props.name);
  return (
    <button type="button" class="card pick" aria-pressed={props.isPicked} onClick={props.pick}>
      <strong>{modelName(props.name)}</strong> <Verdict judged={judged} busy={props.skill.busy} />
      <Facts model={props.model} champion={judged?.champion ?? null} />
    </button>
  );
}

function Verdict(props: { judged: SkillModel | undefined; busy: boolean }) {
  if (props.judged === undefined) {
    return props.busy ? <span class="badge quiet">{t("looking…", "查看中…")}</span> : null;
  }
  return <span class={verdictBadge(props.judged)}>{verdictWords(props.judged)}</span>;
}

/** Workers keep only some models ready; of the others the watch knows who is champion. */
function Facts(props: { model: ModelNow | undefined; champion: string | null }) {
  const { model } = props;
  if (model === undefined) {
    return <p class="quiet">{props.champion ?? t("no champion: a simple forecast answers", "没有在用模型：由简单预测应答")}</p>;
  }
  return (
    <>
      <p>
        {model.version === null
          ? t("no version", "无版本")
          : t(`version ${model.version}`, `版本 ${model.version}`)}
        {" · "}
        {rungName(model.rung)}
      </p>
      {model.reason !== "" && <p class="warn">{model.reason}</p>}
      {model.age_s !== undefined && model.age_s !== null && (
        <p class="quiet">{t(`learned ${age(model.age_s)} ago`, `${age(model.age_s)}前训练`)}</p>
      )}
      <Gate figures={model.figures ?? {}} />
    </>
  );
}

function Gate(props: { figures: Record<string, number> }) {
  const to = props.figures["to_baseline"];
  if (to === undefined) return null;
  const days = props.figures["gate_days"];
  return (
    <p>
      {t(
        `On its gate ${against(to)} than the best simple forecast (${number(days)} days).`,
        `评审期内比最佳简单预测${against(to)}（${number(days)} 天）。`,
      )}
    </p>
  );
}
