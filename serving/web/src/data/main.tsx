import { start } from "../shell/frame";
import { t } from "../shell/words";
import { DataPage } from "./page";
import "./data.css";

start(t("Forecasts and administration", "预测与管理"), <DataPage />);
