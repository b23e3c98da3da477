// The service worker: without the server it shows a page that says so. It keeps that page and nothing else; figures,
// alarms and maps are never kept, so that nothing old can ever look live.
"use strict";

const KEPT = "yiping-offline-1";
const OFFLINE = "/assets/offline.html";
const SHELL = [OFFLINE, "/assets/icons/mark.svg"];

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
  if (event.request.mode !== "navigate") return; // everything else goes to the server or fails
  event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
});
