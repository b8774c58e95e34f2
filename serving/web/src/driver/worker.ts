/** The page and what it is made of are kept on the phone, so that it opens where there is no connection. */

export function keepPage(): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker
    .register("/driver-worker.js", { scope: "/driver/" })
    .then(() => navigator.serviceWorker.ready)
    .then((registration) => registration.active?.postMessage({ page: location.pathname, parts: parts() }))
    .catch(() => undefined); // without it the page still works as long as it stays open
}

function parts(): string[] {
  const scripts = [...document.querySelectorAll<HTMLScriptElement>("script[src]")].map((one) => one.src);
  const links = [...document.querySelectorAll<HTMLLinkElement>("link[href]")].map((one) => one.href);
  const loaded = performance.getEntriesByType("resource").map((one) => one.name);
  const own = [...scripts, ...links, ...loaded].map((one) => new URL(one, location.href));
  return [...new Set(own.filter((one) => one.origin === location.origin && one.pathname.startsWith("/assets/")).map((one) => one.pathname))];
}
