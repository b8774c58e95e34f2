/** Dropping quarantined rows with a reason, and reading them again through a mapping, tried out first. */
import { useState } from "preact/hooks";
import { get, post, sentence } from "../shell/api";
import { AskReason, Dialog } from "../shell/dialog";
import { announce } from "../shell/frame";
import { Failed, Shown, useLoad } from "../shell/loading";
import { number, t } from "../shell/words";
import { literal } from "./literal";
import type { Group } from "./quarantine";

interface Deed {
  group: Group;
  done: () => void;
  close: () => void;
}

interface Released {
  dry_run: boolean;
  chosen: number;
  released: number;
  refused: { rule: string; reason: string; rows: number; row_id: string }[];
}

function chosen(group: Group) {
  const feed = group.feed === null ? {} : { feed: literal(group.feed) };
  return { ...feed, contract: group.contract, rule: literal(group.rule ?? "") };
}

export function Drop(props: Deed) {
  const { group } = props;
  return (
    <AskReason
      title={t(`Drop ${number(group.rows)} rows for good?`, `永久丢弃 ${number(group.rows)} 行？`)}
      label={t("Why they will never come in", "不再导入的原因")}
      doIt={t("Drop them", "丢弃")}
      needed
      more={
        <p class="note">
          {group.feed ?? group.contract}, {group.rule}: {group.example.reason}
        </p>
      }
      deed={async (why) => {
        const done = await post<{ dropped: number }>("/v1/quarantine/drop", { ...chosen(group), why });
        announce(t(`${number(done.dropped)} rows were dropped; they stay readable.`, `已丢弃 ${number(done.dropped)} 行，仍可查阅。`));
        props.done();
      }}
      close={props.close}
    />
  );
}

export function Release(props: Deed) {
  const kept = useLoad((signal) => get<{ mappings: string[] }>("/v1/imports", { limit: 1 }, signal), []);
  return (
    <Dialog title={t("Read these rows again", "重新读取这些行")} close={props.close} wide>
      <p>
        {t(
          "Through a mapping as it stands now, or as you correct it here. What passes is stored, the rest stays as it is.",
          "使用现有映射，或在此处修改后的映射。通过的行将入库，其余保持不变。",
        )}
      </p>
      <Shown of={kept}>{(found) => <ReleaseForm {...props} mappings={found.mappings} />}</Shown>
    </Dialog>
  );
}

function ReleaseForm(props: Deed & { mappings: string[] }) {
  const [mapping, setMapping] = useState(props.mappings[0] ?? "");
  const [text, setText] = useState("");
  const [tried, setTried] = useState<Released>();
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const go = async (isTrial: boolean) => {
    setBusy(true);
    setFailed("");
    const state = props.group.state === "dropped" ? "dropped" : "open";
    const body = { ...chosen(props.group), mapping, state, dry_run: isTrial, ...(text.trim() === "" ? {} : { mapping_text: text }) };
    try {
      const found = await post<Released>("/v1/quarantine/release", body);
      if (isTrial) {
        setTried(found);
      } else {
        announce(t(`${number(found.released)} of ${number(found.chosen)} rows came in.`, `${number(found.chosen)} 行中有 ${number(found.released)} 行入库。`));
        props.done();
        props.close();
      }
    } catch (cause) {
      setFailed(sentence(cause));
    }
    setBusy(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void go(true);
      }}
    >
      <label for="release-mapping">{t("Mapping", "映射")}</label>
      <select id="release-mapping" value={mapping} onChange={(event) => setMapping(event.currentTarget.value)}>
        {props.mappings.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <label for="release-text">{t("Corrected mapping (TOML), if any", "修改后的映射（TOML，可留空）")}</label>
      <textarea id="release-text" rows={5} value={text} spellcheck={false} onInput={(event) => setText(event.currentTarget.value)} />
      {failed !== "" && <Failed text={failed} />}
      {tried !== undefined && <Tried found={tried} />}
      <p class="deeds">
        <button type="submit" class="plain" disabled={busy || mapping === ""}>
          {busy ? t("Reading…", "读取中…") : t("Try it out", "试运行")}
        </button>
        <button type="button" disabled={busy || tried === undefined || tried.released === 0} onClick={() => go(false)}>
          {t("Let in what passes", "放行合格行")}
        </button>
        <button type="button" class="plain" onClick={props.close}>
          {t("Cancel", "取消")}
        </button>
      </p>
    </form>
  );
}

function Tried(props: { found: Released }) {
  const { found } = props;
  return (
    <div class="note" role="status">
      <p>
        {t(
          `Of ${number(found.chosen)} rows ${number(found.released)} would come in.`,
          `${number(found.chosen)} 行中将有 ${number(found.released)} 行入库。`,
        )}
      </p>
      <ul>
        {found.refused.slice(0, 10).map((one) => (
          <li key={`${one.rule} ${one.row_id}`}>
            {number(one.rows)}: {one.reason}
          </li>
        ))}
      </ul>
    </div>
  );
}
