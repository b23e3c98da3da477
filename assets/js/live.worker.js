// Holds the live streams for all tabs of one browser: a stream for each (area, probe), however many tabs look at it.
// HTTP/1.1 allows six connections a host; without this the seventh tab would hang.
"use strict";

importScripts("reducer.js", "live_stream.js");

const streams = new Map(); // key → { stream, ports }

function leave(port) {
  for (const [key, entry] of streams) {
    if (!entry.ports.delete(port) || entry.ports.size) continue;
    entry.stream.close();
    streams.delete(key);
  }
}

function join(port, message) {
  leave(port);
  const key = message.area + "|" + message.probe;
  let entry = streams.get(key);
  if (!entry) {
    const ports = new Set();
    const say = (item) => ports.forEach((p) => p.postMessage(item));
    entry = { ports, stream: yiping.openStream({ area: message.area, probe: message.probe, after: message.after, say }) };
    streams.set(key, entry);
  }
  for (const item of entry.stream.missedSince(message.after)) port.postMessage(item);
  entry.ports.add(port);
}

onconnect = (event) => {
  const port = event.ports[0];
  let heardAt = performance.now();
  port.onmessage = ({ data }) => {
    heardAt = performance.now();
    if (data.type === "join") join(port, data);
    if (data.type === "leave") leave(port);
    if (data.type === "again") for (const entry of streams.values()) if (entry.ports.has(port)) entry.stream.reopen();
  };
  port.onclose = () => leave(port); // where the browser tells
  // Elsewhere a tab that died falls silent: hidden tabs may be slowed to one message a minute, so wait longer.
  const watch = setInterval(() => {
    if (performance.now() - heardAt < 200000) return;
    clearInterval(watch);
    leave(port);
  }, 30000);
};
