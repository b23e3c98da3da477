const test = require("node:test");
const assert = require("node:assert");

const points = require("../../assets/js/map_points.js");
const { PointSet, CATEGORIES, CRITICAL, NORMAL, OFFLINE, UNSEEN } = points;

let seed = 7;
const random = () => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32);

function bytes(rows) {
  const n = rows.length, buffer = new ArrayBuffer(16 + 18 * n), view = new DataView(buffer);
  "YPM1".split("").forEach((c, i) => view.setUint8(i, c.charCodeAt(0)));
  view.setUint32(4, n, true);
  view.setFloat64(8, 1000, true);
  rows.forEach(({ id, lng, lat, version = 1, kind = 0, status = 0 }, i) => {
    view.setInt32(16 + 4 * i, id, true);
    view.setInt32(16 + 4 * n + 4 * i, Math.round(lng * 1e6), true);
    view.setInt32(16 + 8 * n + 4 * i, Math.round(lat * 1e6), true);
    view.setUint32(16 + 12 * n + 4 * i, version, true);
    view.setUint8(16 + 16 * n + i, kind);
    view.setUint8(16 + 17 * n + i, status);
  });
  return buffer;
}

function crowd(n) {
  return Array.from({ length: n }, (_, i) => ({ id: 3 * i + 5, lng: 114 + random() * 0.2, lat: 22.5 + random() * 0.1, status: random() < 0.1 ? 3 : 0 }));
}

function loaded(rows) {
  const set = new PointSet();
  set.load(points.decode(bytes(rows)));
  return set;
}

const within = (set, box) => {
  const found = [];
  set.each(...box, (i) => found.push(set.id[i]));
  return found.sort((a, b) => a - b);
};

// The packed form of a plain feed, as data_access/queries/map_feed.py writes it.
function packed(buffer) {
  const n = new DataView(buffer).getUint32(4, true), made = buffer.slice(0), bytes = new Uint8Array(made);
  bytes[3] = "2".charCodeAt(0);
  for (let k = 0; k < 4; k++) {
    const at = 16 + 4 * n * k, values = new Int32Array(buffer, at, n);
    for (let i = 0; i < n; i++) {
      const step = (values[i] - (i ? values[i - 1] : 0)) | 0, zigzag = (step << 1) ^ (step >> 31);
      for (let plane = 0; plane < 4; plane++) bytes[at + plane * n + i] = zigzag >>> (8 * plane);
    }
  }
  return made;
}

test("a packed feed is the same feed", () => {
  const rows = [...crowd(50), { id: -2147483648, lng: -179.5, lat: -89, version: 4294967295, kind: 3, status: 9 }, { id: 2147483647, lng: 180, lat: 89 }];
  assert.deepEqual(points.decode(packed(bytes(rows))), points.decode(bytes(rows)));
});

test("the feed's arrays are read as they were written", () => {
  const feed = points.decode(bytes([{ id: -4, lng: 114.1315, lat: 22.5484, version: 4e9, kind: 15, status: 0b1001 }]));
  assert.deepEqual([feed.n, feed.at, feed.id[0], feed.lng[0], feed.lat[0]], [1, 1000, -4, 114131500, 22548400]);
  assert.deepEqual([feed.version[0], feed.kind[0], feed.status[0]], [4e9, 15, 9]);
});

test("bytes that are no feed, or a cut one, are refused", () => {
  assert.throws(() => points.decode(new ArrayBuffer(4)), /not a map feed/);
  assert.throws(() => points.decode(new ArrayBuffer(64)), /not a map feed/);
  const whole = bytes(crowd(3));
  assert.throws(() => points.decode(whole.slice(0, whole.byteLength - 1)), /wrong length/);
});

test("a standing condition is drawn before lost contact, lost contact before its own mild alarm", () => {
  assert.equal(points.categoryOf(0), NORMAL);
  assert.equal(points.categoryOf(4 | 8 | 64), CRITICAL);
  assert.equal(points.categoryOf(1 | 8), OFFLINE);
  assert.equal(points.categoryOf(1), points.WARNING);
  assert.equal(points.categoryOf(32 | 8), UNSEEN);
});

test("every point is found by its id, no other id is", () => {
  const rows = crowd(5000), set = loaded(rows);
  for (let i = 0; i < rows.length; i++) assert.equal(set.at(rows[i].id), i);
  assert.equal(set.at(6), -1);
  assert.equal(new PointSet().at(5), -1);
});

test("a box holds the points a plain loop finds in it, and countNear is never less", () => {
  const rows = crowd(4000), set = loaded(rows);
  for (let k = 0; k < 50; k++) {
    const [a, b] = [114 + random() * 0.25 - 0.02, 114 + random() * 0.25 - 0.02].sort((p, q) => p - q);
    const [c, d] = [22.5 + random() * 0.1, 22.5 + random() * 0.1].sort((p, q) => p - q);
    const box = [points.worldX(a), points.worldY(d), points.worldX(b), points.worldY(c)];
    const expected = [];
    for (let i = 0; i < set.n; i++) {
      if (set.x[i] >= box[0] && set.x[i] <= box[2] && set.y[i] >= box[1] && set.y[i] <= box[3]) expected.push(set.id[i]);
    }
    assert.deepEqual(within(set, box), expected.sort((p, q) => p - q));
    assert.ok(set.countNear(...box) >= expected.length);
  }
  assert.equal(set.countNear(0, 0, 0.1, 0.1), 0);
});

test("an older version changes nothing, a newer one does, and says whether the eye would see it", () => {
  const set = loaded([{ id: 1, lng: 114, lat: 22, version: 5, status: 0 }]);
  assert.equal(set.update(0, 4, 5), false);
  assert.equal(set.update(0, 4, 4), false);
  assert.equal(set.category[0], NORMAL);
  assert.equal(set.update(0, 4, 6), true);
  assert.equal(set.category[0], CRITICAL);
  assert.equal(set.update(0, 4 | 16, 7), false); // low battery besides: the same shape
  assert.equal(set.status[0], 20);
});

function binTable(set) {
  const found = new Map();
  set.eachBin(0, 0, 1, 1, (x, y, count, worst, many) => found.set(`${x.toFixed(9)},${y.toFixed(9)}`, [count, worst, many]));
  return found;
}

test("bins hold every point once, and updated bins equal bins gathered anew", () => {
  const rows = crowd(3000), set = loaded(rows), scale = 256 * 2 ** 13;
  set.bins(scale, 80);
  assert.equal([...binTable(set).values()].reduce((sum, [count]) => sum + count, 0), 3000);
  for (let k = 0; k < 2000; k++) set.update(Math.floor(random() * 3000), [0, 1, 2, 3, 4, 8, 9][Math.floor(random() * 7)], 2 + k);
  const kept = binTable(set);
  set.binScale = 0;
  set.bins(scale, 80);
  assert.deepEqual(kept, binTable(set));
});

test("the worst member names the bin: critical before everything, lost contact before normal", () => {
  const at = { lng: 114, lat: 22.5 };
  const set = loaded([{ id: 1, ...at }, { id: 2, ...at, status: 8 }, { id: 3, ...at, status: 8 }]);
  set.bins(256 * 2 ** 12, 80);
  assert.deepEqual([...binTable(set).values()], [[3, OFFLINE, 2]]);
  set.update(0, 4, 2);
  assert.deepEqual([...binTable(set).values()], [[3, CRITICAL, 1]]);
});

test("points of one place are ranked so that they can be spread; the first stays where it is", () => {
  const at = { lng: 114.1, lat: 22.55 };
  const set = loaded([...crowd(200), { id: 9001, ...at }, { id: 9002, ...at }, { id: 9003, ...at }]);
  assert.deepEqual([set.rank[200], set.rank[201], set.rank[202]].sort(), [0, 1, 2]);
  assert.deepEqual(points.spread(0, 10), [0, 0]);
  const [[ax, ay], [bx, by]] = [points.spread(1, 10), points.spread(2, 10)];
  assert.ok(Math.hypot(ax, ay) >= 10 && Math.hypot(ax - bx, ay - by) >= 10);
});

test("a second feed of the same points brings newer states only; other points ask to be loaded", () => {
  const set = loaded([{ id: 1, lng: 114, lat: 22, version: 5 }, { id: 2, lng: 114, lat: 22, version: 5 }]);
  set.update(0, 3, 9);
  const again = [{ id: 1, lng: 114, lat: 22, version: 8, status: 4 }, { id: 2, lng: 114, lat: 22, version: 6, status: 2 }];
  assert.equal(set.merge(points.decode(bytes(again))), true);
  assert.deepEqual([set.status[0], set.status[1]], [3, 2]);
  assert.equal(set.merge(points.decode(bytes(crowd(2)))), false);
  assert.equal(set.merge(points.decode(bytes(crowd(3)))), false);
});

test("loading again keeps the buffers, so memory stays flat", () => {
  const set = loaded(crowd(1000)), kept = [set.x, set.slots, set.items, set.version];
  for (let k = 0; k < 5; k++) set.load(points.decode(bytes(crowd(900 + k * 20))));
  assert.deepEqual(kept.map((a, k) => a === [set.x, set.slots, set.items, set.version][k]), [true, true, true, true]);
  assert.equal(set.n, 980);
});

test("an empty feed is an empty map", () => {
  const set = loaded([]);
  assert.deepEqual([set.n, set.at(1), set.countNear(0, 0, 1, 1)], [0, -1, 0]);
  set.bins(4096, 80);
  assert.equal(binTable(set).size, 0);
  assert.equal(CATEGORIES, 7);
});
