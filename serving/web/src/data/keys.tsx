/** Keys: who may ask, made (the secret is shown once) and revoked. */
import { useState } from "preact/hooks";
import { get, post } from "../shell/api";
import { announce } from "../shell/frame";
import { Shown, useLoad } from "../shell/loading";
import { type Column, Table } from "../shell/table";
import { dayOf, t } from "../shell/words";
import { Confirm } from "./confirm";
import { MakeKey } from "./make_key";
import { stateName } from "./names";

export interface Key {
  key_id: string;
  person: string;
  scopes: string[];
  districts: string[] | null;
  state: string;
  made_at: string;
  made_by: string;
  expires_at: string | null;
  revoked_at: string | null;
  revoked_by: string | null;
}

export function KeysView() {
  const keys = useLoad((signal) => get<{ keys: Key[] }>("/v1/keys", {}, signal), []);
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  const [onlyValid, setOnlyValid] = useState(true);
  return (
    <>
      <h2>{t("Keys", "密钥")}</h2>
      <p class="deeds">
        <button type="button" onClick={() => setMaking(true)}>
          {t("Make a key", "新建密钥")}
        </button>
        <label class="beside">
          <input type="checkbox" checked={onlyValid} onChange={(event) => setOnlyValid(event.currentTarget.checked)} />
          {t("only valid ones", "仅有效")}
        </label>
      </p>
      <Shown of={keys}>
        {(found) => (
          <Table
            caption={t("List of keys", "密钥列表")}
            columns={columns(setRevoking)}
            rows={[...found.keys].reverse().filter((one) => !onlyValid || one.state === "valid")}
            id={(one) => one.key_id}
            empty={t("No key.", "没有密钥。")}
          />
        )}
      </Shown>
      {isMaking && <MakeKey made={keys.again} close={() => setMaking(false)} />}
      {revoking !== undefined && <Revoke one={revoking} done={keys.again} close={() => setRevoking(undefined)} />}
    </>
  );
}

function columns(revoke: (key: Key) => void): Column<Key>[] {
  return [
    { name: t("Person", "持有人"), cell: (one) => <span class="whole">{one.person}</span>, by: (one) => one.person },
    { name: t("Key", "密钥号"), cell: (one) => <code class="hash whole">{one.key_id}</code>, by: (one) => one.key_id },
    {
      name: t("State", "状态"),
      cell: (one) => <span class={one.state === "valid" ? "badge" : "badge quiet"}>{stateName(one.state)}</span>,
      by: (one) => one.state,
    },
    { name: t("May", "权限"), cell: (one) => one.scopes.join(", ") },
    { name: t("Districts", "行政区"), cell: (one) => one.districts?.join(", ") ?? t("whole city", "全市") },
    {
      name: t("Until", "有效期至"),
      cell: (one) => (one.expires_at === null ? t("no end", "长期") : <span class="whole">{dayOf(one.expires_at)}</span>),
      by: (one) => one.expires_at ?? "9999",
    },
    { name: t("Made", "创建"), cell: (one) => <span class="whole">{`${dayOf(one.made_at)}, ${one.made_by}`}</span>, by: (one) => one.made_at },
    {
      name: t("Deed", "操作"),
      cell: (one) =>
        one.state === "valid" ? (
          <button
            type="button"
            class="small"
            aria-label={t(`Revoke key ${one.key_id} of ${one.person}`, `撤销 ${one.person} 的密钥 ${one.key_id}`)}
            onClick={() => revoke(one)}
          >
            {t("Revoke", "撤销")}
          </button>
        ) : (
          one.revoked_by
        ),
    },
  ];
}

function Revoke(props: { one: Key; done: () => void; close: () => void }) {
  const { one } = props;
  const deed = async () => {
    await post(`/v1/keys/${encodeURIComponent(one.key_id)}/revoke`);
    announce(t(`Key ${one.key_id} of ${one.person} opens nothing any more.`, `${one.person} 的密钥 ${one.key_id} 已失效。`));
    props.done();
  };
  return (
    <Confirm
      title={t(`Revoke key ${one.key_id} of ${one.person}?`, `撤销 ${one.person} 的密钥 ${one.key_id}？`)}
      doIt={t("Revoke", "撤销")}
      deed={deed}
      close={props.close}
    />
  );
}
