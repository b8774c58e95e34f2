/** A key for a named person. The secret is in this dialog only: closed, it is gone. */
import { useState } from "preact/hooks";
import { post, sentence } from "../shell/api";
import { Dialog } from "../shell/dialog";
import { Failed } from "../shell/loading";
import { may, session } from "../shell/session";
import { t } from "../shell/words";
import { CopyField } from "./copying";
import type { Key } from "./keys";

interface Made {
  key: Key;
  text: string;
}

const ROLES: [string, string][] = [
  ["viewer", t("viewer: reads everything planned", "查看：阅读全部规划")],
  ["engineer", t("engineer: plans signals", "工程师：制定信号方案")],
  ["approver", t("approver: approves and publishes", "审批：批准与发布")],
  ["dispatcher", t("dispatcher: plans and publishes routes", "调度：制定并发布路线")],
  ["driver-desk", t("driver's desk: reports stops", "司机台：回报站点")],
  ["data-scientist", t("data scientist: promotes models", "数据科学：模型上任")],
  ["administrator", t("administrator: everything", "管理员：全部权限")],
];
const SCOPES = [
  "signals:read", "signals:plan", "signals:approve", "signals:publish", "routes:read", "routes:plan", "routes:approve",
  "routes:publish", "routes:report", "data:import", "models:promote", "audit:read",
];

export function MakeKey(props: { made: () => void; close: () => void }) {
  const [made, setMade] = useState<Made>();
  const got = (found: Made) => {
    setMade(found);
    props.made();
  };
  return (
    <Dialog title={t("Make a key", "新建密钥")} close={props.close}>
      {made === undefined ? <Form made={got} close={props.close} /> : <Secret made={made} close={props.close} />}
    </Dialog>
  );
}

function Secret(props: { made: Made; close: () => void }) {
  const { key, text } = props.made;
  return (
    <>
      <p role="status">
        <strong>{t(`The key of ${key.person}:`, `${key.person} 的密钥：`)}</strong>
      </p>
      <CopyField name={t("The new key", "新密钥")} text={text} />
      <p class="note">
        {t(
          "It is shown this once only. Hand it over now; when this is closed nobody can see it again.",
          "仅显示这一次。请立即转交；关闭后任何人都无法再看到。",
        )}
      </p>
      <p class="deeds">
        <button type="button" onClick={props.close}>
          {t("I have handed it over", "已转交")}
        </button>
      </p>
    </>
  );
}

function toggled(all: readonly string[], one: string, isOn: boolean): string[] {
  return isOn ? [...all, one] : all.filter((other) => other !== one);
}

function Form(props: { made: (found: Made) => void; close: () => void }) {
  const [person, setPerson] = useState("");
  const [roles, setRoles] = useState<string[]>([]);
  const [scopes, setScopes] = useState<string[]>([]);
  const [districts, setDistricts] = useState(session.districts?.join(", ") ?? "");
  const [days, setDays] = useState(365);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const make = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFailed("");
    const named = districts.split(/[,，\s]+/).filter((one) => one !== "");
    const among = named.length === 0 ? {} : { districts: named };
    try {
      props.made(await post<Made>("/v1/keys", { person: person.trim(), roles, scopes, valid_days: days, ...among }));
    } catch (cause) {
      setFailed(sentence(cause));
      setBusy(false);
    }
  };
  const nothing = roles.length + scopes.length === 0;
  return (
    <form onSubmit={make}>
      <label for="key-person">{t("Who will hold it", "持有人")}</label>
      <input id="key-person" required maxLength={200} value={person} autocomplete="off" onInput={(event) => setPerson(event.currentTarget.value)} />
      <fieldset>
        <legend>{t("Roles", "角色")}</legend>
        {ROLES.filter(([role]) => role !== "administrator" || may("admin")).map(([role, words]) => (
          <Pick key={role} words={words} isOn={roles.includes(role)} turn={(isOn) => setRoles(toggled(roles, role, isOn))} />
        ))}
      </fieldset>
      <details>
        <summary>{t("Single scopes", "单项权限")}</summary>
        <div class="picks" tabIndex={0} role="group" aria-label={t("Single scopes", "单项权限")}>
          {SCOPES.map((scope) => (
            <Pick key={scope} words={scope} isOn={scopes.includes(scope)} turn={(isOn) => setScopes(toggled(scopes, scope, isOn))} />
          ))}
        </div>
      </details>
      <label for="key-districts">{t("Districts (none: the whole city)", "行政区（留空为全市）")}</label>
      <input id="key-districts" value={districts} autocomplete="off" onInput={(event) => setDistricts(event.currentTarget.value)} />
      <label for="key-days">{t("Valid for days", "有效天数")}</label>
      <input id="key-days" type="number" min={1} max={3650} required value={days} onInput={(event) => setDays(Number(event.currentTarget.value))} />
      {failed !== "" && <Failed text={failed} />}
      <p class="deeds">
        <button type="submit" disabled={busy || nothing}>
          {t("Make it", "创建")}
        </button>
        <button type="button" class="plain" onClick={props.close}>
          {t("Cancel", "取消")}
        </button>
      </p>
      {nothing && <p class="quiet">{t("Choose a role or a scope.", "请选择角色或权限。")}</p>}
    </form>
  );
}

function Pick(props: { words: string; isOn: boolean; turn: (isOn: boolean) => void }) {
  return (
    <label class="beside">
      <input type="checkbox" checked={props.isOn} onChange={(event) => props.turn(event.currentTarget.checked)} />
      {props.words}
    </label>
  );
}
