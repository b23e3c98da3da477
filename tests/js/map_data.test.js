const test = require("node:test");
const assert = require("node:assert");

globalThis.yiping = { ...globalThis.yiping, mapPoints: require("../../assets/js/map_points.js") };
globalThis.document = { addEventListener() {}, removeEventListener() {}, body: { dataset: {} } };
const { MapData } = require("../../assets/js/map_data.js");

const settle = () => new Promise((done) => setImmediate(done));

/** A map's data whose server answers `answers` one by one: rows, or null where it fails. */
function dataOf(answers, layers = ["cameras"]) {
  const said = [], asked = [];
  globalThis.fetch = async (url) => {
    asked.push(url);
    const rows = answers.shift();
    return { ok: Boolean(rows), status: rows ? 200 : 503, json: async () => rows };
  };
  const data = new MapData({ layers: new Set(layers), probing: false, failed: (what, so) => said.push(so) });
  data.attach({ redraw() {} });
  data.go("440303", () => new Promise(() => {}));
  return { data, said, asked };
}

test("a feed that could not be had is asked for until it is there, and said to be missing meanwhile", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { data, said, asked } = dataOf([null, null, [[7, 114.1, 22.5, true]]]);
  data.loadRows("cameras");
  await settle();
  assert.deepStrictEqual([asked.length, said, data.cameras.size], [1, [true], 0]);
  t.mock.timers.tick(1000);
  await settle();
  assert.strictEqual(asked.length, 2);
  t.mock.timers.tick(2999);
  assert.strictEqual(asked.length, 2);
  t.mock.timers.tick(1);
  await settle();
  assert.deepStrictEqual([asked.length, said, data.cameras.size], [3, [true, true, false], 1]);
  t.mock.timers.tick(60_000);
  assert.strictEqual(asked.length, 3);
});

test("however many ask for a feed that is missing, one of them asks again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { data, asked } = dataOf([]);
  for (let k = 0; k < 5; k++) {
    data.loadRows("cameras");
    await settle();
  }
  for (let s = 0; s < 30; s++) {
    t.mock.timers.tick(1000);
    await settle();
  }
  assert.ok(asked.length <= 5 + 4, String(asked.length));
});

test("what was missing of a place that has been left is asked for no more", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { data, asked } = dataOf([null, [], []]);
  data.loadRows("cameras");
  await settle();
  data.go("440304", () => new Promise(() => {}));
  t.mock.timers.tick(60_000);
  await settle();
  assert.deepStrictEqual(asked, ["/api/v1/map/cameras?area=440303"]);
});
