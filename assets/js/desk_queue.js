// The duty officer's queue: which alarms are listed, in what order, what waits and what is marked. Pure: no DOM, no
// clock. The list that is on screen only changes its order when it settles, so that nothing moves under the cursor:
// what came meanwhile waits (critical ones never do), what no longer belongs stays where it is until then.
(function (root) {
  "use strict";

  const LOOK_S = { 4: 60, 3: 180, 2: 1200, 1: 3600 }; // first look by grade: 1, 3, 20, 60 minutes
  const CRITICAL = 4;
  const MAJOR = 3;
  const WARNING = 1;
  const COMMUNITY = 9; // characters of a path down to the community
  const STALE_MS = 86400000;
  const KEEP_MS = 600000; // how long what is over is known, should a late event speak of it
  const VIEWS = ["open", "mine", "unacked", "shelved", "suppressed", "stale", "chattering", "all"];

  const isOpen = (a) => a.state !== "closed";
  const isUnacked = (a) => a.state === "active_unacked" || a.state === "cleared_unacked";
  const isShelved = (a) => Boolean(a.shelved_until || a.shelved_until_clear);
  const isSuppressed = (a) => a.parent_id !== null && a.parent_id !== undefined;
  const isHeld = (a) => isShelved(a) || isSuppressed(a);
  const raisedMs = (a) => (a.raised_ms === undefined ? (a.raised_ms = Date.parse(a.raised_at)) : a.raised_ms);

  /** Whether it has been standing for so long that nobody looks at it any more. */
  const isStale = (a, now) => a.state.startsWith("active") && now - raisedMs(a) >= STALE_MS;

  /** Whether `b` is of the same place as `a`: of its building, else of its grid. */
  function isBeside(a, b) {
    if (!a || a.alarm_id === b.alarm_id) return false;
    return a.building_id === null ? a.area === b.area : a.building_id === b.building_id;
  }

  /** Whether it only waits: looked at and gone, or judged and not yet gone. A fire of now stands above those of before. */
  const isDone = (a) => a.state === "cleared_acked" || a.state === "closed" || Boolean(a.close_reason);

  /** The worst first, of one grade what is to be done before what only waits, then the oldest. */
  const compare = (a, b) =>
    b.severity - a.severity || Number(Boolean(a.last)) - Number(Boolean(b.last)) || raisedMs(a) - raisedMs(b) || a.alarm_id - b.alarm_id;

  const IN_VIEW = {
    open: (a) => !isHeld(a),
    mine: (a, me) => Boolean(me) && a.owner === me,
    unacked: (a) => isUnacked(a) && !isHeld(a),
    shelved: isShelved,
    suppressed: isSuppressed,
    stale: (a, me, now) => isStale(a, now),
    chattering: (a) => Boolean(a.chattering),
    all: () => true,
  };

  /** Whether `filter` ({view, kind, severity, area, q, words}) shows alarm `a` to `me` at `now`. */
  function matches(a, filter, me, now) {
    if (!isOpen(a) || !IN_VIEW[filter.view](a, me, now)) return false;
    if (filter.severity && a.severity !== filter.severity) return false;
    if (filter.kind && a.kind !== filter.kind) return false;
    if (filter.area && !a.area.startsWith(filter.area)) return false;
    return !filter.q || filter.words(a).toLowerCase().includes(filter.q.toLowerCase());
  }

  /** When a person must have looked, in ms; null once one has. */
  function lookDue(a) {
    if (!isUnacked(a) || isHeld(a)) return null;
    return a.look_due_at ? Date.parse(a.look_due_at) : raisedMs(a) + LOOK_S[a.severity] * 1000;
  }

  /** What is left of the time for a first look: 1 … 0, negative when it is over, null where none runs. */
  function lookLeft(a, now) {
    const due = lookDue(a);
    return due === null ? null : Math.min(1, (due - now) / (LOOK_S[a.severity] * 1000));
  }

  /** `known` with what the server's record says of it now. */
  function patched(known, record) {
    const { id: _id, area: _area, area_name: _name, ...fields } = record;
    return { ...known, ...fields };
  }

  /** What belongs together in a flood: one cause where one is known, else one kind in one community. */
  const cause = (a) => a.event_id ? `event ${a.event_id}` : `${a.kind} ${a.area.slice(0, COMMUNITY)}`;

  /** `now` tells the time (ms). */
  function createQueue({ me = null, now = () => 0, filter = { view: "open" } } = {}) {
    const alarms = new Map();
    const waiting = new Set(); // belong into the list and are not in it yet
    let order = []; // ids in the list, as it settled
    let listed = new Set(order);
    let places = new Map(); // id → what decided its place, which only settling weighs anew
    let flood = false;
    const opened = new Set(); // groups of a flood that are unfolded

    const belongs = (a) => Boolean(a) && matches(a, filter, me, now());

    const placed = (a) => ({ alarm_id: a.alarm_id, severity: a.severity, raised_ms: raisedMs(a), last: isDone(a) });

    function settle() {
      const sorted = [...alarms.values()].filter(belongs).map(placed).sort(compare);
      order = sorted.map((a) => a.alarm_id);
      listed = new Set(order);
      places = new Map(sorted.map((a) => [a.alarm_id, a]));
      waiting.clear();
    }

    /**
     * The worst critical alarm that nobody has looked at, whatever the list is narrowed to; null while `current` is one
     * itself, and for those of its own confirmed event, which are looked at with it.
     */
    function graver(current) {
      const waits = (a) => a.severity === CRITICAL && isUnacked(a) && !isHeld(a) && a.run === null;
      const open = alarms.get(current);
      if (open && waits(open)) return null;
      let found = null;
      for (const a of alarms.values()) {
        if (!waits(a) || (open && open.event_id && a.event_id === open.event_id)) continue;
        if (!found || compare(placed(a), placed(found)) < 0) found = a;
      }
      return found;
    }

    /** What is over and on no list is forgotten after a while. */
    function forget(now) {
      for (const [id, a] of alarms) if (!isOpen(a) && !listed.has(id) && raisedMs(a) < now - KEEP_MS) alarms.delete(id);
    }

    function insert(a) {
      const own = placed(a);
      let low = 0, high = order.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(places.get(order[middle]), own) < 0) low = middle + 1;
        else high = middle;
      }
      order.splice(low, 0, a.alarm_id);
      listed.add(a.alarm_id);
      places.set(a.alarm_id, own);
    }

    /** Take what an alarm now is; tells whether it is one that has come into the list's view just now. */
    function apply(a) {
      const known = alarms.get(a.alarm_id);
      if (known && known.version > a.version) return false;
      alarms.set(a.alarm_id, a);
      if (listed.has(a.alarm_id)) return false; // stays where it is until the list settles
      if (!belongs(a)) {
        waiting.delete(a.alarm_id);
        return false;
      }
      const isNew = !waiting.has(a.alarm_id);
      if (a.severity >= CRITICAL) {
        waiting.delete(a.alarm_id);
        insert(a);
      } else waiting.add(a.alarm_id);
      return isNew && !known;
    }

    /** A fresh snapshot: what is known is replaced; the list on screen stays as it is where it can. */
    function load(list, keep) {
      const first = alarms.size === 0;
      const fresh = new Set(list.map((a) => a.alarm_id));
      for (const [id, a] of alarms) if (!fresh.has(id)) listed.has(id) ? alarms.set(id, { ...a, state: "closed" }) : alarms.delete(id);
      if (first || !keep) {
        for (const a of list) alarms.set(a.alarm_id, a);
        settle();
      } else for (const a of list) apply(a);
      for (const id of waiting) if (!belongs(alarms.get(id))) waiting.delete(id);
    }

    /** How many alarms lie in each view, by kind in this one, and when the oldest grave one was raised. */
    function counts() {
      const views = Object.fromEntries(VIEWS.map((view) => [view, 0]));
      const kinds = {};
      const at = now();
      let oldest = null;
      for (const a of alarms.values()) {
        if (!isOpen(a) || (filter.area && !a.area.startsWith(filter.area))) continue;
        for (const view of VIEWS) if (IN_VIEW[view](a, me, at)) views[view] += 1;
        if (IN_VIEW[filter.view](a, me, at)) kinds[a.kind] = (kinds[a.kind] || 0) + 1;
        if (a.severity >= MAJOR && IN_VIEW.unacked(a) && (oldest === null || raisedMs(a) < oldest)) oldest = raisedMs(a);
      }
      return { views, kinds, oldest };
    }

    const alarmItem = (id) => ({ type: "alarm", key: `a${id}`, id });

    /** The lines of the list: a head for each grade, then its alarms. */
    function calmLines() {
      const lines = [];
      let head = null;
      for (const id of order) {
        const { severity } = alarms.get(id);
        if (!head || head.severity !== severity) lines.push((head = { type: "head", key: `h${severity}`, severity, n: 0 }));
        head.n += 1;
        lines.push(alarmItem(id));
      }
      return lines;
    }

    /** In a flood: what kills on top and one by one; the rest one line a cause, mere notices a number. */
    function floodLines() {
      const pinned = [], byGrade = new Map(), notices = [];
      for (const id of order) {
        const a = alarms.get(id);
        if (a.severity >= CRITICAL || (a.life_safety && a.severity >= MAJOR)) pinned.push(alarmItem(id));
        else if (a.severity === WARNING) notices.push(id);
        else {
          const groups = byGrade.get(a.severity) || new Map();
          byGrade.set(a.severity, groups);
          const key = cause(a), members = groups.get(key);
          if (members) members.push(id);
          else groups.set(key, [id]);
        }
      }
      const lines = pinned.length ? [{ type: "head", key: "pinned", severity: CRITICAL, pinned: true, n: pinned.length }, ...pinned] : [];
      for (const [severity, groups] of byGrade) {
        const n = [...groups.values()].reduce((sum, ids) => sum + ids.length, 0);
        lines.push({ type: "head", key: `h${severity}`, severity, n, groups: groups.size });
        for (const [key, ids] of groups) {
          if (ids.length === 1) lines.push(alarmItem(ids[0]));
          else lines.push({ type: "group", key: `g${key}`, ids, open: opened.has(`g${key}`) }, ...(opened.has(`g${key}`) ? ids.map(alarmItem) : []));
        }
      }
      if (!notices.length) return lines;
      const held = { type: "group", key: "notices", ids: notices, open: opened.has("notices"), held: true };
      return [...lines, { type: "head", key: "h1", severity: WARNING, n: notices.length }, held, ...(held.open ? notices.map(alarmItem) : [])];
    }

    return {
      load, apply, settle, counts, forget, graver,
      get: (id) => alarms.get(id),
      patch(record) {
        const known = alarms.get(record.id);
        if (known && record.version >= known.version) alarms.set(record.id, patched(known, record));
        return alarms.get(record.id);
      },
      all: () => alarms.values(),
      size: () => order.length,
      waiting: () => [...waiting],
      /** Still on screen although it no longer belongs there. */
      isGone: (id) => !belongs(alarms.get(id)),
      setFilter(next) {
        filter = next;
        settle();
      },
      setMe(name) {
        me = name;
      },
      setFlood(on) {
        if (flood === on) return false;
        flood = on;
        settle();
        return true;
      },
      toggle(key) {
        if (!opened.delete(key)) opened.add(key);
      },
      lines: () => (flood ? floodLines() : calmLines()),
    };
  }

  /** What is current and what is marked. `lines` are those on screen. */
  function createSelection() {
    let current = null, anchor = null, marked = new Set();
    /** What can be gone to: each alarm, and a folded group as its first, which stands for all of it. */
    const stops = (lines) => lines.filter((line) => line.type === "alarm" || (line.type === "group" && !line.open)).map((line) => line.ids || [line.id]);

    function span(all, from, to) {
      const at = (id) => all.findIndex((ids) => ids.includes(id)), a = at(from), b = at(to);
      return a < 0 || b < 0 ? [to] : all.slice(Math.min(a, b), Math.max(a, b) + 1).flat();
    }

    return {
      current: () => current,
      marked: () => [...marked],
      isMarked: (id) => marked.has(id),
      /** What an action is for: the marked ones, else the current one. */
      targets: () => (marked.size ? [...marked] : current === null ? [] : [current]),
      go(id) {
        current = anchor = id;
      },
      /** The next alarm `step` lines on, over those that are `over`; at the ends it stays. Extending marks all passed. */
      move(lines, step, extend, over = () => false) {
        const all = stops(lines).filter((ids) => ids.includes(current) || !ids.every(over));
        if (!all.length) return current;
        const at = all.findIndex((ids) => ids.includes(current));
        const next = at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step));
        if (next !== at) [current] = all[next];
        if (extend) marked = new Set(span(all, anchor === null ? current : anchor, current));
        else anchor = current;
        return current;
      },
      /** Mark or unmark an alarm; a folded group as a whole. */
      toggle(id, lines = []) {
        const ids = stops(lines).find((some) => some.includes(id)) || [id], on = !marked.has(id);
        for (const one of ids) on ? marked.add(one) : marked.delete(one);
        current = anchor = id;
      },
      extend(lines, id) {
        marked = new Set(span(stops(lines), anchor === null ? id : anchor, id));
        current = id;
      },
      markAll(lines) {
        marked = new Set(stops(lines).flat());
      },
      clear() {
        const had = marked.size > 0;
        marked.clear();
        return had;
      },
      /** Those that are no longer there are not marked either. */
      keep(exists) {
        for (const id of marked) if (!exists(id)) marked.delete(id);
      },
    };
  }

  const desk = {
    LOOK_S, VIEWS, cause, compare, createQueue, createSelection,
    isBeside, isHeld, isShelved, isStale, isSuppressed, isUnacked, lookDue, lookLeft, matches, patched, raisedMs,
  };
  root.yiping = root.yiping || {};
  root.yiping.deskQueue = desk;
  if (typeof module !== "undefined") module.exports = desk;
})(typeof globalThis !== "undefined" ? globalThis : this);
