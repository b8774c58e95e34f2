/** The driver's day as this phone knows it: reports are kept first and sent after that. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { session } from "../shell/session";
import { clockShift } from "./clock";
import { type Answer, forgetOld, patience, sendAll } from "./outbox";
import { type HaltState, type Kept, type Kind, type StopSaid, nextHalt, states } from "./reports";
import { feedbackPathOf, route, routeName } from "./route";
import { phoneStore } from "./store";
import { known, sender } from "./wire";

const store = phoneStore();
const shift = clockShift(session.now, Date.now(), localStorage);
const LOOK_MS = 30_000;
const AGAIN_MS = 500;

export interface Day {
  halts: HaltState[];
  next: number;
  waiting: number;
  elsewhere: string[];
  /** Another plan has been published for this truck and day. */
  newer: boolean;
  isSending: boolean;
  /** Why not everything could be sent; undefined where it was. */
  stopped: Answer | undefined;
  failed: string;
  /** Tipped where nothing is weighed: noted on this phone alone. */
  pass: (halt: number) => Promise<void>;
  report: (kind: Kind, halt: number, more?: { reason?: string; kg?: number; ticket?: string }) => Promise<void>;
  sendNow: () => void;
}

/** The link stays when the plan becomes another one: what was said of the old plan goes out under it too. */
function isOfThisLink(one: Kept): boolean {
  return one.path === location.pathname || one.route === routeName;
}

async function sendEverything(): Promise<Answer | undefined> {
  const unsent = (await store.all()).filter((one) => one.state === "waiting" && isOfThisLink(one));
  for (const name of new Set([routeName, ...unsent.map((one) => one.route)])) {
    const { stopped } = await sendAll(store, name, sender(feedbackPathOf(name)));
    if (stopped !== undefined) return stopped;
  }
  return undefined;
}

export function useDay(): Day {
  const [kept, setKept] = useState<Kept[]>([]);
  const [said, setSaid] = useState<StopSaid[]>([]);
  const [isSending, setSending] = useState(false);
  const [stopped, setStopped] = useState<Answer>();
  const [failed, setFailed] = useState("");
  const [newer, setNewer] = useState(false);
  const failures = useRef(0);
  const timer = useRef(0);
  const reload = useCallback(async () => setKept(await store.all()), []);
  const round = useCallback(async () => {
    clearTimeout(timer.current);
    let isElsewhere = false;
    // One round at a time, also where the driver has opened the link twice.
    await navigator.locks.request(`send ${routeName}`, { ifAvailable: true }, async (lock) => {
      if (lock === null) {
        isElsewhere = true; // that round may have begun before the newest report was kept
        return;
      }
      setSending(true);
      const stopped = await sendEverything();
      setStopped(stopped);
      failures.current = stopped === undefined ? 0 : failures.current + 1;
      setSending(false);
    });
    if (isElsewhere) {
      timer.current = window.setTimeout(() => void round(), AGAIN_MS);
      return;
    }
    await reload();
    const found = await known(feedbackPathOf(routeName));
    if (found !== undefined) {
      setSaid(found.stops);
      setNewer(found.newest_plan_id !== route.plan_id);
    }
    const wait = failures.current > 0 ? patience(failures.current) : LOOK_MS;
    timer.current = window.setTimeout(() => void round(), wait);
  }, []);
  useEffect(() => {
    const again = () => {
      failures.current = 0;
      void round();
    };
    const begin = async () => {
      await forgetOld(store, Date.now() + shift);
      await reload();
      await round();
    };
    begin().catch((cause: unknown) => setFailed(String(cause)));
    addEventListener("online", again);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearTimeout(timer.current);
      removeEventListener("online", again);
      document.removeEventListener("visibilitychange", again);
    };
  }, []);
  const report = useCallback(async (kind: Kind, halt: number, more: { reason?: string; kg?: number; ticket?: string } = {}) => {
    const of = route.halts[halt];
    const isStop = of?.kind === "stop";
    const isForService = isStop || kind === "weight";
    const made: Kept = {
      report: {
        event_id: crypto.randomUUID(),
        at: new Date(Date.now() + shift).toISOString(),
        kind,
        point_id: isStop ? of.name : null,
        stream: isStop ? of.stream : null,
        reason: more.reason ?? null,
        kg: more.kg ?? null,
        ticket: more.ticket ?? null,
      },
      route: routeName,
      halt,
      state: isForService ? "waiting" : "sent",
      sentence: "",
      path: location.pathname,
    };
    try {
      await store.put(made);
      setFailed("");
    } catch (cause) {
      setFailed(String(cause)); // it is not kept: the driver must know, and tell the dispatcher
      return;
    }
    await reload();
    void round();
  }, []);
  const mine = useMemo(() => kept.filter((one) => one.route === routeName), [kept]);
  const halts = useMemo(() => states(route.halts, said, mine), [mine, said]);
  const unsent = kept.filter((one) => one.state === "waiting");
  const waiting = unsent.filter(isOfThisLink).length;
  const others = unsent.filter((one) => !isOfThisLink(one)).map((one) => one.path);
  return {
    halts,
    next: nextHalt(route.halts, halts),
    waiting,
    elsewhere: [...new Set(others)],
    newer,
    isSending,
    stopped,
    failed,
    report,
    pass: (halt) => report("done", halt),
    sendNow: () => void round(),
  };
}
