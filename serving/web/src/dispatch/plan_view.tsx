/** The plan on map, list and timeline, and what a person changes in it by hand. */
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { get, post, sentence } from "../shell/api";
import { announce } from "../shell/frame";
import { useLoad } from "../shell/loading";
import { may } from "../shell/session";
import { t } from "../shell/words";
import { type Places, PlanMap } from "./map_view";
import { type Check, type Placed, type Plan, type StoredPlan, colors } from "./model";
import { type Move, type Target, changesNothing, moveOf } from "./moving";
import { MovesPanel } from "./moves_panel";
import { MoveForm } from "./move_form";
import { StopsTable } from "./stops_table";
import { Timeline } from "./timeline_view";
import { TrucksTable } from "./trucks_table";
import { UnservedTable } from "./unserved";

export interface Tried {
  plan: Plan;
  check: Check;
  sentences: string[];
  truck_ids: string[];
  km: number;
  truck_h: number;
  cost: number;
}

const DARK = matchMedia("(prefers-color-scheme: dark)");
const NONE: ReadonlySet<string> = new Set();

export function PlanView(props: { stored: StoredPlan; open: (planId: string) => void }) {
  const { stored } = props;
  const places = useLoad((signal) => get<Places>("/v1/map/points", {}, signal), []);
  const [picked, setPicked] = useState<string>();
  const { moves, tried, failed, busy, setMoves } = useMoves(stored.plan_id);
  const plan = tried?.plan ?? stored.plan;
  const colorOf = useMemo(() => colors(plan, DARK.matches), [plan]);
  const changed = useMemo(() => (tried === undefined ? NONE : new Set(tried.truck_ids)), [tried]);
  const trucks = useMemo(
    () => places.value?.trucks.map((one) => one.truck_id) ?? plan.routes.map((route) => route.truck_id),
    [places.value, plan],
  );
  const canMove = may("routes:plan");
  const add = useCallback((one: Move) => setMoves((before) => [...before, one]), []);
  const move = useCallback((stop: Placed, to: Target | null) => {
    if (to === null || !changesNothing(stop, to)) add(moveOf(stop, to));
  }, []);
  const route = plan.routes.find((one) => one.truck_id === picked);
  const keep = async (reason: string, key: string) => {
    const path = `/v1/routes/plans/${encodeURIComponent(stored.plan_id)}/moves`;
    const kept = await post<Tried>(path, { moves, keep: true, reason }, key);
    setMoves([]);
    announce(t(`Kept as your own draft ${kept.plan.plan_id}.`, `已保存为您的草案 ${kept.plan.plan_id}。`));
    props.open(kept.plan.plan_id);
  };
  return (
    <>
      {moves.length > 0 && (
        <MovesPanel before={stored.plan} tried={tried} failed={failed} busy={busy} moves={moves} setMoves={setMoves} keep={keep} />
      )}
      <div class="columns plan">
        <section aria-label={t("Map", "地图")}>
          <PlanMap colorOf={colorOf} planId={stored.plan_id} plan={plan} places={places.value} changed={changed} picked={picked} pick={setPicked} />
        </section>
        <section>
          <h2>{t("Trucks", "车辆")}</h2>
          <TrucksTable planId={stored.plan_id} plan={plan} colorOf={colorOf} picked={picked} pick={setPicked} changed={changed} />
        </section>
      </div>
      <h2>{t("Timeline", "时间轴")}</h2>
      <Timeline plan={plan} colorOf={colorOf} picked={picked} pick={setPicked} {...(canMove ? { move } : {})} />
      {canMove && <MoveForm plan={plan} trucks={trucks} add={add} />}
      {route !== undefined && (
        <StopsTable route={route} planId={changed.has(route.truck_id) ? undefined : stored.plan_id} close={() => setPicked(undefined)} {...(canMove ? { move } : {})} />
      )}
      <UnservedTable plan={plan} trucks={trucks} {...(canMove ? { add } : {})} />
    </>
  );
}

/** The moves so far and what the service says of them: asked anew after each, a late answer is dropped. */
function useMoves(planId: string) {
  const [moves, setMoves] = useState<Move[]>([]);
  const [tried, setTried] = useState<Tried>();
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    setFailed("");
    if (moves.length === 0) {
      setTried(undefined);
      setBusy(false);
      return undefined;
    }
    let isLate = false;
    setBusy(true);
    post<Tried>(`/v1/routes/plans/${encodeURIComponent(planId)}/moves`, { moves })
      .then((found) => {
        if (isLate) return;
        setTried(found);
        setBusy(false);
      })
      .catch((cause: unknown) => {
        if (isLate) return;
        setFailed(sentence(cause));
        setBusy(false);
      });
    return () => {
      isLate = true;
    };
  }, [moves, planId]);
  return { moves, tried, failed, busy, setMoves };
}
