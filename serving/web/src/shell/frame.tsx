/** The frame of every page: where one is, who one is, the language, and what was just done. */
import { type ComponentChildren, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { session } from "./session";
import { dayAndClock, language, speak, t } from "./words";
import "./app.css";
import { inWords, readySentences } from "./said";

let tell: (text: string) => void = () => undefined;

/** Says what was done: on the screen for a while, and to screen readers. */
export function announce(text: string): void {
  tell(inWords(text));
}

export function start(title: string, page: ComponentChildren): void {
  document.title = `${title} · 城运 Chengyun`;
  const root = document.getElementById("page");
  if (root === null) throw new Error("the page has no place to be in");
  void readySentences().then(() => {
    root.textContent = "";
    render(<Frame title={title}>{page}</Frame>, root);
  });
}

function Frame(props: { title: string; children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#main">
        {t("To the content", "跳到正文")}
      </a>
      <header class="top">
        <p class="brand">城运 Chengyun</p>
        <nav aria-label={t("Pages", "页面")}>
          {session.doors.map((door) => (
            <a key={door.path} href={door.path} aria-current={location.pathname === door.path ? "page" : undefined}>
              {t(door.name, door.name_zh)}
            </a>
          ))}
        </nav>
        <p class="place">
          {session.city} · {dayAndClock(session.now)}
        </p>
        <div class="who">
          <span>{session.person}</span>
          <button
            type="button"
            class="small"
            lang={language === "zh" ? "en" : "zh-CN"}
            onClick={() => speak(language === "zh" ? "en" : "zh")}
          >
            {language === "zh" ? "English" : "中文"}
          </button>
          <form method="post" action="/signout">
            <input type="hidden" name="csrf_token" value={session.csrf} />
            <button type="submit" class="small">
              {t("Sign out", "退出")}
            </button>
          </form>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <h1>{props.title}</h1>
        {props.children}
      </main>
      <Told />
    </>
  );
}

const SHOWN_MS = 8_000;

function Told() {
  const [text, setText] = useState("");
  useEffect(() => {
    let timer = 0;
    tell = (said) => {
      clearTimeout(timer);
      setText(said);
      timer = window.setTimeout(() => setText(""), SHOWN_MS);
    };
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="told" role="status" aria-live="polite">
      {text !== "" && <p>{text}</p>}
    </div>
  );
}

/** Views of one page, chosen by the part of the address after #, so that the way back works. */
export function useView<V extends string>(views: readonly V[]): [V, (view: V) => void] {
  const first = views[0] as V;
  const read = () => views.find((view) => location.hash.slice(1).split("/")[0] === view) ?? first;
  const [view, setView] = useState<V>(read);
  useEffect(() => {
    const follow = () => setView(read());
    addEventListener("hashchange", follow);
    follow(); // it may have changed between the first drawing and now
    return () => removeEventListener("hashchange", follow);
  }, []);
  return [view, (next) => location.assign(`#${next}`)];
}

export function Views<V extends string>(props: { views: readonly (readonly [V, string])[]; now: V }) {
  return (
    <nav class="views" aria-label={t("Views", "视图")}>
      {props.views.map(([view, name]) => (
        <a key={view} href={`#${view}`} aria-current={view === props.now ? "true" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
