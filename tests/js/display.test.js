const test = require("node:test");
const assert = require("node:assert");

const { age, freshness, grave, listed, merged, minute, sourceTime, summed, times, figure } = require("../../assets/js/display.js");
const { t } = require("../../assets/js/i18n.js");

const S = 1000, M = 60 * S, H = 60 * M, D = 24 * H;
const NOON = Date.parse("2026-06-01T04:00:00Z");
const alarm = (over) => ({
  alarm_id: 1, severity: 4, life_safety: true, state: "active_unacked", run: null, raised_at: "2026-06-01T04:00:00Z", ...over,
});

test("a moment of another day says the day, in Shanghai's time", () => {
  const now = Date.parse("2026-06-01T15:30:00Z"); // 23:30 there
  assert.deepEqual([0, 29, 31].map((m) => minute(now + m * 60_000, now)), ["23:30", "23:59", "06-02 00:01"]);
});

test("an age counts seconds under twenty minutes, then grows coarser", () => {
  assert.deepStrictEqual(
    [0, 134 * S, 20 * M - 1, 24 * M, 72 * M, 6 * D + 4 * H].map((ms) => age(ms, t)),
    ["00:00", "02:14", "19:59", "24 分", "1 时 12", "6 天 04 小时"]
  );
  assert.strictEqual(age(-5, t), "00:00"); // clocks differ; nothing is younger than now
});

test("a source is late after two intervals and failed after ten, with patience for the quick ones", () => {
  const seen = (ms) => new Date(NOON - ms).toISOString();
  assert.strictEqual(freshness(null, 60, NOON), "none");
  assert.strictEqual(freshness(seen(119 * S), 60, NOON), "fresh");
  assert.strictEqual(freshness(seen(121 * S), 60, NOON), "late");
  assert.strictEqual(freshness(seen(601 * S), 60, NOON), "failed");
  assert.strictEqual(freshness(seen(29 * S), 1, NOON), "fresh");
});

test("a source of today shows its time in Shanghai, an older one its date", () => {
  assert.strictEqual(sourceTime("2026-06-01T03:59:58Z", 60, NOON), "11:59:58");
  assert.strictEqual(sourceTime("2026-05-31T22:00:00Z", 86400, NOON), "06:00");
  assert.strictEqual(sourceTime("2026-05-31T15:00:00Z", 86400, NOON), "05-31");
  assert.strictEqual(sourceTime("2018-10-31T04:00:00Z", 86400, NOON), "2018-10-31");
});

test("the strip names the unacknowledged before the acknowledged before the cleared, and never a replay", () => {
  const all = [
    alarm({ alarm_id: 1, state: "cleared_unacked" }),
    alarm({ alarm_id: 2, state: "active_acked" }),
    alarm({ alarm_id: 3, severity: 3 }),
    alarm({ alarm_id: 4 }),
    alarm({ alarm_id: 5, run: "replay-1" }),
    alarm({ alarm_id: 6, severity: 3, life_safety: false }),
    alarm({ alarm_id: 7, raised_at: "2026-06-01T04:00:01Z" }),
  ];
  assert.deepStrictEqual(grave(all).map((a) => a.alarm_id), [7, 4, 3, 2, 1]);
});

test("standing life-safety alarms are pinned, what stands comes before what only waits for a look", () => {
  const all = [
    alarm({ alarm_id: 5, state: "cleared_unacked", life_safety: false }),
    alarm({ alarm_id: 1, life_safety: false }),
    alarm({ alarm_id: 2, severity: 3 }),
    alarm({ alarm_id: 3, severity: 2, life_safety: false }),
    alarm({ alarm_id: 4, state: "cleared_unacked" }),
  ];
  assert.deepStrictEqual(listed(all).map((a) => a.alarm_id), [2, 1, 3, 5, 4]);
});

test("alarms of one kind in one building are one line as old as the first; other places and kinds are never merged", () => {
  const at = (id, building, over) => alarm({ alarm_id: id, version: 1, building_id: building, kind: "smoke", occurrences: 2, ...over });
  const lines = merged([
    at(3, 7, { raised_at: "2026-06-01T04:02:00Z" }),
    at(2, 8, {}),
    at(1, 7, { raised_at: "2026-06-01T04:00:30Z", state: "active_acked" }),
    at(4, 7, { kind: "gas" }),
    at(5, 7, { run: "replay-1" }),
    at(6, 7, { state: "cleared_unacked" }),
    at(7, null, {}),
    at(8, null, {}),
  ]);
  assert.deepStrictEqual(lines.map((l) => l.members.map((a) => a.alarm_id)), [[3, 1, 6], [2], [4], [5], [7], [8]]);
  assert.deepStrictEqual([lines[0].since, lines[0].unseen], ["2026-06-01T04:00:00Z", 1]);
  assert.deepStrictEqual(lines.slice(0, 2).map((l) => times(l, t)), ["3 个终端", "×2"]);
});

test("the list's head tells what stands from what only waits for a look or a reason", () => {
  const all = [
    alarm({ alarm_id: 1 }),
    alarm({ alarm_id: 2, state: "active_acked" }),
    alarm({ alarm_id: 3, state: "cleared_unacked" }),
    alarm({ alarm_id: 4, state: "cleared_acked" }),
    alarm({ alarm_id: 5, run: "replay-1" }),
  ];
  assert.strictEqual(summed(all, t), "在告 2 · 已恢复待确认 1 · 已恢复待说明 1 · 回放 1");
  assert.strictEqual(summed(all.slice(0, 2), t), "在告 2");
});

test("figures have commas and a true minus", () => {
  assert.strictEqual(figure(1143801), "1,143,801");
  assert.strictEqual(figure(-7), "\u22127");
});
