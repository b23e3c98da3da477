// What a wall decides: where its tour goes and when it stops for an alarm, day and night, the pixel shift, and when it
// may reload itself. Pure: no DOM, no timers; every moment is passed in. `mono` is a clock that only runs forward,
// `epoch` the server's time; both in ms.
(function (root) {
  "use strict";

  const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;
  const SEVERITY = { critical: 4, major: 3, minor: 2, warning: 1 };
  const METRICS = ["population", "housing", "incidents"];
  const DWELL_MS = 20 * SECOND; // an alarm is shown at least this long before another takes its place
  const QUEUE = 20;
  const SHIFT_EVERY_MS = 10 * MINUTE;
  const SHIFTS = [[0, 0], [1, 0], [2, 0], [2, 1], [2, 2], [1, 2], [0, 2], [0, 1]]; // one step at a time, round and back
  const JITTER_MS = 20 * SECOND; // many walls hear of an upgrade at the same moment
  const CALM_WITHIN_MS = MINUTE; // how long an upgrade waits for a screen without a critical alarm
  const SILENT_MS = 10 * MINUTE;
  const STUCK_MS = 2 * MINUTE;
  const ASK_EVERY_MS = MINUTE;
  const BLANK_MS = MINUTE;

  const within = (text, low, high, byDefault) => {
    const n = Number(text);
    return text !== null && text !== "" && Number.isFinite(n) ? Math.min(high, Math.max(low, n)) : byDefault;
  };

  /** The wishes of the address; what is absent or senseless is as by default. */
  function options(query) {
    const carousel = query.get("carousel") || "off";
    const night = /^(\d{1,2})-(\d{1,2})$/.exec(query.get("night") || "");
    return {
      name: (query.get("name") || "").slice(0, 120),
      home: query.get("home") || query.get("area") || null,
      carousel: carousel === "off" || carousel === "children" ? carousel : carousel.split(",").filter(Boolean).slice(0, 200),
      metrics: (query.get("metrics") || "").split(",").filter((m) => METRICS.includes(m)),
      paceMs: within(query.get("pace"), 10, 3600, 30) * SECOND,
      holdMs: within(query.get("hold"), 30, 7200, 300) * SECOND,
      severity: query.get("pause") === "off" ? Infinity : SEVERITY[query.get("pause")] || SEVERITY.critical,
      night: night && Number(night[1]) < 24 && Number(night[2]) <= 24 ? [Number(night[1]), Number(night[2])] : null,
      day: query.get("day") === "light" ? "light" : "dark",
    };
  }

  /** The stops of the tour: every area, and at each every metric (null: the one that is shown). */
  function stops(carousel, home, children, metrics) {
    const areas = carousel === "off" ? [home] : carousel === "children" ? [home, ...children] : carousel;
    return areas.flatMap((area) => (metrics.length ? metrics : [null]).map((metric) => ({ area, metric })));
  }

  const together = (a, b) =>
    (a.building_id !== null && a.building_id === b.building_id) || (a.lng === b.lng && a.lat === b.lat);

  /**
   * The tour. `step` is called about once a second and answers what to do now, or null:
   *   {type: "show", stop}    go to a stop
   *   {type: "focus", alarm}  fly to an alarm, once
   */
  function createTour({ paceMs, holdMs, severity }) {
    let route = [];
    let index = 0;
    let since = null; // when the present stop was reached
    let current = null; // the alarm that the tour has stopped for
    let stoppedAt = 0;
    let queue = [];
    let seen = new Set(); // grave alarms that were flown to, or were old when we came

    const grave = (a) => a.run === null && a.severity >= severity && a.lng !== null && a.lat !== null;
    const waits = (a) => grave(a) && a.state === "active_unacked";

    function notice(alarms, epoch) {
      const open = new Set();
      for (const a of alarms) {
        if (!grave(a)) continue;
        open.add(a.alarm_id);
        if (seen.has(a.alarm_id)) continue;
        seen.add(a.alarm_id);
        const fresh = waits(a) && epoch - Date.parse(a.raised_at) < holdMs;
        const known = [current, ...queue].some((b) => b && together(a, b));
        if (fresh && !known && queue.length < QUEUE) queue.push(a);
      }
      seen = new Set([...seen].filter((id) => open.has(id)));
      queue = queue.filter((q) => alarms.some((a) => a.alarm_id === q.alarm_id && waits(a)));
      queue.sort((a, b) => b.severity - a.severity || Date.parse(a.raised_at) - Date.parse(b.raised_at));
    }

    function stopFor(alarm, mono) {
      current = alarm;
      stoppedAt = mono;
      return { type: "focus", alarm };
    }

    function whileStopped(alarms, mono) {
      const shown = mono - stoppedAt;
      const handled = !alarms.some((a) => waits(a) && (a.alarm_id === current.alarm_id || together(a, current)));
      if (queue.length && (shown >= DWELL_MS || queue[0].severity > current.severity)) return stopFor(queue.shift(), mono);
      if (shown < holdMs && !(handled && shown >= DWELL_MS)) return null;
      current = null;
      since = mono;
      return { type: "show", stop: route[Math.max(0, index)] };
    }

    return {
      /** Another route; the tour starts at its first stop, or stays where `at` says it is. */
      setRoute(found, at = null) {
        route = found;
        index = route.findIndex((stop) => stop.area === at); // -1: on the way to the first
        since = null;
      },
      /** `live` false: nothing is known, so nothing moves. */
      step({ mono, epoch, alarms, live }) {
        if (!route.length) return null;
        if (!live) {
          since = null;
          return null;
        }
        if (since === null) since = mono;
        notice(alarms, epoch);
        if (current) return whileStopped(alarms, mono);
        if (queue.length) return stopFor(queue.shift(), mono);
        if ((route.length < 2 && index === 0) || mono - since < paceMs) return null;
        index = (index + 1) % route.length;
        since = mono;
        return { type: "show", stop: route[index] };
      },
      /** Where the tour is: mode, stop number (from 1) of how many, the part of its time that has passed. */
      progress(mono) {
        const mode = current ? "paused" : route.length > 1 ? "touring" : "still";
        const part = current ? (mono - stoppedAt) / holdMs : since === null ? 0 : (mono - since) / paceMs;
        return { mode, at: Math.max(0, index) + 1, of: route.length, part: Math.min(1, Math.max(0, part)) };
      },
      remembered: () => seen.size + queue.length,
    };
  }

  /** Theme and dimming at the local `hour`. `night` is [from, to) and may pass midnight. */
  function palette(hour, { night, day }) {
    const [from, to] = night || [0, 0];
    const dim = from <= to ? hour >= from && hour < to : hour >= from || hour < to;
    return { dim, theme: dim ? "dark" : day };
  }

  /** How far the picture is moved against burn-in, in sixteenths of the root size (1 px at 1080 lines). */
  const shift = (mono) => SHIFTS[Math.floor(mono / SHIFT_EVERY_MS) % SHIFTS.length];

  /** Whether a reload may be tried: at once, then after `least`, twice that, … an hour; anew after six hours. */
  function mayReload(tried, epoch, least) {
    if (!tried || epoch < tried.at || epoch - tried.at > 6 * HOUR) return true;
    return epoch - tried.at >= Math.min(HOUR, least * 2 ** (tried.times - 1));
  }

  /** What is remembered of a reload, for `mayReload` of the page that follows. */
  function tryAt(tried, epoch) {
    const again = tried && epoch >= tried.at && epoch - tried.at <= 6 * HOUR;
    return { at: epoch, times: again ? tried.times + 1 : 1 };
  }

  /** Says when to reload for a server of another build than the page's `own`. `random()` spreads the walls. */
  function createUpgrade({ own, random }) {
    let due = null;
    return ({ mono, epoch, build, calm, tried }) => {
      if (!own || !build || build === own || !mayReload(tried, epoch, 10 * MINUTE)) {
        due = null;
        return false;
      }
      if (due === null) due = mono + random() * JITTER_MS;
      return mono >= due && (calm || mono >= due + CALM_WITHIN_MS);
    };
  }

  /**
   * Says what is wrong with the page: "blank" (it never got its panels), "stuck" (frames are drawn no more),
   * "silent" (nothing heard for ten minutes), or null. Asked at most once a minute while something is wrong:
   * the caller looks whether the server answers, and only then reloads.
   */
  function createWatchdog(bornAt) {
    let askedAt = -Infinity;
    return ({ mono, built, visible, drawnAt, silentMs }) => {
      let wrong = null;
      if (!built && mono - bornAt > BLANK_MS) wrong = "blank";
      else if (visible && mono - drawnAt > STUCK_MS) wrong = "stuck";
      else if ((silentMs === null ? mono - bornAt : silentMs) > SILENT_MS) wrong = "silent";
      if (!wrong || mono - askedAt < ASK_EVERY_MS) return null;
      askedAt = mono;
      return wrong;
    };
  }

  const decide = { options, stops, createTour, palette, shift, mayReload, tryAt, createUpgrade, createWatchdog, MINUTE };
  root.yiping = root.yiping || {};
  root.yiping.wallRules = decide;
  if (typeof module !== "undefined") module.exports = decide;
})(typeof globalThis !== "undefined" ? globalThis : this);
