// The service worker: without the server it shows a page that says so. Figures, alarms and maps are never kept, so that
// nothing old can ever look live. The one page that works without a connection is the grid worker's: of it the shell is
// answered, which holds no data and which the page itself puts here (`field.js`); it says how old its tasks are.
"use strict";

const KEPT = "yiping-offline-1";
const OFFLINE = "/assets/offline.html";
const SHELL = [OFFLINE, "/assets/icons/mark.svg"];
const FIELD = "/field";
const FIELD_FILES = ["/assets/phone.css", "/assets/field.js"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting())
  );
});

self.addEventListener("activate", (event) => {
  const forget = caches.keys().then((names) => Promise.all(names.filter((n) => n !== KEPT).map((n) => caches.delete(n))));
  event.waitUntil(forget.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const kept = () => caches.match(pathname);
  if (event.request.mode === "navigate") {
    const instead = async () => (pathname === FIELD && (await kept())) || caches.match(OFFLINE);
    event.respondWith(fetch(event.request).catch(instead));
  } else if (origin === self.location.origin && FIELD_FILES.includes(pathname)) {
    event.respondWith(fetch(event.request).catch(async () => (await kept()) || Response.error()));
  } // everything else goes to the server or fails
});
