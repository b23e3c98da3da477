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
  assert.deepEqual(geometry.declutter([box(0, 60), box(30, 200), box(90, 30), box(200, 60)]), [false, true, false, true]);
});
