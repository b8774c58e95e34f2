/* Keeps a driver's page, and what it is made of, on the phone: it opens there without a connection too.
   Only pages under /driver/ are its business, and only what is asked for with GET. Reports are the page's own. */
"use strict";

const KEPT = "driver-pages";
const PATIENCE_MS = 6000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const told = event.data;
  if (typeof told?.page !== "string" || !Array.isArray(told.parts)) return;
  const paths = [told.page, ...told.parts].filter((path) => /^\/(driver|assets)\/[^/?#]+$/.test(path));
  event.waitUntil(keep(paths));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(asset(event.request));
  else if (event.request.mode === "navigate" && url.pathname.startsWith("/driver/")) event.respondWith(page(event.request));
});

async function keep(paths) {
  const cache = await caches.open(KEPT);
  for (const path of paths) {
    if (path.startsWith("/assets/") && (await cache.match(path)) !== undefined) continue;
    const response = await fetch(path, { credentials: "same-origin" }).catch(() => undefined);
    if (response !== undefined && response.ok) await cache.put(path, response);
  }
}

/* The name of a built file changes with what is in it: what is kept is right. */
async function asset(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request.url);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request.url, response.clone());
  return response;
}

/* The newest where there is a connection; a link that has ended is not opened from memory either. */
async function page(request) {
  const cache = await caches.open(KEPT);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE_MS);
  try {
    const response = await fetch(request.url, { credentials: "same-origin", signal: limit.signal });
    if (response.ok) await cache.put(request.url, response.clone());
    else if (response.status === 404 || response.status === 401) await cache.delete(request.url);
    return response;
  } catch (cause) {
    const kept = await cache.match(request.url);
    if (kept !== undefined) return kept;
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}
