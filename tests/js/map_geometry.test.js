const test = require("node:test");
const assert = require("node:assert");

const geometry = require("../../assets/js/map_geometry.js");

const square = (x, y, w, h = w) => [[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]];

test("a label's anchor lies inside its shape, also where the middle does not", () => {
  const u = { type: "Polygon", coordinates: [[[0, 0], [9, 0], [9, 9], [7, 9], [7, 2], [2, 2], [2, 9], [0, 9], [0, 0]]] };
  const ring = { type: "Polygon", coordinates: [square(0, 0, 10), square(2, 2, 6)] };
  for (const shape of [u, ring]) {
    const [x, y] = geometry.anchor(shape);
    assert.ok(geometry.inside(x, y, geometry.rings(shape)));
  }
});

test("of several parts the roomiest takes the label", () => {
  const [x, y] = geometry.anchor({ type: "MultiPolygon", coordinates: [[square(0, 0, 1)], [square(5, 0, 6)]] });
  assert.ok(x > 6 && x < 10 && y > 1 && y < 5);
});

test("a point is its own anchor", () => {
  assert.deepEqual(geometry.anchor({ type: "Point", coordinates: [114, 22] }), [114, 22]);
});

test("class bounds are the smallest values of the classes 2 to 5; empty classes have none", () => {
  const feature = (value, k) => ({ properties: { value, class: k } });
  const features = [feature(3, 1), feature(9, 2), feature(7, 2), feature(20, 4), feature(null, 5), { properties: {} }];
  assert.deepEqual(geometry.breaks(features), [7, null, 20, null]);
});

test("labels neither overlap nor stick out far; the larger shape wins", () => {
  const box = (x, room) => ({ x, y: 0, w: 50, h: 20, room });
  const found = geometry.declutter([box(0, 60), box(30, 200), box(90, 30), box(200, 60)]);
  assert.deepEqual([found[1], found[2], found[3]], [[0, 0], null, [0, 0]]);
  assert.notDeepEqual(found[0], [0, 0]);
});

test("a symbol in the way stays and the label moves, inside its own shape where it can", () => {
  const label = { x: 100, y: 100, w: 50, h: 30, room: 200 }, symbol = { x: 100, y: 105, w: 30, h: 30 };
  const [moved] = geometry.declutter([{ ...label, fits: (x, y) => y <= 100 && y > 60 }], [symbol]);
  assert.equal(geometry.overlap({ ...label, x: 100 + moved[0], y: 100 + moved[1] }, symbol), false);
  assert.ok(100 + moved[1] < 100, "upwards, where its shape is");
});

test("a name too wide for its shape stands beside it, on open ground where there is any, with a line to it", () => {
  const small = { x: 100, y: 100, w: 60, h: 30, room: 20, fits: (x, y) => Math.abs(x - 100) < 10 && Math.abs(y - 100) < 20 };
  const ground = () => ({ whole: { x: 100, y: 100, w: 400, h: 400 }, taken: [{ x: 100, y: 0, w: 400, h: 170 }], others: (x) => x > 90 });
  const [moved] = geometry.declutter([small], [], ground), at = { ...small, x: 100 + moved[0], y: 100 + moved[1] };
  assert.ok(at.x < 90, "to the left, where nothing is");
  assert.ok(at.y - at.h / 2 >= 85, "clear of what is taken");
  const { length, clear, turn } = geometry.leader(small, moved);
  assert.ok(clear < length && Math.abs(turn) <= 90, "from the edge of the name to the right, where its shape is");
  assert.equal(geometry.leader({ ...small, fits: () => true }, moved), null);
  const wall = { x: 60, y: 115, w: 10, h: 200 }; // whatever lies between, no line goes through it
  const [other] = geometry.declutter([small], [wall], () => ({ ...ground(), taken: [] }));
  assert.ok(100 + other[0] > 60, "on this side of it");
  const nowhere = () => ({ ...ground(), whole: { x: 100, y: 100, w: 50, h: 50 } });
  assert.deepEqual(geometry.declutter([small], [], nowhere), [null]);
});

test("a label with nowhere to go is hidden rather than drawn under a symbol", () => {
  const label = { x: 0, y: 0, w: 50, h: 30, room: 200 };
  assert.deepEqual(geometry.declutter([label], [{ x: 0, y: 0, w: 500, h: 500 }]), [null]);
});

test("a box is fitted as Leaflet would: the zoom a step below what fits, the middle between the paddings", () => {
  const box = { x0: 0.25, y0: 0.25, x1: 0.5, y1: 0.375 }, size = { w: 1000, h: 600 };
  const padding = { top: 50, right: 0, bottom: 50, left: 0, maxZoom: 19, snap: 0.1 };
  const { scale, x, y } = geometry.fit(box, size, padding, 256);
  assert.strictEqual(Math.round(Math.log2(scale / 256) * 1000) / 1000, 3.9); // 3.966 would fill the width
  assert.strictEqual(x, Math.round(0.375 * scale - 500));
  assert.strictEqual(y, Math.round(0.3125 * scale - 300));
  assert.strictEqual(geometry.fit(box, size, { ...padding, maxZoom: 2 }, 256).scale, 1024);
});

test("a small shape whose only place is taken goes first, and the larger one makes way", () => {
  const large = { x: 50, y: 20, w: 40, h: 20, room: 100, fits: (x, y) => y < 40 };
  const small = { x: 50, y: 50, w: 40, h: 20, room: 10, fits: (x, y) => y > 40 };
  const ground = () => ({ whole: { x: 50, y: 35, w: 44, h: 50 }, taken: [], others: () => false });
  const [first, second] = geometry.declutter([large, small], [], ground);
  assert.ok(first && second);
  assert.ok(!geometry.overlap({ ...large, y: 20 + first[1] }, { ...small, y: 50 + second[1] }));
  assert.deepEqual(geometry.declutter([large], [], ground), [[0, 0]], "alone it stays");
});

test("where symbols leave no room for name and value the name stands alone, on its own shape rather than on another's", () => {
  const area = { x: 100, y: 100, w: 50, h: 40, room: 120, fits: (x, y) => Math.abs(x - 100) < 60 && Math.abs(y - 100) < 50 };
  const rows = [60, 90, 120, 150].map((y) => ({ x: 100, y, w: 240, h: 4 })); // 26 px between two rows of symbols
  const ground = () => ({ whole: { x: 100, y: 100, w: 400, h: 400 }, taken: [], others: () => true });
  const [[dx, dy, lean]] = geometry.declutter([area], rows, ground), at = { ...area, x: 100 + dx, y: 100 + dy, h: 20 };
  assert.equal(lean, true);
  assert.ok(area.fits(at.x, at.y) && !rows.some((row) => geometry.overlap(at, row)));
});

test("a name without any other place may lie on the ring of a grave alarm, never on its symbol", () => {
  const area = { x: 100, y: 100, w: 50, h: 40, room: 120, fits: (x, y) => Math.abs(x - 100) < 60 && Math.abs(y - 100) < 40 };
  const alarm = { x: 100, y: 100, w: 400, h: 400, core: 30 };
  const ground = () => ({ whole: { x: 100, y: 100, w: 300, h: 300 }, taken: [], others: () => false });
  const [[dx, dy]] = geometry.declutter([area], [alarm], ground);
  assert.ok(!geometry.overlap({ ...area, x: 100 + dx, y: 100 + dy, h: 20 }, { ...alarm, w: 30, h: 30 }));
  assert.deepEqual(geometry.declutter([area], [{ ...alarm, core: 300 }], ground), [null]);
});

test("what lies outside a box touches nothing in it, and whatever sticks out", () => {
  const seen = { x: 50, y: 30, w: 100, h: 60 }, out = geometry.outside(seen), hit = (b) => out.some((o) => geometry.overlap(o, b));
  assert.ok(!hit({ x: 50, y: 30, w: 100, h: 60 }));
  for (const [x, y] of [[-5, 30], [105, 30], [50, -5], [50, 65]]) assert.ok(hit({ x, y, w: 20, h: 20 }));
});
