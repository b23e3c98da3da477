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

  /**
   * How long it can wait: 0 while it stands, 1 when it is gone and nobody has looked, 2 when only a word is missing or, once
   * judged, its end. A fire of now stands above those of before.
   */
  function rankOf(a) {
    if (a.state === "cleared_acked" || a.state === "closed" || a.close_reason) return 2;
    return a.state === "cleared_unacked" ? 1 : 0;
  }

  /** The worst first, of one grade what can wait least, then the oldest. */
  const compare = (a, b) => b.severity - a.severity || a.rank - b.rank || raisedMs(a) - raisedMs(b) || a.alarm_id - b.alarm_id;

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

  /** Two of one event as one: as grave as the worse, as old as the older, as urgent as the more urgent. */
  const asOne = (a, b) => ({
    alarm_id: Math.min(a.alarm_id, b.alarm_id), severity: Math.max(a.severity, b.severity),
    raised_ms: Math.min(a.raised_ms, b.raised_ms), rank: Math.min(a.rank, b.rank),
  });

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
    const opened = new Set(); // confirmed events, and groups of a flood, that are unfolded
    const late = new Set(); // have joined an event while it was unfolded: counted in its line, listed when all settles
    const ofEvent = new Map(); // confirmed event → how many of it are listed
    let shape = 0; // grows with what makes other lines of the list

    const belongs = (a) => Boolean(a) && matches(a, filter, me, now());

    const placed = (a) => ({ alarm_id: a.alarm_id, event: a.event_id, severity: a.severity, raised_ms: raisedMs(a), rank: rankOf(a) });

    function count(event, n) {
      if (event) ofEvent.set(event, (ofEvent.get(event) || 0) + n);
    }

    /** Those of `found` in order, those of one confirmed event together: it is as grave as its worst, as old as its first. */
    function sortedByEvent(found) {
      const events = new Map();
      for (const a of found) if (a.event) events.set(a.event, events.has(a.event) ? asOne(events.get(a.event), a) : a);
      const place = (a) => events.get(a.event) || a;
      return found.sort((a, b) => compare(place(a), place(b)) || compare(a, b)).map((a) => [a.alarm_id, place(a)]);
    }

    function settle() {
      places = new Map(sortedByEvent([...alarms.values()].filter(belongs).map(placed)));
      order = [...places.keys()];
      listed = new Set(order);
      waiting.clear();
      late.clear();
      ofEvent.clear();
      for (const id of order) count(alarms.get(id).event_id, 1);
      shape += 1;
    }

    /** What an alarm now is. One that has become part of an event changes the lines, not the order. */
    function put(a) {
      const known = alarms.get(a.alarm_id);
      alarms.set(a.alarm_id, a);
      if (!listed.has(a.alarm_id) || (known && known.event_id === a.event_id)) return;
      if (known) count(known.event_id, -1);
      count(a.event_id, 1);
      shape += 1;
    }

    /**
     * The worst critical alarm that nobody has looked at, whatever the list is narrowed to; null while `current` is one
     * itself, or one of its own confirmed event is, which is looked at with it.
     */
    function graver(current) {
      const waits = (a) => a.severity === CRITICAL && isUnacked(a) && !isHeld(a) && a.run === null;
      const open = alarms.get(current);
      if (open && waits(open)) return null;
      let found = null;
      for (const a of alarms.values()) {
        if (!waits(a)) continue;
        if (open && open.event_id && a.event_id === open.event_id) return null;
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
      count(a.event_id, 1);
      shape += 1;
    }

    /** Take what an alarm now is; tells whether it is one that has come into the list's view just now. */
    function apply(a) {
      const known = alarms.get(a.alarm_id);
      if (known && known.version > a.version) return false;
      put(a);
      if (listed.has(a.alarm_id)) return false; // stays where it is until the list settles
      if (!belongs(a)) {
        waiting.delete(a.alarm_id);
        return false;
      }
      const isNew = !waiting.has(a.alarm_id), joins = ofEvent.get(a.event_id) > 0; // a line is there for it: nothing moves
      if (a.severity >= CRITICAL || joins) {
        waiting.delete(a.alarm_id);
        insert(a);
        if (joins && opened.has(eventKey(a.event_id))) late.add(a.alarm_id);
      } else waiting.add(a.alarm_id);
      return isNew && !known;
    }

    /** A fresh snapshot: what is known is replaced; the list on screen stays as it is where it can. */
    function load(list, keep) {
      const first = alarms.size === 0;
      const fresh = new Set(list.map((a) => a.alarm_id));
      for (const [id, a] of alarms) if (!fresh.has(id)) listed.has(id) ? put({ ...a, state: "closed" }) : alarms.delete(id);
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

    const eventKey = (event) => `e${event}`;
    const alarmItem = (id, of) => ({ type: "alarm", key: `a${id}`, id, of });
    const unfolded = (line) => (line.open ? [line, ...line.ids.filter((id) => !late.has(id)).map((id) => alarmItem(id, line.key))] : [line]);

    /** What is listed, in its order: alarms, and those of one confirmed event as one, where its first is. */
    function eachLine() {
      const events = new Map(), lines = [];
      for (const id of order) {
        const event = alarms.get(id).event_id, found = event && events.get(event);
        if (found) found.ids.push(id);
        else if (event && ofEvent.get(event) > 1) {
          const line = { type: "event", key: eventKey(event), event, ids: [id], open: opened.has(eventKey(event)) };
          events.set(event, line);
          lines.push(line);
        } else lines.push(alarmItem(id));
      }
      return lines;
    }

    const firstOf = (line) => (line.ids ? line.ids[0] : line.id);

    /** The lines of the list: a head for each grade, then what is of it. */
    function calmLines() {
      const lines = [];
      let head = null;
      for (const line of eachLine()) {
        const { severity } = places.get(firstOf(line));
        if (!head || head.severity !== severity) lines.push((head = { type: "head", key: `h${severity}`, severity, n: 0, groups: 0 }));
        head.n += line.ids ? line.ids.length : 1;
        head.groups += 1;
        lines.push(...unfolded(line));
      }
      return lines;
    }

    /** What a line of a flood is by: the gravest of it. */
    function gravest(line) {
      const of = (line.ids || [line.id]).map((id) => alarms.get(id));
      return of.reduce((worst, a) => (a.severity > worst.severity ? a : worst));
    }

    /** In a flood: what kills on top, event by event; the rest one line a cause, mere notices a number. */
    function floodLines() {
      const pinned = [], byGrade = new Map(), notices = [];
      for (const line of eachLine()) {
        const a = gravest(line);
        if (a.severity >= CRITICAL || (a.life_safety && a.severity >= MAJOR)) pinned.push(line);
        else if (a.severity === WARNING) notices.push(...(line.ids || [line.id]));
        else {
          const groups = byGrade.get(a.severity) || new Map();
          byGrade.set(a.severity, groups);
          const key = cause(a), of = groups.get(key);
          if (of) of.push(line);
          else groups.set(key, [line]);
        }
      }
      const size = (some) => some.reduce((sum, line) => sum + (line.ids ? line.ids.length : 1), 0);
      const lines = pinned.length ? [{ type: "head", key: "pinned", severity: CRITICAL, pinned: true, n: size(pinned), groups: pinned.length }, ...pinned.flatMap(unfolded)] : [];
      for (const [severity, groups] of byGrade) {
        lines.push({ type: "head", key: `h${severity}`, severity, n: size([...groups.values()].flat()), groups: groups.size, merged: true });
        for (const [key, of] of groups) {
          if (of.length === 1) lines.push(...unfolded(of[0]));
          else lines.push(...unfolded({ type: "group", key: `g${key}`, ids: of.map((line) => line.id), open: opened.has(`g${key}`) }));
        }
      }
      if (!notices.length) return lines;
      const held = { type: "group", key: "notices", ids: notices, open: opened.has("notices"), held: true };
      return [...lines, { type: "head", key: "h1", severity: WARNING, n: notices.length, groups: 1, merged: true }, ...unfolded(held)];
    }

    return {
      load, apply, settle, counts, forget, graver,
      get: (id) => alarms.get(id),
      patch(record) {
        const known = alarms.get(record.id);
        if (known && record.version >= known.version) put(patched(known, record));
        return alarms.get(record.id);
      },
      all: () => alarms.values(),
      size: () => order.length,
      waiting: () => [...waiting, ...late],
      shape: () => shape,
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
        for (const id of late) if (eventKey(alarms.get(id).event_id) === key) late.delete(id);
        shape += 1;
      },
      lines: () => (flood ? floodLines() : calmLines()),
    };
  }

  /** What is current and what is marked. `lines` are those on screen. */
  function createSelection() {
    let current = null, anchor = null, marked = new Set();
    /** What can be gone to: each alarm, and what is folded as its first, which stands for all of it. */
    const stops = (lines) => lines.filter((line) => line.type === "alarm" || (line.ids && !line.open)).map((line) => line.ids || [line.id]);

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
        if (next !== at) current = all[next].find((id) => !over(id)) ?? all[next][0];
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
