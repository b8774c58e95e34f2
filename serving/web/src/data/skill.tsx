/** Is the champion still good? Skill and calibration over time, by horizon and district, and drift of what comes in. */
import { useState } from "preact/hooks";
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { dayAndClock, percent, t } from "../shell/words";
import { DriftTable } from "./drift";
import { age, modelName, quantityName } from "./names";
import { QuantitySkill } from "./skill_quantity";
import { type Skill, type SkillModel, verdictBadge, verdictWords } from "./skill_words";
import { Said } from "../shell/said";

export function SkillView() {
  const skill = useLoad((signal) => get<Skill>("/v1/skill", {}, signal), []);
  return <Shown of={skill}>{(found) => <SkillFound skill={found} />}</Shown>;
}

function SkillFound(props: { skill: Skill }) {
  const { skill } = props;
  const [at, setAt] = useState(0);
  const quantity = skill.quantities[at];
  return (
    <>
      <h2>{t("Is the champion still good?", "在用模型还可靠吗？")}</h2>
      <p class="quiet">
        {t("Judged by what was known at ", "判定依据截至 ")}
        {dayAndClock(skill.as_of)}.
      </p>
      <div class="cards">
        {skill.models.map((model) => (
          <StandingCard key={model.name} model={model} />
        ))}
      </div>
      <h2>{t("Forecasts against what came", "预测与实况")}</h2>
      {skill.quantities.length === 0 && (
        <p class="note">
          {t(
            "No champion's forecast of the last four weeks has met its truth yet.",
            "最近四周内，在用模型的预测尚无可对照的实况。",
          )}
        </p>
      )}
      {skill.quantities.length > 0 && (
        <label>
          {t("What was forecast", "预测对象")}{" "}
          <select value={at} onChange={(event) => setAt(Number(event.currentTarget.value))}>
            {skill.quantities.map((one, place) => (
              <option key={`${one.what} ${one.quantity}`} value={place}>
                {modelName(one.what)} · {quantityName(one.quantity)}
              </option>
            ))}
          </select>
        </label>
      )}
      {quantity !== undefined && <QuantitySkill key={at} quantity={quantity} />}
      <h2>{t("What comes in, against what was learned from", "输入数据漂移")}</h2>
      <DriftTable rows={skill.drift} />
      {skill.not_told.length > 0 && (
        <>
          <h2>{t("What could not be judged", "无法判定的部分")}</h2>
          <ul>
            {skill.not_told.map((sentence) => (
              <li key={sentence}>
                <Said text={sentence} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function StandingCard(props: { model: SkillModel }) {
  const { model } = props;
  return (
    <article class="card" aria-label={modelName(model.name)}>
      <h3>
        {modelName(model.name)} <span class={verdictBadge(model)}>{verdictWords(model)}</span>
      </h3>
      <p class="quiet">
        {model.champion ?? t("no champion", "没有在用模型")}
        {model.champion_age_s !== null && t(`, learned ${age(model.champion_age_s)} ago`, `，${age(model.champion_age_s)}前训练`)}
      </p>
      {model.forecast_age_s !== null && (
        <p class="quiet">
          {t(`Newest forecast ${age(model.forecast_age_s)} old`, `最新预测在 ${age(model.forecast_age_s)}前`)}
          {model.fallback_share !== null &&
            model.fallback_share > 0 &&
            t(`, ${percent(model.fallback_share)} of it from simpler rungs`, `，其中 ${percent(model.fallback_share)} 来自简单模型`)}
        </p>
      )}
      {model.findings.map((one) => (
        <div key={one.sentence} class="problem">
          <Said text={one.sentence} />
          <br />
          <strong>{t("What to do: ", "处理办法：")}</strong>
          <Said text={one.todo} />
        </div>
      ))}
      {model.sentences.map((sentence) => (
        <p key={sentence}>
          <Said text={sentence} />
        </p>
      ))}
    </article>
  );
}
