// The page's live state: a pure function of a snapshot and the events after it. No DOM, no clock, no network.
// Devices are not in it: the map keeps them in typed arrays and applies their events itself.
(function (root) {
  "use strict";

  const MAX_INCIDENTS = 200; // as the snapshot: the newest open ones
  const MAX_TOMBSTONES = 5000; // versions of closed things, so that a late event does not bring them back
  const CLOSED_STAGES = new Set(["closed", "void"]);

  /** An event id `<epoch>-<ms>-<seq>` in parts; null when it is not one. */
  function parseId(text) {
    const parts = typeof text === "string" ? text.split("-") : [];
    if (parts.length !== 3 || !/^\d+$/.test(parts[1]) || !/^\d+$/.test(parts[2])) return null;
    return { epoch: parts[0], ms: Number(parts[1]), seq: Number(parts[2]) };
  }

  /** Negative, 0 or positive as `a` is before, at or after `b`; NaN when they cannot be compared. */
  function compareIds(a, b) {
    const x = parseId(a);
    const y = parseId(b);
    if (!x || !y || x.epoch !== y.epoch) return NaN;
    return x.ms - y.ms || x.seq - y.seq;
  }

  function byKey(list, key) {
    const found = {};
    for (const item of list) found[item[key]] = item;
    return found;
  }

  function byDesk(list) {
    const found = {};
    for (const flood of list) found[deskOf(flood)] = flood;
    return found;
  }

  function deskOf(flood) {
    return `${flood.area}/${flood.desk}`;
  }

  /** The state that `json` (the answer of /api/v1/snapshot) describes. */
  function fromSnapshot(json) {
    return {
      eventId: json.event_id,
      at: json.at,
      area: json.area,
      deployment: json.deployment,
      alarms: byKey(json.alarms, "alarm_id"),
      alarmsTotal: json.alarms_total,
      incidents: byKey(json.incidents, "incident_id"),
      counters: byKey(json.counters, "area"),
      floods: byDesk(json.floods),
      windows: byKey(json.windows, "window_id"),
      sources: byKey(json.sources, "source"),
      closed: {}, // "a7" or "i7" → version
      closedCount: 0,
      resync: false,
    };
  }

  function remember(draft, key, version) {
    if (draft.state.closedCount >= MAX_TOMBSTONES) {
      draft.owned.closed = true;
      draft.state.closed = {};
      draft.state.closedCount = 0;
    }
    const closed = own(draft, "closed");
    if (!(key in closed)) draft.state.closedCount += 1;
    closed[key] = version;
  }

  /** The map `name` of the state being built, copied once however many events touch it. */
  function own(draft, name) {
    if (!draft.owned[name]) {
      draft.owned[name] = true;
      draft.state[name] = { ...draft.state[name] };
    }
    return draft.state[name];
  }

  /** True when `event` is newer than what is known of the thing, open or closed. */
  function isNews(state, map, id, tombstone, version) {
    const known = state[map][id];
    if (known && known.version >= version) return false;
    return !(state.closed[tombstone] >= version);
  }

  function alarmChanged(draft, event) {
    const { state } = draft;
    const id = event.alarm_id;
    if (!isNews(state, "alarms", id, "a" + id, event.version)) return;
    const known = state.alarms[id];
    if (event.state === "closed") {
      remember(draft, "a" + id, event.version);
      if (known) delete own(draft, "alarms")[id];
      // An alarm we did not list may still have been counted, when the list was cut.
      if (known || state.alarmsTotal > Object.keys(state.alarms).length) state.alarmsTotal -= 1;
      return;
    }
    if (!known) state.alarmsTotal += 1;
    own(draft, "alarms")[id] = event;
  }

  function incidentChanged(draft, event) {
    const { state } = draft;
    const id = event.incident_id;
    if (!isNews(state, "incidents", id, "i" + id, event.version)) return;
    if (CLOSED_STAGES.has(event.stage)) {
      remember(draft, "i" + id, event.version);
      if (state.incidents[id]) delete own(draft, "incidents")[id];
      return;
    }
    const incidents = own(draft, "incidents");
    incidents[id] = event;
    const listed = Object.values(incidents);
    if (listed.length > MAX_INCIDENTS) delete incidents[newestIncidents(listed)[listed.length - 1].incident_id];
  }

  function newer(draft, name, key, event) {
    const known = draft.state[name][key];
    if (known && known.version >= event.version) return;
    own(draft, name)[key] = event;
  }

  function apply(draft, event) {
    switch (event.type) {
      case "alarm.changed":
        return alarmChanged(draft, event);
      case "incident.changed":
        return incidentChanged(draft, event);
      case "counters.changed":
        return newer(draft, "counters", event.area, event);
      case "flood.changed": // one that is over stays, so that a late event does not bring it back
        return newer(draft, "floods", deskOf(event), event);
      case "window.changed": // so does one of these
        return newer(draft, "windows", event.window_id, event);
      case "freshness.changed":
        return newer(draft, "sources", event.source, event);
      case "duty.changed": // who shows it asks
      case "rules.changed": // the same
      case "devices.changed": // the map's own table takes these
      case "telemetry":
        return undefined;
      default:
        draft.state.resync = true; // a newer server speaks words we do not know: fetch a snapshot
        return undefined;
    }
  }

  /** The state after `events`, in order. The given state is left as it was. */
  function reduceAll(state, events) {
    const draft = { state: { ...state }, owned: {} };
    for (const event of events) apply(draft, event);
    return draft.state;
  }

  /** The state after one event. */
  function reduce(state, event) {
    return reduceAll(state, [event]);
  }

  const ALL_OWNED = { alarms: true, incidents: true, counters: true, floods: true, windows: true, sources: true, closed: true };

  /** The same for whoever has the state alone: it is changed in place, so that in a storm no map is copied each time. */
  function advance(state, event) {
    apply({ state, owned: ALL_OWNED }, event);
    return state;
  }

  /** Open alarms, worst first, then newest. */
  function openAlarms(state) {
    return Object.values(state.alarms)
      .map((alarm) => ({ alarm, raised: Date.parse(alarm.raised_at) }))
      .sort((a, b) => b.alarm.severity - a.alarm.severity || b.raised - a.raised || b.alarm.alarm_id - a.alarm.alarm_id)
      .map(({ alarm }) => alarm);
  }

  function newestIncidents(list) {
    return list.sort(
      (a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.incident_id - a.incident_id
    );
  }

  /** Open incidents, newest first. */
  function openIncidents(state) {
    return newestIncidents(Object.values(state.incidents));
  }

  /** The worst flood of the desks that the page is about: { per10, since }, or null. `desk` narrows it to one. */
  function flood(state, desk) {
    const on = Object.values(state.floods).filter((f) => f.since && (desk === undefined || f.desk === desk));
    return on.sort((a, b) => b.per10 - a.per10)[0] || null;
  }

  /**
   * The flood as a page about `path` says it, or null: `n` new alarms in ten minutes, which is the figure of its panel,
   * when all that floods comes from there (`here`); else what comes to the desk, which answers for more.
   */
  function floodAt(state, path) {
    const worst = flood(state), own = state.counters[path];
    if (!worst) return null;
    const here = worst.area.startsWith(path) && own !== undefined && own.counters["alarms.new"] !== undefined;
    return { since: worst.since, n: here ? own.counters["alarms.new"] : worst.per10, here };
  }

  /** Drill and maintenance windows that are open or to come, in the order they begin. */
  function windows(state) {
    return Object.values(state.windows)
      .filter((w) => w.phase !== "over")
      .sort((a, b) => Date.parse(a.since) - Date.parse(b.since) || a.window_id - b.window_id);
  }

  const reducer = { fromSnapshot, reduce, reduceAll, advance, openAlarms, openIncidents, flood, floodAt, windows, parseId, compareIds };
  root.yiping = root.yiping || {};
  root.yiping.reducer = reducer;
  if (typeof module !== "undefined") module.exports = reducer;
})(typeof globalThis !== "undefined" ? globalThis : this);
