/** A driver's link: made, copied once, revoked. Its secret is shown when it is made and never again. */
import { useState } from "preact/hooks";
import { post, sentence } from "../shell/api";
import { announce } from "../shell/frame";
import { Failed } from "../shell/loading";
import { dayAndClock, t } from "../shell/words";

export interface LinkDocument {
  link_id: string;
  truck_id: string;
  state: "valid" | "expired" | "revoked";
  made_by: string;
  expires_at: string;
}

export function LinkCell(props: { planPath: string; truck: string; links: LinkDocument[]; changed: () => void }) {
  const { truck } = props;
  const [url, setUrl] = useState("");
  const [failed, setFailed] = useState("");
  const valid = props.links.filter((one) => one.truck_id === truck && one.state === "valid");
  const act = async (deed: () => Promise<void>) => {
    setFailed("");
    try {
      await deed();
    } catch (cause) {
      setFailed(sentence(cause));
    }
    props.changed();
  };
  const make = () =>
    act(async () => {
      const made = await post<{ path: string }>(`${props.planPath}/trucks/${encodeURIComponent(truck)}/link`);
      setUrl(`${location.origin}${made.path}`);
    });
  const revoke = (linkId: string) =>
    act(async () => {
      await post(`${props.planPath}/links/${encodeURIComponent(linkId)}/revoke`);
      setUrl("");
      announce(t(`The link of truck ${truck} opens nothing any more.`, `车辆 ${truck} 的链接已作废。`));
    });
  const copy = async () => {
    await navigator.clipboard.writeText(url).then(
      () => announce(t("Copied.", "已复制。")),
      () => announce(t("It could not be copied: mark it and copy it by hand.", "无法复制：请选中后手动复制。")),
    );
  };
  return (
    <div class="linkbox">
      {url === "" ? (
        <button type="button" class="small" aria-label={t(`Make a driver's link for ${truck}`, `为 ${truck} 生成司机链接`)} onClick={() => void make()}>
          {t("Make a link", "生成链接")}
        </button>
      ) : (
        <>
          <a href={url} target="_blank" rel="noreferrer">
            {t("Open", "打开")}
          </a>
          <code>{url}</code>
          <button type="button" class="small" aria-label={t(`Copy the link of ${truck}`, `复制 ${truck} 的链接`)} onClick={() => void copy()}>
            {t("Copy", "复制")}
          </button>
        </>
      )}
      {valid.map((link) => (
        <span key={link.link_id}>
          <span class="quiet">
            {t("valid until", "有效至")} {dayAndClock(link.expires_at)}
          </span>{" "}
          <button type="button" class="small" aria-label={t(`Revoke the link of ${truck}`, `作废 ${truck} 的链接`)} onClick={() => void revoke(link.link_id)}>
            {t("Revoke", "作废")}
          </button>
        </span>
      ))}
      {failed !== "" && <Failed text={failed} />}
    </div>
  );
}
