const test = require("node:test");
const assert = require("node:assert");

const heat = require("../../assets/js/map_heat.js");

test("steps are quantiles of the cells there are, each bound once", () => {
  assert.deepStrictEqual(heat.bounds([3, 3, 4, 5, 6, 7, 9, 12, 20, 80]), [3, 4, 6, 9, 20]);
  assert.deepStrictEqual(heat.bounds([3, 3, 3, 3]), [3]);
  assert.deepStrictEqual(heat.bounds([]), []);
});

test("the fullest cells have the strongest ink, however few steps there are", () => {
  const steps = heat.bounds([3, 3, 4, 5, 6, 7, 9, 12, 20, 80]);
  assert.strictEqual(heat.step(80, steps), heat.STEPS.length - 1);
  assert.strictEqual(heat.step(3, steps), 0);
  assert.strictEqual(heat.step(8, steps), 2);
  assert.strictEqual(heat.step(3, heat.bounds([3, 3])), heat.STEPS.length - 1);
});
