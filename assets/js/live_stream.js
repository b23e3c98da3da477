// One live stream: an EventSource that is reopened for ever, with what it said last kept for tabs that join later.
// Runs in the shared worker, or in the page where there is no shared worker.
(function (root) {
  "use strict";

  const KEEP = 512; // events kept for a tab that joins with a snapshot a little older than the stream
  const BEAT_MS = 5000; // until the server says how often its heart beats
  const SILENT_BEATS = 3; // missed: the connection is dead even if nobody said so
  const MIN_BACKOFF_MS = 500;
  const MAX_BACKOFF_MS = 10000;

  /**
   * Open the stream of `area` after event id `after`. `say` gets
   * {type: "event", id, data} · {type: "special", event, id, data} · {type: "connection", open}.
   */
  function openStream({ area, probe, after, say, EventSourceType = root.EventSource, timers = root, now = () => performance.now() }) {
    let source = null;
    let lastId = after;
    let base = after; // everything after this id is in `kept`, or was not kept because it never came
    let kept = [];
    let open = false;
    let heardAt = now();
    let beatMs = BEAT_MS;
    let backoff = MIN_BACKOFF_MS;
    let timer = null;
    let closed = false;

    function url() {
      const query = new URLSearchParams();
      if (area) query.set("area", area);
      if (probe) query.set("probe", "1");
      if (lastId) query.set("last_event_id", lastId);
      return "/live?" + query;
    }

    function keep(item) {
      kept.push(item);
      if (kept.length <= KEEP) return;
      const dropped = kept.splice(0, KEEP / 4);
      for (const old of dropped) if (old.id) base = old.id;
    }

    function setOpen(value) {
      if (open === value) return;
      open = value;
      say({ type: "connection", open });
    }

    function heard(message) {
      heardAt = now();
      backoff = MIN_BACKOFF_MS;
      setOpen(true);
      // An EventSource repeats the last id on frames without one; those frames belong to the next id.
      const id = message.lastEventId && message.lastEventId !== lastId ? message.lastEventId : null;
      if (id) lastId = id;
      return id;
    }

    function connect() {
      timer = null;
      source = new EventSourceType(url());
      source.onmessage = (message) => {
        const item = { type: "event", id: heard(message), data: message.data };
        keep(item);
        say(item);
      };
      for (const event of ["heartbeat", "resync"]) {
        source.addEventListener(event, (message) => {
          const item = { type: "special", event, id: heard(message), data: message.data };
          if (event === "heartbeat") beatMs = JSON.parse(message.data).every_s * 1000 || beatMs;
          if (event === "resync") {
            kept = [];
            base = lastId;
          } else if (item.id) {
            keep(item);
          }
          say(item);
        });
      }
      source.onerror = retry;
    }

    function retry() {
      if (closed) return;
      source.close();
      setOpen(false);
      if (timer !== null) return;
      const wait = backoff * (0.5 + Math.random());
      backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
      timer = timers.setTimeout(connect, wait);
    }

    const watch = timers.setInterval(() => {
      if (open && now() - heardAt > SILENT_BEATS * beatMs) retry();
    }, 1000);

    connect();
    return {
      /** What a tab whose snapshot is at `id` has not seen; a resync when that is not known. */
      missedSince(id) {
        const items = [{ type: "connection", open }];
        if (id === base) return items.concat(kept);
        const start = kept.findIndex((item) => item.id === id);
        if (start >= 0) return items.concat(kept.slice(start + 1));
        const { compareIds } = root.yiping.reducer;
        if (!(compareIds(id, base) >= 0)) return items.concat({ type: "special", event: "resync", id: lastId, data: "{}" });
        let last = -1;
        kept.forEach((item, i) => {
          if (item.id && compareIds(item.id, id) <= 0) last = i;
        });
        return items.concat(kept.slice(last + 1));
      },
      /** Try again now: the browser says that the network is back. */
      reopen() {
        if (open || closed) return;
        if (timer !== null) timers.clearTimeout(timer);
        source.close();
        connect();
      },
      close() {
        closed = true;
        timers.clearInterval(watch);
        if (timer !== null) timers.clearTimeout(timer);
        source.close();
      },
    };
  }

  root.yiping = root.yiping || {};
  root.yiping.openStream = openStream;
  if (typeof module !== "undefined") module.exports = { openStream };
})(typeof globalThis !== "undefined" ? globalThis : this);
