const test = require("node:test");
const assert = require("node:assert");

const { createQueue, createSelection } = require("../../assets/js/desk_queue.js");

const NOON = Date.parse("2026-06-01T04:00:00Z");
const alarm = (id, more = {}) => ({
  alarm_id: id, version: 1, severity: 4, kind: "smoke", state: "active_unacked", area: "001002003004", place: `place ${id}`, occurrences: 1,
  raised_at: new Date(NOON + id * 1000).toISOString(), life_safety: true, owner: null, parent_id: null, event_id: null, shelved_until: null,
  shelved_until_clear: false, run: null, ...more,
});
const filled = (list, options = {}) => {
  const queue = createQueue(options);
  queue.load(list);
  return queue;
};
const mild = (id, more) => alarm(id, { severity: 2, life_safety: false, kind: "offline", ...more });
const seen = (queue) => queue.lines().map((line) => (line.type === "head" ? `${line.severity}: ${line.n}/${line.groups}` : line.ids ? `${line.key}${line.open ? " open" : ""} ${line.ids}` : line.id));

test("a confirmed event is one line, as grave as its worst and as old as its first; what is of none stays alone", () => {
  const queue = filled([alarm(1, { event_id: 1, severity: 3 }), alarm(2), alarm(3, { event_id: 1 }), alarm(4, { event_id: 1 }), alarm(9, { event_id: 9 }), mild(5)]);
  assert.deepEqual(seen(queue), ["4: 5/3", "e1 3,4,1", 2, 9, "2: 1/1", 5]);
  assert.equal(queue.size(), 6);
});

test("an event goes to the end of its grade only when all of it waits for a word", () => {
  const queue = filled([alarm(1, { event_id: 1, state: "cleared_acked" }), alarm(2, { event_id: 1, state: "cleared_acked" }), alarm(3)]);
  assert.deepEqual(seen(queue), ["4: 3/2", 3, "e1 1,2"]);
  queue.apply(alarm(2, { event_id: 1, version: 2 }));
  queue.settle();
  assert.deepEqual(seen(queue), ["4: 3/2", "e1 2,1", 3]);
});

test("a second and a third detector join the line of the first: no line comes, none moves", () => {
  const queue = filled([alarm(1), alarm(2, { area: "001002009001" }), mild(5), mild(6)]);
  assert.deepEqual(seen(queue), ["4: 2/2", 1, 2, "2: 2/2", 5, 6]);
  assert.equal(queue.apply(alarm(7, { event_id: 1 })), true); // heard as new
  queue.apply(alarm(1, { event_id: 1, version: 2 }));
  assert.deepEqual(seen(queue), ["4: 3/2", "e1 1,7", 2, "2: 2/2", 5, 6]);
  queue.apply(alarm(8, { event_id: 1, severity: 3 })); // one that is not critical does not wait: nothing moves for it
  assert.deepEqual([seen(queue)[1], queue.waiting()], ["e1 1,7,8", []]);
});

test("who joins an event that is unfolded is counted in its line and listed when all settles", () => {
  const queue = filled([alarm(1, { event_id: 1 }), alarm(2, { event_id: 1 }), mild(5)]);
  queue.toggle("e1");
  assert.deepEqual(seen(queue), ["4: 2/1", "e1 open 1,2", 1, 2, "2: 1/1", 5]);
  const before = queue.shape();
  queue.apply(alarm(3, { event_id: 1 }));
  assert.ok(queue.shape() > before);
  assert.deepEqual([seen(queue), queue.waiting()], [["4: 3/1", "e1 open 1,2,3", 1, 2, "2: 1/1", 5], [3]]);
  queue.settle();
  assert.deepEqual([seen(queue).slice(1, 5), queue.waiting()], [["e1 open 1,2,3", 1, 2, 3], []]);
  queue.apply(alarm(4, { event_id: 1 }));
  queue.toggle("e1");
  assert.deepEqual([seen(queue)[1], queue.waiting()], ["e1 1,2,3,4", []]);
});

test("a filter shows of an event what it finds: of two one line, one alone as an alarm", () => {
  const event = [alarm(1, { event_id: 1, state: "active_acked" }), alarm(2, { event_id: 1 }), alarm(3, { event_id: 1 })];
  const queue = filled(event, { filter: { view: "unacked" } });
  assert.deepEqual(seen(queue), ["4: 2/1", "e1 2,3"]);
  queue.setFilter({ view: "open", q: "place 2", words: (a) => a.place });
  assert.deepEqual(seen(queue), ["4: 1/1", 2]);
});

test("in a flood an event is one line as well: pinned where it kills, else beside the causes", () => {
  const queue = filled([
    alarm(1, { event_id: 1 }), alarm(2, { event_id: 1, severity: 3 }), alarm(3), mild(4), mild(5), mild(6, { event_id: 6 }), mild(7, { event_id: 6 }),
  ]);
  queue.setFlood(true);
  assert.deepEqual(seen(queue), ["4: 3/2", "e1 1,2", 3, "2: 4/2", "goffline 001002003 4,5", "e6 6,7"]);
  queue.toggle("e6");
  assert.deepEqual(seen(queue).slice(-3), ["e6 open 6,7", 6, 7]);
});

test("J and K go to a folded event as to one line, by the first of it that is not over, and to each when it is unfolded", () => {
  const queue = filled([alarm(1, { event_id: 1 }), alarm(2, { event_id: 1 }), alarm(3)]), selection = createSelection();
  const over = (id) => queue.get(id).state === "closed", move = (step) => selection.move(queue.lines(), step, false, over);
  assert.deepEqual([move(1), move(1), move(-1)], [1, 3, 1]);
  selection.toggle(1, queue.lines());
  assert.deepEqual(selection.targets(), [1, 2]);
  selection.clear();
  queue.apply(alarm(1, { event_id: 1, version: 2, state: "closed" }));
  assert.deepEqual([move(1), move(-1)], [3, 2]);
  queue.toggle("e1");
  assert.deepEqual([move(1), move(-1)], [3, 2]);
});
