// How the live panels write ages, times and figures, and which alarm comes first. Pure: no DOM, no clock of its own.
(function (root) {
  "use strict";

  const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const LATE_AFTER = 2; // intervals without a word (design notes: delayed is more than twice the interval)
  const FAILED_AFTER = 10;
  const LEAST_PATIENCE_MS = 30_000;
  const BATCH_S = 86_400; // a source that comes once a day or more rarely shows a date, not a time
  const ZONE = { timeZone: "Asia/Shanghai", hour12: false };
  const clockFormat = new Intl.DateTimeFormat("en-GB", { ...ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const dayFormat = new Intl.DateTimeFormat("en-CA", { ...ZONE, year: "numeric", month: "2-digit", day: "2-digit" });

  const two = (n) => String(n).padStart(2, "0");
  const clock = (ms) => clockFormat.format(ms);
  const day = (ms) => dayFormat.format(ms);
  /** `18:00` today, else `11-29 06:00`. */
  const minute = (ms, now) => (day(ms) === day(now) ? "" : `${day(ms).slice(5)} `) + clock(ms).slice(0, 5);
  const grouped = new Intl.NumberFormat("en-US"); // made once: toLocaleString costs milliseconds a page
  const figure = (n) => grouped.format(n).replace("-", "\u2212");

  /** mm:ss under 20 minutes, then minutes, hours and minutes, days. `t` translates. */
  function age(ms, t) {
    const past = Math.max(0, ms);
    if (past < 20 * MINUTE) return `${two(Math.floor(past / MINUTE))}:${two(Math.floor((past % MINUTE) / 1000))}`;
    if (past < HOUR) return t("{m} 分", { m: Math.floor(past / MINUTE) });
    if (past < DAY) return t("{h} 时 {m}", { h: Math.floor(past / HOUR), m: two(Math.floor((past % HOUR) / MINUTE)) });
    return t("{d} 天 {h} 小时", { d: Math.floor(past / DAY), h: two(Math.floor((past % DAY) / HOUR)) });
  }

  /** How fresh a source is at `now`: fresh, late, failed, or none when it has never delivered. */
  function freshness(lastSeen, intervalS, now) {
    if (!lastSeen) return "none";
    const silent = now - Date.parse(lastSeen);
    const due = Math.max(LEAST_PATIENCE_MS, intervalS * 1000 * LATE_AFTER);
    if (silent <= due) return "fresh";
    return silent <= Math.max(due, intervalS * 1000 * FAILED_AFTER) ? "late" : "failed";
  }

  /** When a source last delivered: a time today, otherwise a date. */
  function sourceTime(lastSeen, intervalS, now) {
    const ms = Date.parse(lastSeen);
    if (day(ms) !== day(now)) return day(ms).slice(day(ms).slice(0, 4) === day(now).slice(0, 4) ? 5 : 0);
    return intervalS >= BATCH_S ? clock(ms).slice(0, 5) : clock(ms);
  }

  const isOver = (a) => a.state === "cleared_acked"; // gone and seen: only its reason is missing
  const isGrave = (a) => a.run === null && !isOver(a) && (a.severity >= 4 || (a.life_safety && a.severity >= 3));
  const standing = { active_unacked: 0, active_acked: 1, cleared_unacked: 2, cleared_acked: 3, closed: 4 };

  /** What the pinned strip names, gravest first: unacknowledged before acknowledged before cleared, then newest. */
  function grave(alarms) {
    return alarms
      .filter(isGrave)
      .sort(
        (a, b) =>
          standing[a.state] - standing[b.state] ||
          b.severity - a.severity ||
          Number(b.life_safety) - Number(a.life_safety) ||
          Date.parse(b.raised_at) - Date.parse(a.raised_at)
      );
  }

  const isCleared = (a) => a.state === "cleared_unacked" || a.state === "cleared_acked";

  /** The list's order: standing life-safety alarms pinned on top, then what stands, then what only waits for a look. */
  function listed(alarms) {
    const rank = (a) => (isCleared(a) ? 2 : a.life_safety && a.severity >= 3 && a.run === null ? 0 : 1);
    return alarms.map((a, i) => [a, i]).sort((x, y) => rank(x[0]) - rank(y[0]) || x[1] - y[1]).map(([a]) => a);
  }

  /**
   * Alarms of one kind in one building as one line, in the order of their first members: nine detectors of one fire are
   * one thing to look at. `lead` is the first of them and speaks for all; what lies elsewhere is never merged.
   */
  function merged(alarms) {
    const lines = new Map();
    for (const a of alarms) {
      const alone = a.building_id === null || a.building_id === undefined;
      const key = alone ? `a${a.alarm_id}` : [a.building_id, a.kind, a.run].join("/");
      if (!lines.has(key)) lines.set(key, { key, lead: a, members: [] });
      lines.get(key).members.push(a);
    }
    return [...lines.values()].map((line) => ({
      ...line,
      since: line.members.reduce((first, a) => (a.raised_at < first ? a.raised_at : first), line.lead.raised_at),
      unseen: line.members.filter((a) => a.state === "active_unacked").length,
      drawn: line.members.map((a) => `${a.alarm_id}.${a.version}`).join(),
    }));
  }

  /** How often, or by how many: `×3` of one alarm, the number of devices of several. `t` translates. */
  function times({ lead, members }, t) {
    if (members.length > 1) return t("{n} 个终端", { n: members.length });
    return lead.occurrences > 1 ? `×${lead.occurrences}` : "";
  }

  /** What the list holds, in words: 在告 12 · 已恢复待确认 3; replayed ones count to neither. `t` translates. */
  function summed(alarms, t) {
    const n = (wanted) => alarms.filter((a) => a.run === null && wanted(a)).length;
    const over = n((a) => a.state === "cleared_unacked"), reasons = n(isOver), replayed = alarms.filter((a) => a.run !== null).length;
    return [
      t("在告 {n}", { n: figure(n((a) => !isCleared(a))) }),
      over ? t("已恢复待确认 {n}", { n: figure(over) }) : "",
      reasons ? t("已恢复待说明 {n}", { n: figure(reasons) }) : "",
      replayed ? t("回放 {n}", { n: figure(replayed) }) : "",
    ].filter(Boolean).join(" · ");
  }

  const words = { age, clock, day, figure, freshness, grave, isCleared, listed, merged, minute, sourceTime, summed, times, BATCH_S };
  root.yiping = root.yiping || {};
  root.yiping.display = words;
  if (typeof module !== "undefined") module.exports = words;
})(typeof globalThis !== "undefined" ? globalThis : this);
