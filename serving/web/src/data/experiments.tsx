/** Where the runs behind the models are looked at: a server's address, or the command that opens the file. */
import { get } from "../shell/api";
import { Shown, useLoad } from "../shell/loading";
import { may } from "../shell/session";
import { t } from "../shell/words";
import { CopyField } from "./copying";

interface Where {
  address: string | null;
  command: string | null;
  experiment: string;
}

export function Experiments() {
  if (!may("models:promote")) return null;
  return <ExperimentsFound />;
}

function ExperimentsFound() {
  const where = useLoad((signal) => get<Where>("/v1/experiments", {}, signal), []);
  return (
    <>
      <h2>{t("Experiments in MLflow", "MLflow 实验记录")}</h2>
      <Shown of={where}>
        {(found) =>
          found.address !== null && /^https?:\/\//.test(found.address) ? (
            <p>
              <a href={found.address} rel="noreferrer">
                {t(`MLflow, experiment ${found.experiment}`, `MLflow，实验 ${found.experiment}`)}
              </a>
            </p>
          ) : (
            <>
              <p>
                {t(
                  "Runs lie in a file on the service's machine. Run this there to look at them:",
                  "运行记录保存在服务所在机器的文件中。在那台机器上运行：",
                )}
              </p>
              <CopyField name={t("Command that opens MLflow", "打开 MLflow 的命令")} text={found.command ?? ""} />
            </>
          )
        }
      </Shown>
    </>
  );
}
