// What a grid worker did waits here until the server has it: in IndexedDB, so that it outlives the page, in the order it
// was done, each thing under a key of its own, by which the server does it once however often it is sent.
(function (root) {
  "use strict";

  const AGAIN = new Set([401, 408, 425, 429]); // as every 5xx: not now, but later

  /**
   * A queue over `store` ({all(), put(item), remove(id)}). `send(item)` answers {status, said} and throws without a
   * connection; `who()` is whose items may be sent; `changed(sent)` is called whenever something has.
   */
  function queue({ store, send, who, changed }) {
    let running = null;

    async function add(item) {
      await store.put({ ...item, state: "waiting" });
      changed(null);
      return flush();
    }

    /** Send what waits. Answers "empty", "offline" or "signed out". */
    function flush() {
      running = running || run().finally(() => (running = null));
      return running;
    }

    async function run() {
      for (;;) {
        const next = (await store.all()).find((item) => item.state === "waiting" && item.user === who());
        if (!next) return "empty";
        let answer;
        try {
          answer = await send(next);
        } catch (e) {
          return "offline";
        }
        if (answer.status === 401) return "signed out";
        if (AGAIN.has(answer.status) || answer.status >= 500) return "offline";
        if (answer.status < 300) await store.remove(next.id);
        else await store.put({ ...next, state: "refused", said: answer.said });
        changed(answer.status < 300 ? next : null);
      }
    }

    /** What was refused has been read. */
    async function drop(id) {
      await store.remove(id);
      changed(null);
    }

    return { add, flush, drop, all: () => store.all() };
  }

  /** `tasks` as they will be when what waits has been sent. */
  function applied(tasks, items) {
    const found = new Map(tasks.map((task) => [task.id, { ...task, photos: [...task.photos], pending: [] }]));
    for (const item of items) {
      const task = found.get(item.incident_id);
      if (!task || item.state !== "waiting") continue;
      if (!item.kind && item.what !== "comment" && item.what !== "call") task.pending.push(item.what);
      if (item.what === "accept") Object.assign(task, { mine: true, accepted_at: item.at, stage: task.open ? "dispatch" : task.stage });
      if (item.what === "arrive") task.arrived_at = item.at;
      if (item.what === "photo" && !item.kind) task.photos.push([null, item.phase]);
      if (item.what === "advance" || item.what === "return") task.finished = true;
    }
    return [...found.values()];
  }

  /** What the task needs next: accept, arrive, photo, advance; nothing once that waits to be sent. */
  function need(task) {
    if (task.finished) return null;
    if (!task.mine && (task.open || task.stage === "dispatch")) return "accept";
    if (task.next_stage !== "handle") return "advance";
    if (!task.arrived_at) return "arrive";
    return task.photos.some(([, phase]) => phase === "after") ? "advance" : "photo";
  }

  /** Metres from `here` to `there`, both {lng, lat}; null where one is not known. */
  function metres(here, there) {
    if (!here || there.lng === null || there.lat === null) return null;
    const rad = Math.PI / 180;
    const east = (there.lng - here.lng) * rad * Math.cos(((here.lat + there.lat) / 2) * rad);
    return 6_371_000 * Math.hypot(east, (there.lat - here.lat) * rad);
  }

  /** Nearest first from `here` (`by` "near"), what has no place last; else, and among equals, what is due first. */
  function sorted(tasks, here, by) {
    const far = (task) => (by === "near" ? metres(here, task) ?? Infinity : 0);
    const due = (task) => (task.due_at ? Date.parse(task.due_at) : Infinity);
    const order = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
    return [...tasks].sort((a, b) => order(far(a), far(b)) || order(due(a), due(b)) || a.id - b.id);
  }

  /** Those of `ids` that are not among `seen`. */
  const unknown = (ids, seen) => ids.filter((id) => !seen.includes(id));

  /** The time of day in Shanghai, whatever the phone is set to: what the server says is Shanghai's as well. */
  const clock = (at) => new Date(new Date(at).getTime() + 8 * 3600000).toISOString().slice(11, 16);

  root.yiping = Object.assign(root.yiping || {}, { field: { queue, applied, clock, need, metres, sorted, unknown } });
  if (typeof module !== "undefined") module.exports = root.yiping.field;
})(typeof window === "undefined" ? globalThis : window);
