// The page's live connection: a snapshot, then the stream, reduced to one state that panels and map listen to.
//   yiping.live.subscribe(fn(state, event|null))   event null: a fresh snapshot
//   yiping.live.status() / onStatus(fn)            connecting | live | late | disconnected, truthfully
//   yiping.live.setArea(code)                      another place: new snapshot, new stream
//   yiping.live.serverNow()                        the server's moment, whatever happens to the browser's clock
//   yiping.live.onBeat(fn(beat))                   each heartbeat of the stream: at, event_id, redis, build
//   yiping.live.applied([[deviceId, ts], …])       whoever has drawn readings says so (only heard with ?probe=1)
(function (root) {
  "use strict";

  const BEAT_MS = 5000; // until the server says how often its heart beats
  const LIVE_BEATS = 2.2; // so many may pass in silence, and their way here
  const LATE_BEATS = 3;
  const OPENING_MS = 5000; // how long the stream of another place may take to open before that counts as a loss
  const RECONCILE_MS = 600000; // a fresh snapshot now and then heals what nobody noticed
  const DESK_ALARMS = 20000; // a duty officer's desk lists them all
  const MAX_BACKOFF_MS = 10000;
  const SETTLED_MS = 300; // after a drill-down, before its own stream takes over from the wider one

  /** What may honestly be said of the connection. */
  function connectionState({ open, everOpen, redis, heardAt, now, beatMs = BEAT_MS, behind = null }) {
    if (!open) return everOpen ? "disconnected" : "connecting";
    const silent = (now - heardAt) / beatMs;
    if (silent > LATE_BEATS) return "disconnected";
    return silent > LIVE_BEATS || !redis || behind ? "late" : "live";
  }

  /** Since when no synthetic heartbeat has come through broker, ingest and database; null while they come. */
  function behindSince(state, now) {
    const beat = state && state.sources && state.sources.heartbeat;
    if (!beat || !beat.last_seen) return null;
    return now - Date.parse(beat.last_seen) > beat.interval_s * 1000 ? beat.last_seen : null;
  }

  /** The live client. `env` holds what it needs of the browser, so that it can be tested without one. */
  function createLive(env) {
    const { fetchSnapshot, openTransport, timers, now, probe } = env;
    const mono = env.mono || now; // silence is measured by a clock that nobody sets
    const clock = root.yiping.createClock({ mono, wall: now });
    const listeners = new Set();
    const statusListeners = new Set();
    const appliedListeners = new Set();
    const beatListeners = new Set();
    let area = env.area;
    let state = null;
    let transport = null;
    let round = 0; // grows with every change of area, so that late answers are recognised
    let fetching = false;
    let again = false; // a resync came while a snapshot was on its way
    let waiting = []; // events that came meanwhile
    let open = false;
    let everOpen = false;
    let openingSince = null; // another place was chosen: its stream has not spoken yet, the one before was closed by us
    let redis = true;
    let heardAt = 0;
    let beatMs = BEAT_MS;
    let lastEventAt = null;
    let lastEventId = null;
    let latencyMs = null;
    let appliedEvents = 0;
    let alarmEvents = 0;
    let lastAppliedAt = null;
    let said = "";

    function tell(event) {
      for (const fn of listeners) {
        try {
          fn(state, event);
        } catch (error) {
          console.error("yiping.live: a listener failed", error);
        }
      }
    }

    function status() {
      const behind = clock.heard() ? behindSince(state, clock.now()) : null;
      return {
        connection: connectionState({ open: open && !tooLong(), everOpen, redis, heardAt, now: mono(), beatMs, behind }),
        behind, lastEventAt, lastEventId, latencyMs, redis, silentMs: heardAt ? mono() - heardAt : null,
      };
    }

    function tooLong() {
      return openingSince !== null && mono() - openingSince > OPENING_MS;
    }

    function tellStatus() {
      const current = status();
      if (current.connection === said) return;
      said = current.connection;
      for (const fn of statusListeners) fn(current);
    }

    function heard() {
      heardAt = mono();
    }

    function count(event) {
      appliedEvents += 1;
      if (event.type === "alarm.changed") alarmEvents += 1;
    }

    function take(item) {
      const event = JSON.parse(item.data);
      lastEventAt = clock.now();
      if (item.id) lastEventId = item.id;
      latencyMs = Math.max(0, lastEventAt - Date.parse(event.at));
      state = env.reducer.advance(state, event);
      count(event);
      tell(event);
      if (state.resync) resync();
    }

    /** Events that the snapshot may not hold yet; those up to its own id it holds for sure. */
    function later(item) {
      return !(item.id && env.reducer.compareIds(item.id, state.eventId) <= 0);
    }

    function onItem(item) {
      if (item.type === "connection" && !item.open && openingSince !== null) return; // it has only begun to open
      openingSince = null;
      if (item.type === "connection") {
        open = item.open;
        everOpen = everOpen || open;
        if (open) heard();
      } else {
        heard();
        open = everOpen = true;
        if (item.type === "event") {
          if (fetching || !state) waiting.push(item);
          else take(item);
        } else if (item.event === "heartbeat") {
          const beat = JSON.parse(item.data);
          redis = beat.redis !== false;
          if (beat.every_s) beatMs = beat.every_s * 1000;
          clock.hear(Date.parse(beat.at));
          if (item.id) lastEventId = item.id;
          for (const fn of beatListeners) fn(beat);
        } else if (item.event === "resync") {
          resync();
        }
      }
      tellStatus();
    }

    function resync() {
      if (fetching) again = true;
      else load(Math.random() * 500); // many pages are told at the same moment
    }

    /** Fetch the snapshot (for ever, if need be), then put on top what came meanwhile. */
    function load(delay) {
      const mine = round;
      let backoff = 500;
      fetching = true;
      again = false;
      const attempt = () => {
        fetchSnapshot(area).then(
          (json) => {
            if (mine !== round) return;
            fetching = false;
            state = env.reducer.fromSnapshot(json);
            lastEventId = lastEventId || state.eventId;
            const missed = waiting.filter(later);
            waiting = [];
            const late = missed.map((item) => JSON.parse(item.data));
            state = env.reducer.reduceAll(state, late);
            late.forEach(count);
            tell(null);
            if (!transport) transport = openTransport({ area: state.area ? state.area.code : area, probe, after: state.eventId, say: (i) => mine === round && onItem(i) });
            if (again || state.resync) resync();
          },
          () => {
            if (mine !== round) return;
            timers.setTimeout(attempt, backoff * (0.5 + Math.random()));
            backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
            tellStatus();
          }
        );
      };
      if (delay) timers.setTimeout(() => mine === round && attempt(), delay);
      else attempt();
    }

    function start() {
      round += 1;
      if (transport) transport.close();
      transport = null;
      openingSince ??= open ? mono() : null;
      waiting = [];
      load(0);
    }

    timers.setInterval(tellStatus, 1000);
    timers.setInterval(() => state && resync(), RECONCILE_MS * (0.9 + Math.random() * 0.2));

    return {
      start,
      status,
      state: () => state,
      subscribe(fn) {
        listeners.add(fn);
        if (state) fn(state, null);
        return () => listeners.delete(fn);
      },
      onStatus(fn) {
        statusListeners.add(fn);
        fn(status());
        return () => statusListeners.delete(fn);
      },
      onBeat(fn) {
        beatListeners.add(fn);
        return () => beatListeners.delete(fn);
      },
      serverNow: clock.now,
      clockSettled: clock.settled,
      setArea(code) {
        if (code === area || (state && state.area && code === state.area.code)) return;
        area = code;
        start();
      },
      applied(pairs) {
        lastAppliedAt = now();
        for (const fn of appliedListeners) fn(pairs);
      },
      /** The network or the page is back: do not wait for the next attempt. */
      again: () => transport && transport.again(),
      leave: () => transport && transport.close(),
      probe: {
        get connected() { return open && status().connection !== "disconnected"; },
        get lastEventId() { return lastEventId; },
        get applied() { return appliedEvents; },
        get alarms() { return alarmEvents; },
        get lastAppliedAt() { return lastAppliedAt; },
        map: null, // until map.js has one
        count: () => 0,
        onApplied(fn) {
          appliedListeners.add(fn);
          return () => appliedListeners.delete(fn);
        },
      },
    };
  }

  /** The stream by way of the shared worker, or in the page where there is none (or it does not start). */
  function browserTransport(options) {
    const own = () => {
      const stream = root.yiping.openStream(options);
      return { close: stream.close, again: stream.reopen };
    };
    if (typeof SharedWorker === "undefined") return own();
    let inner = null;
    let closed = false;
    const worker = new SharedWorker("/assets/js/live.worker.js", { name: "yiping-live" });
    worker.onerror = () => {
      if (!inner && !closed) inner = own();
    };
    worker.port.onmessage = ({ data }) => closed || options.say(data);
    worker.port.postMessage({ type: "join", area: options.area, probe: options.probe, after: options.after });
    const alive = setInterval(() => worker.port.postMessage({ type: "alive" }), 60000);
    return {
      close() {
        closed = true;
        clearInterval(alive);
        if (inner) inner.close();
        worker.port.postMessage({ type: "leave" });
        worker.port.close();
      },
      again() {
        if (inner) inner.again();
        else worker.port.postMessage({ type: "again" });
      },
    };
  }

  function fetchSnapshot(area) {
    const query = new URLSearchParams();
    if (area) query.set("area", area);
    if (document.documentElement.classList.contains("desk")) query.set("alarms", DESK_ALARMS);
    // Letter for letter what the document has fetched ahead (components/document.py); never kept, says the answer.
    return fetch(query.size ? `/api/v1/snapshot?${query}` : "/api/v1/snapshot", { credentials: "same-origin" }).then((answer) => {
      if (!answer.ok) throw new Error("snapshot: " + answer.status);
      return answer.json();
    });
  }

  root.yiping = root.yiping || {};
  if (typeof module !== "undefined") module.exports = { createLive, connectionState, behindSince };
  if (typeof document === "undefined") return;

  const asked = new URLSearchParams(location.search);
  const live = createLive({
    get reducer() { return root.yiping.reducer; }, // defined later in the bundle, before any answer comes
    fetchSnapshot,
    openTransport: browserTransport,
    timers: { setTimeout: setTimeout.bind(root), setInterval: setInterval.bind(root) },
    now: Date.now,
    mono: () => performance.now(),
    probe: asked.get("probe") === "1",
    area: (asked.get("wall") === "1" && asked.get("home")) || asked.get("area") || null, // a wall on its tour
  });
  root.yiping.live = live;
  if (asked.get("probe") === "1") {
    root.__yiping = Object.defineProperties(root.__yiping || {}, Object.getOwnPropertyDescriptors(live.probe));
  }
  let moving = 0;
  document.addEventListener("yiping:area", ({ detail }) => {
    if (root.yiping.wall && root.yiping.wall.keeps(live.state(), detail.path)) return; // a wall hears its whole area on its tour
    // What is held covers the places within: their own stream can wait until the new place is on the screen.
    const { area } = live.state() || {};
    clearTimeout(moving);
    if (area && detail.path.startsWith(area.path)) moving = setTimeout(() => live.setArea(detail.code), SETTLED_MS);
    else live.setArea(detail.code);
  });
  addEventListener("online", live.again);
  document.addEventListener("visibilitychange", () => document.hidden || live.again());
  addEventListener("pagehide", live.leave);
  addEventListener("pageshow", (event) => event.persisted && live.start());
  live.start();
})(typeof globalThis !== "undefined" ? globalThis : this);
