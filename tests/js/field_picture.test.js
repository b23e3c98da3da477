const test = require("node:test");
const assert = require("node:assert");

const { unknown } = require("../../assets/alone/field_queue.js");
const { away, sketch } = require("../../assets/alone/field_picture.js");

const THERE = { lng: 114.13, lat: 22.55 };
const metre = 1 / 111_320;

test("a sketch has both ends inside and a ruler of whole metres, east to the right and north up", () => {
  for (const m of [8, 80, 300, 590]) {
    const here = { lng: THERE.lng, lat: THERE.lat - m * metre };
    const found = sketch(THERE, here, []);
    for (const [x, y] of [found.there, found.here]) assert.ok(x >= 0 && x <= 360 && y >= 0 && y <= 158, `${m}: ${x} ${y}`);
    assert.ok(found.there[1] < found.here[1]);
    const unit = (found.here[1] - found.there[1]) / m;
    assert.ok(Math.abs(found.ruler - found.metres * unit) < 1, `${m}`);
  }
});

test("who is far away or nowhere is not on it; only buildings that are inside are", () => {
  assert.equal(sketch(THERE, { lng: 114.2, lat: 22.55 }, []).here, null);
  const found = sketch(THERE, null, [[114.1302, 22.5501], [114.2, 22.55]]);
  assert.equal(found.here, null);
  assert.equal(found.buildings.length, 1);
  assert.ok(found.buildings[0][0] > found.there[0] && found.buildings[0][1] < found.there[1]);
});

test("distances are metres, then kilometres; what was not seen is new", () => {
  assert.deepEqual([away(null), away(7.6), away(1530)], ["", "8 m", "1.5 km"]);
  assert.deepEqual(unknown([1, 2, 3], [2]), [1, 3]);
});
