const test = require("node:test");
const assert = require("node:assert");

const { createQueue, createSelection, isBeside, isStale, lookLeft, matches, patched } = require("../../assets/js/desk_queue.js");

const NOON = Date.parse("2026-06-01T04:00:00Z");
const alarm = (id, more = {}) => ({
  alarm_id: id, version: 1, severity: 2, kind: "offline", state: "active_unacked", area: "001002003004", place: `place ${id}`, occurrences: 1,
  raised_at: new Date(NOON + id * 1000).toISOString(), life_safety: false, owner: null, parent_id: null, event_id: null, shelved_until: null,
  shelved_until_clear: false, run: null, ...more,
});
const filled = (list, options = {}) => {
  const queue = createQueue(options);
  queue.load(list);
  return queue;
};
const ids = (queue) => queue.lines().filter((line) => line.type === "alarm").map((line) => line.id);
const heads = (queue) => queue.lines().filter((line) => line.type === "head").map((line) => [line.severity, line.n]);

test("the worst come first, then the oldest, under a head for each grade with its number", () => {
  const queue = filled([alarm(3), alarm(1, { severity: 4 }), alarm(2), alarm(5, { severity: 4 }), alarm(4, { severity: 1 })]);
  assert.deepEqual(ids(queue), [1, 5, 2, 3, 4]);
  assert.deepEqual(heads(queue), [[4, 2], [2, 2], [1, 1]]);
});

test("a fire of now stands above those of before that are gone, looked at or not", () => {
  const critical = (id, state) => alarm(id, { severity: 4, state });
  const queue = filled([critical(1, "cleared_unacked"), critical(2, "cleared_acked"), critical(3, "active_acked"), critical(4, "active_unacked")]);
  assert.deepEqual(ids(queue), [3, 4, 1, 2]);
  assert.equal(queue.graver(null).alarm_id, 4);
});

test("of one grade what only waits for a word comes after what is to be done, and moves when the list settles", () => {
  const before = { severity: 4, state: "cleared_acked" }, judged = { severity: 4, state: "active_acked", close_reason: "real" };
  const queue = filled([alarm(1, before), alarm(2, judged), alarm(4, { severity: 4, state: "active_acked" }), alarm(9)]);
  assert.deepEqual(ids(queue), [4, 1, 2, 9]);
  queue.apply(alarm(4, { severity: 4, state: "cleared_acked", version: 2 }));
  assert.deepEqual(ids(queue), [4, 1, 2, 9]); // under the cursor nothing moves
  queue.apply(alarm(5, { severity: 4 }));
  assert.deepEqual(ids(queue), [4, 5, 1, 2, 9]);
  queue.settle();
  assert.deepEqual(ids(queue), [5, 1, 2, 4, 9]);
});

test("a new alarm waits until the list settles; a critical one does not wait", () => {
  const queue = filled([alarm(1), alarm(2)]);
  assert.equal(queue.apply(alarm(3)), true);
  assert.equal(queue.apply(alarm(4, { severity: 4 })), true);
  assert.deepEqual([ids(queue), queue.waiting()], [[4, 1, 2], [3]]);
  queue.settle();
  assert.deepEqual([ids(queue), queue.waiting()], [[4, 1, 2, 3], []]);
});

test("a waiting alarm that becomes critical comes in at once, and one that closes waits no more", () => {
  const queue = filled([alarm(1)]);
  queue.apply(alarm(2));
  queue.apply(alarm(3));
  queue.apply(alarm(2, { severity: 4, version: 2 }));
  queue.apply(alarm(3, { state: "closed", version: 2 }));
  assert.deepEqual([ids(queue), queue.waiting()], [[2, 1], []]);
});

test("what is closed or has risen keeps its line until the list settles", () => {
  const queue = filled([alarm(1), alarm(2), alarm(3)]);
  queue.apply(alarm(2, { state: "closed", version: 2 }));
  queue.apply(alarm(3, { severity: 3, version: 2 }));
  assert.deepEqual([ids(queue), queue.isGone(2), queue.isGone(3)], [[1, 2, 3], true, false]);
  queue.settle();
  assert.deepEqual(ids(queue), [3, 1]);
});

test("an older version never replaces a newer one", () => {
  const queue = filled([alarm(1, { version: 5, owner: "zhou" })]);
  queue.apply(alarm(1, { version: 4 }));
  assert.equal(queue.get(1).owner, "zhou");
});

test("a fresh snapshot leaves the list as it is: what is no more there is gone, what is new waits", () => {
  const queue = filled([alarm(1), alarm(2)]);
  queue.load([alarm(2), alarm(3)], true);
  assert.deepEqual([ids(queue), queue.isGone(1), queue.waiting()], [[1, 2], true, [3]]);
});

test("each view holds its own and its number", () => {
  const list = [
    alarm(1), alarm(2, { state: "active_acked", owner: "zhou" }), alarm(3, { shelved_until: "2026-06-01T05:00:00Z" }),
    alarm(4, { parent_id: 1 }), alarm(5, { state: "cleared_acked" }), alarm(6, { shelved_until_clear: true }),
  ];
  const found = {};
  for (const view of ["open", "mine", "unacked", "shelved", "suppressed", "all"]) found[view] = ids(filled(list, { me: "zhou", filter: { view } }));
  assert.deepEqual(found, { open: [1, 2, 5], mine: [2], unacked: [1], shelved: [3, 6], suppressed: [4], all: [1, 2, 3, 4, 6, 5] });
  const { views } = filled(list, { me: "zhou" }).counts();
  assert.deepEqual(views, { open: 3, mine: 1, unacked: 1, shelved: 2, suppressed: 1, stale: 0, chattering: 0, all: 6 });
});

test("what stands for a day is stale, what flutters is chattering, and each has its view", () => {
  const day = 86400000, list = [
    alarm(1), alarm(2, { state: "cleared_unacked" }), alarm(3, { raised_at: new Date(NOON + 60000).toISOString() }),
    alarm(4, { raised_at: new Date(NOON + 60000).toISOString(), chattering: true }),
  ];
  const now = () => NOON + day + 5000;
  assert.deepEqual(ids(filled(list, { now, filter: { view: "stale" } })), [1]);
  assert.deepEqual(ids(filled(list, { now, filter: { view: "chattering" } })), [4]);
  const { views } = filled(list, { now }).counts();
  assert.deepEqual([views.stale, views.chattering], [1, 1]);
});

test("filters narrow by grade, kind, area and words", () => {
  const filter = { view: "open", words: (a) => a.place };
  assert.equal(matches(alarm(1), { ...filter, severity: 3 }), false);
  assert.equal(matches(alarm(1), { ...filter, kind: "smoke" }), false);
  assert.equal(matches(alarm(1), { ...filter, area: "001002" }), true);
  assert.equal(matches(alarm(1), { ...filter, area: "001003" }), false);
  assert.equal(matches(alarm(1), { ...filter, q: "PLACE 1" }), true);
  assert.equal(matches(alarm(1), { ...filter, q: "elsewhere" }), false);
});

test("in a flood what kills stands on top one by one, the rest one line a cause, notices are a number", () => {
  const far = "001002009001";
  const queue = filled([
    alarm(1, { severity: 4 }), alarm(2, { severity: 4, area: far }), alarm(3, { severity: 3, life_safety: true }), alarm(4, { severity: 3 }),
    alarm(5, { severity: 3 }), alarm(6, { severity: 3, area: far }), alarm(7, { severity: 1 }), alarm(8, { severity: 1 }),
  ]);
  assert.equal(queue.setFlood(true), true);
  assert.deepEqual(queue.lines().map((line) => [line.type, line.id || line.ids || line.n]), [
    ["head", 3], ["alarm", 1], ["alarm", 2], ["alarm", 3], ["head", 3], ["group", [4, 5]], ["alarm", 6], ["head", 2], ["group", [7, 8]],
  ]);
  queue.toggle(queue.lines()[5].key);
  assert.deepEqual(ids(queue), [1, 2, 3, 4, 5, 6]);
  queue.setFlood(false);
  assert.deepEqual(ids(queue), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("the clock of the first look runs by grade and only for what nobody has looked at", () => {
  const raised_at = new Date(NOON).toISOString();
  assert.equal(lookLeft(alarm(1, { severity: 4, raised_at }), NOON + 30_000), 0.5);
  assert.equal(lookLeft(alarm(1, { severity: 3, raised_at }), NOON + 270_000), -0.5);
  assert.equal(lookLeft(alarm(1, { severity: 2, raised_at, look_due_at: new Date(NOON + 600_000).toISOString() }), NOON), 0.5);
  assert.equal(lookLeft(alarm(1, { state: "active_acked" }), NOON), null);
  assert.equal(lookLeft(alarm(1, { parent_id: 9 }), NOON), null);
});

test("what has been standing for a day is stale until it clears", () => {
  const day = 86400000, a = alarm(1, { raised_at: "2026-06-01T04:00:00Z" }), raised = Date.parse(a.raised_at);
  assert.equal(isStale(a, raised + day - 1), false);
  assert.equal(isStale(a, raised + day), true);
  assert.equal(isStale({ ...a, state: "cleared_acked" }, raised + day), false);
});

test("ten thousand alarms are in order in less than a tenth of a second", () => {
  const list = Array.from({ length: 10_000 }, (_, i) => alarm((i * 7919) % 10_007, { severity: 1 + (i % 4) }));
  const began = process.cpuUsage();
  const queue = filled(list);
  queue.lines();
  queue.counts();
  const { user, system } = process.cpuUsage(began);
  assert.ok((user + system) / 1000 < 100 * 3, "three times as much for a machine that is slow"); // measured: about 30 ms
});

test("the server's record overwrites what it speaks of and leaves path and place", () => {
  const after = patched(alarm(1), { id: 1, area: "440303", area_name: "x", version: 2, owner: "zhou", state: "active_acked" });
  assert.deepEqual([after.alarm_id, after.area, after.owner, after.state, after.version, after.place], [1, "001002003004", "zhou", "active_acked", 2, "place 1"]);
});

test("closed alarms are forgotten after a while", () => {
  const queue = filled([alarm(1), alarm(2)]);
  queue.apply(alarm(1, { state: "closed", version: 2 }));
  queue.settle();
  queue.forget(NOON);
  assert.equal([...queue.all()].length, 2);
  queue.forget(NOON + 601_000 + 1000);
  assert.deepEqual([...queue.all()].map((a) => a.alarm_id), [2]);
});

const lines = [1, 2, 3, 4].map((id) => ({ type: "alarm", id }));

test("moving stays within the list and extending marks what was passed", () => {
  const selection = createSelection();
  assert.deepEqual([selection.move(lines, 1), selection.move(lines, 1), selection.move(lines, -5), selection.move(lines, 9)], [1, 2, 1, 4]);
  selection.move(lines, -1, true);
  selection.move(lines, -1, true);
  assert.deepEqual(selection.marked().sort(), [2, 3, 4]);
  assert.deepEqual(selection.targets().sort(), [2, 3, 4]);
  selection.clear();
  assert.deepEqual(selection.targets(), [2]);
});

test("moving passes over what is closed, from it as well as to it", () => {
  const selection = createSelection(), closed = new Set([2, 3]), over = (id) => closed.has(id);
  selection.go(2);
  assert.equal(selection.move(lines, 1, false, over), 4);
  assert.equal(selection.move(lines, -1, false, over), 1);
  selection.go(3);
  assert.equal(selection.move(lines, -1, false, over), 1);
});

test("a folded group is gone to by its first alarm and marked as a whole; unfolded its alarms are lines", () => {
  const selection = createSelection(), group = { type: "group", key: "g", ids: [5, 6, 7], open: false };
  const flood = [{ type: "alarm", id: 1 }, group, { type: "alarm", id: 9 }];
  selection.go(1);
  assert.equal(selection.move(flood, 1), 5);
  selection.toggle(5, flood);
  assert.deepEqual(selection.targets(), [5, 6, 7]);
  selection.toggle(5, flood);
  assert.deepEqual(selection.targets(), [5]);
  assert.equal(selection.move(flood, 1), 9);
  selection.move(flood, -2, true);
  assert.deepEqual(selection.marked().sort(), [1, 5, 6, 7, 9]);
  const open = [flood[0], { ...group, open: true }, ...group.ids.map((id) => ({ type: "alarm", id })), flood[2]];
  selection.go(6);
  assert.equal(selection.move(open, 1), 7);
  selection.go(6); // folded again, it is within the group
  assert.equal(selection.move(flood, 1), 9);
});

test("Ctrl marks one by one, Shift from the anchor; what has gone is not marked any more", () => {
  const selection = createSelection();
  selection.toggle(2);
  selection.toggle(4);
  assert.deepEqual(selection.marked(), [2, 4]);
  selection.toggle(2);
  selection.extend(lines, 4);
  assert.deepEqual(selection.marked(), [2, 3, 4]);
  selection.keep((id) => id !== 3);
  assert.deepEqual(selection.marked(), [2, 4]);
});

test("beside an alarm are those of its building, else of its grid, never itself", () => {
  const inside = (id, building_id, area = "001002003004") => ({ ...alarm(id), building_id, area });
  const [house, street] = [inside(1, 7), inside(2, null)];
  assert.equal(isBeside(house, inside(3, 7)), true);
  assert.equal(isBeside(house, inside(3, 8)), false);
  assert.equal(isBeside(house, inside(3, null)), false);
  assert.equal(isBeside(street, inside(3, null)), true);
  assert.equal(isBeside(street, inside(3, null, "001002003005")), false);
  assert.equal(isBeside(street, { ...street, state: "closed" }), false);
  assert.equal(isBeside(undefined, house), false);
});

test("a critical alarm that nobody has looked at is named while a milder or looked-at one is open, whatever is filtered", () => {
  const critical = (id, more) => alarm(id, { severity: 4, ...more });
  const queue = filled([
    alarm(1), critical(2, { state: "active_acked", event_id: 7 }), critical(3, { event_id: 7 }), critical(4, { run: "replay" }),
    critical(6), critical(5), critical(8, { shelved_until_clear: true }),
  ], { filter: { view: "open", severity: 2 } });
  assert.equal(queue.graver(1).alarm_id, 3);
  assert.equal(queue.graver(2), null); // 3 is of its own event, which is looked at first
  queue.apply(critical(3, { event_id: 7, state: "active_acked", version: 2 }));
  assert.equal(queue.graver(2).alarm_id, 5);
  assert.equal(queue.graver(6), null); // is one itself
  assert.equal(filled([alarm(1), alarm(2, { severity: 3 })]).graver(1), null);
});
