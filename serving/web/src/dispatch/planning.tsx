/** The day's plan as a job of the service: asked for once, watched until it is there. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { get, post, sentence } from "../shell/api";
import { announce } from "../shell/frame";
import { Failed } from "../shell/loading";
import { t } from "../shell/words";

interface Job {
  job_id: string;
  status: string;
  progress: string;
  plan_id: string | null;
  problem: { detail: string } | null;
  degraded: string[];
}

const LOOK_MS = 1500;

/** The notes that stand for the day on the service are planned with. */
export function PlanTheDay(props: { date: string; planned: (planId: string) => void }) {
  const ids = { minutes: useId(), dial: useId(), gap: useId(), hint: useId() };
  const [seconds, setSeconds] = useState(30);
  const [dial, setDial] = useState(5);
  const [gap, setGap] = useState("");
  const [job, setJob] = useState<Job>();
  const [failed, setFailed] = useState("");
  const isGone = useRef(false);
  useEffect(
    () => () => {
      isGone.current = true;
    },
    [],
  );
  const isBusy = job !== undefined && ["queued", "running"].includes(job.status);
  const watch = async (jobId: string) => {
    try {
      const found = await get<Job>(`/v1/jobs/${encodeURIComponent(jobId)}`);
      if (isGone.current) return;
      setJob(found);
      if (["queued", "running"].includes(found.status)) {
        setTimeout(() => void watch(jobId), LOOK_MS);
      } else if (found.plan_id !== null) {
        announce(t(`Plan ${found.plan_id} is there as a draft.`, `计划 ${found.plan_id} 已生成草案。`));
        props.planned(found.plan_id);
      } else setFailed(found.problem?.detail ?? t("No plan was made.", "未能生成计划。"));
    } catch (cause) {
      if (!isGone.current) setFailed(sentence(cause));
    }
  };
  const ask = async (event: Event) => {
    event.preventDefault();
    setFailed("");
    const body = {
      service_date: props.date,
      seconds: Math.min(60, seconds),
      // Under a bound between districts the day is searched again, up to three times.
      deadline_ms: (seconds * (gap === "" ? 1 : 4) + 60) * 1000,
      overflow_share: dial / 100,
      fairness_gap: gap === "" ? null : Number(gap) / 100,
    };
    try {
      const made = await post<Job>("/v1/routes/plans?wait=false", body, crypto.randomUUID());
      setJob(made);
      setTimeout(() => void watch(made.job_id), LOOK_MS);
    } catch (cause) {
      setFailed(sentence(cause));
    }
  };
  const stop = async () => {
    if (job === undefined) return;
    try {
      await post<Job>(`/v1/jobs/${encodeURIComponent(job.job_id)}/cancel`);
    } catch (cause) {
      setFailed(sentence(cause));
    }
  };
  return (
    <form onSubmit={(event) => void ask(event)} aria-label={t("Plan the day", "编制当日计划")}>
      <h2>{t("Plan the day", "编制当日计划")}</h2>
      <div class="fields">
        <div>
          <label for={ids.minutes}>{t("Search for, s", "搜索时间（秒）")}</label>
          <input id={ids.minutes} type="number" min={1} max={60} value={seconds} onInput={(event) => setSeconds(Number(event.currentTarget.value))} />
        </div>
        <div>
          <label for={ids.dial}>{t("Visits after an overflow at most, %", "满溢后才收运的比例上限（%）")}</label>
          <input id={ids.dial} type="number" min={0.1} max={50} step={0.1} value={dial} onInput={(event) => setDial(Number(event.currentTarget.value))} />
        </div>
        <div>
          <label for={ids.gap}>{t("A district may be served worse by, % points", "区间服务差距上限（百分点）")}</label>
          <input
            id={ids.gap}
            type="number"
            min={0}
            max={100}
            step={0.1}
            value={gap}
            placeholder={t("no bound", "不限")}
            aria-describedby={ids.hint}
            onInput={(event) => setGap(event.currentTarget.value)}
          />
        </div>
        <button type="submit" disabled={isBusy}>
          {t("Plan the day", "编制当日计划")}
        </button>
        {isBusy && (
          <button type="button" class="plain" onClick={() => void stop()}>
            {t("Take the best so far", "采用当前最优")}
          </button>
        )}
      </div>
      <p id={ids.hint} class="quiet">
        {t(
          "The last field bounds how far a district's expected overflows may exceed the city's; the plan says what that costs. Empty: no bound.",
          "最后一项限制任一区的预期满溢率可高出全市多少；计划会说明其代价。留空为不限。",
        )}
      </p>
      <p aria-live="polite" class="quiet">
        {isBusy && progressText(job.progress)}
      </p>
      {failed !== "" && <Failed text={failed} />}
    </form>
  );
}

function progressText(code: string): string {
  const words: Record<string, string> = {
    waiting: t("Waiting for a planner…", "等待规划进程…"),
    preparing: t("Preparing the day…", "正在准备数据…"),
    searching: t("Searching for routes…", "正在搜索路线…"),
    improving: t("There is a plan; it is being improved…", "已有计划，正在优化…"),
    storing: t("Checking and storing…", "正在检查并保存…"),
  };
  return words[code] ?? code;
}
