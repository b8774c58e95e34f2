/** The driver's day as this phone knows it: reports are kept first and sent after that. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { session } from "../shell/session";
import { clockShift } from "./clock";
import { type Answer, forgetOld, patience, sendAll } from "./outbox";
import { type HaltState, type Kept, type Kind, type StopSaid, nextHalt, states } from "./reports";
import { feedbackPath, route, routeName } from "./route";
import { phoneStore } from "./store";
import { known, sender } from "./wire";

const store = phoneStore();
const send = sender(feedbackPath);
const shift = clockShift(session.now, Date.now(), localStorage);
const LOOK_MS = 30_000;
const AGAIN_MS = 500;

export interface Day {
  halts: HaltState[];
  next: number;
  waiting: number;
  elsewhere: string[];
  isSending: boolean;
  /** Why not everything could be sent; undefined where it was. */
  stopped: Answer | undefined;
  failed: string;
  /** Tipped where nothing is weighed: noted on this phone alone. */
  pass: (halt: number) => Promise<void>;
  report: (kind: Kind, halt: number, more?: { reason?: string; kg?: number; ticket?: string }) => Promise<void>;
  sendNow: () => void;
}

export function useDay(): Day {
  const [kept, setKept] = useState<Kept[]>([]);
  const [said, setSaid] = useState<StopSaid[]>([]);
  const [isSending, setSending] = useState(false);
  const [stopped, setStopped] = useState<Answer>();
  const [failed, setFailed] = useState("");
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
      const sent = await sendAll(store, routeName, send);
      setStopped(sent.stopped);
      failures.current = sent.stopped === undefined ? 0 : failures.current + 1;
      setSending(false);
    });
    if (isElsewhere) {
      timer.current = window.setTimeout(() => void round(), AGAIN_MS);
      return;
    }
    await reload();
    const found = await known(feedbackPath);
    if (found !== undefined) setSaid(found);
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
  const waiting = mine.filter((one) => one.state === "waiting").length;
  const others = kept.filter((one) => one.route !== routeName && one.state === "waiting").map((one) => one.path);
  return {
    halts,
    next: nextHalt(route.halts, halts),
    waiting,
    elsewhere: [...new Set(others)],
    isSending,
    stopped,
    failed,
    report,
    pass: (halt) => report("done", halt),
    sendNow: () => void round(),
  };
}
