const test = require("node:test");
const assert = require("node:assert");

const { group } = require("../../assets/js/map_alarms.js");

const alarm = (id, building, more = {}) => ({ id, building, device: id * 10, severity: 4, raised: id, unacked: true, cleared: false, x: id, y: id, ...more });

test("alarms of one building are one symbol with a count; those of another building are their own", () => {
  const found = group([alarm(1, 7), alarm(2, 7), alarm(3, 8), alarm(4, null), alarm(5, null)]);
  assert.deepEqual(found.map((g) => [g.key, g.count]).sort(), [["alarm/4", 1], ["alarm/5", 1], ["building/7", 2], ["building/8", 1]]);
});

test("no alarm is lost and the most urgent member gives the group its shape and place", () => {
  const mild = alarm(1, 7, { severity: 1 }), gone = alarm(2, 7, { cleared: true }), standing = alarm(3, 7, { severity: 3 });
  const [found] = group([mild, gone, standing]);
  assert.deepEqual([found.severity, found.x, found.cleared, found.count], [3, 3, false, 3]);
  assert.deepEqual(found.members.map((m) => m.id), [3, 1, 2]);
});

test("the mildest group is drawn first, so that the worst lies on top", () => {
  const found = group([alarm(1, 1), alarm(2, 2, { severity: 1 }), alarm(3, 3, { severity: 3 })]);
  assert.deepEqual(found.map((g) => g.severity), [1, 3, 4]);
});

test("a group breathes while any of its worst that stand is unacknowledged", () => {
  const [found] = group([alarm(1, 1, { unacked: false }), alarm(2, 1)]);
  assert.equal(found.unacked, true);
  assert.equal(group([alarm(1, 1, { unacked: false }), alarm(2, 1, { unacked: false })])[0].unacked, false);
});
