/** What a person may do with a plan: each asks for a reason first, and says what was done. */
import { useState } from "preact/hooks";
import { post } from "../shell/api";
import { AskReason } from "../shell/dialog";
import { announce } from "../shell/frame";
import { may } from "../shell/session";
import { t } from "../shell/words";
import { missingText } from "./plans";
import type { PlanState } from "./types";

interface Deed {
  name: string;
  word: string;
  scope: string;
  from: readonly string[];
  bad?: boolean;
  more?: string;
  said: (state: PlanState) => string;
}

function deeds(): Deed[] {
  return [
    {
      name: "approve",
      word: t("Approve", "批准"),
      scope: "signals:approve",
      from: ["draft"],
      more: t("It is checked once more against what is known today.", "将按当前数据再次检查。"),
      said: (state) => `${t("Approved.", "已批准。")} ${missingText(state.approvals_missing, [])}`,
    },
    {
      name: "publish",
      word: t("Publish", "发布"),
      scope: "signals:publish",
      from: ["approved"],
      more: t("It goes to the street; the plan before it expires.", "方案将上路执行；原方案失效。"),
      said: (state) => [t("Published.", "已发布。"), ...state.said].join(" "),
    },
    {
      name: "refuse",
      word: t("Refuse", "驳回"),
      scope: "signals:approve",
      from: ["draft", "approved"],
      bad: true,
      more: t("A refused plan is never published; it stays readable with the reason.", "被驳回的方案不会发布，仍可查看及其理由。"),
      said: () => t("Refused.", "已驳回。"),
    },
    {
      name: "roll-back",
      word: t("Roll back", "回退"),
      scope: "signals:publish",
      from: ["published"],
      bad: true,
      more: t("What held before holds again, if it still passes its check.", "之前的方案若仍通过检查则恢复生效。"),
      said: (state) => [t("Rolled back.", "已回退。"), ...state.said].join(" "),
    },
  ];
}

export function Deeds(props: { path: string; planId: string; status: string; done: () => void }) {
  const [asked, setAsked] = useState<Deed>();
  const open = deeds().filter((deed) => deed.from.includes(props.status) && may(deed.scope));
  if (open.length === 0) {
    const waits = props.status === "draft" || props.status === "approved";
    return waits ? <p class="quiet">{t("Others decide about it: your key does not.", "由其他人员决定：您的密钥无此权限。")}</p> : null;
  }
  return (
    <div class="deeds">
      {open.map((deed) => (
        <button key={deed.name} type="button" class={deed.bad ? "plain" : undefined} onClick={() => setAsked(deed)}>
          {deed.word}
        </button>
      ))}
      {asked !== undefined && (
        <AskReason
          title={`${asked.word}: ${props.planId}`}
          label={t("Reason (everyone who reads the plan's story reads it)", "理由（会记入方案经过）")}
          doIt={asked.word}
          needed
          more={<p>{asked.more}</p>}
          close={() => setAsked(undefined)}
          deed={async (reason) => {
            const state = await post<PlanState>(`${props.path}/${asked.name}`, { reason });
            announce(asked.said(state));
            props.done();
          }}
        />
      )}
    </div>
  );
}
