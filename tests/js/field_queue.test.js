const test = require("node:test");
const assert = require("node:assert");

const field = require("../../assets/alone/field_queue.js");

/** A store as IndexedDB keeps one, and a server that does each key once and may lose its answers. */
function world({ lost = () => false, down = () => false } = {}) {
  let rows = [], id = 0;
  const done = new Map(), sent = [];
  const store = {
    all: async () => rows.map((row) => ({ ...row })),
    put: async (item) => {
      if (item.id) rows = rows.map((row) => (row.id === item.id ? item : row));
      else rows.push({ ...item, id: (id += 1) });
    },
    remove: async (gone) => (rows = rows.filter((row) => row.id !== gone)),
  };
  const server = async (item) => {
    sent.push(item.key);
    if (down()) throw new TypeError("no connection");
    if (item.refuse) return { status: 409, said: "已经有人接了" };
    done.set(item.key, (done.get(item.key) || 0) + (done.has(item.key) ? 0 : 1));
    if (lost()) throw new TypeError("the answer is lost");
    return { status: 200 };
  };
  return { store, server, done, sent, rows: () => rows };
}

const queueOf = (w, who = () => "chen", send = w.server) =>
  field.queue({ store: w.store, send, who, changed: () => undefined });
const item = (key, more = {}) => ({ key, user: "chen", what: "accept", incident_id: 1, ...more });

test("without a connection everything waits, in order, and goes out once when it is back", async () => {
  let down = true;
  const w = world({ down: () => down });
  const queue = queueOf(w);
  assert.equal(await queue.add(item("a")), "offline");
  await queue.add(item("b"));
  await queue.add(item("c"));
  assert.deepEqual(w.rows().map((row) => row.key), ["a", "b", "c"]);
  down = false;
  assert.equal(await queue.flush(), "empty");
  assert.deepEqual([...w.done], [["a", 1], ["b", 1], ["c", 1]]);
  assert.deepEqual(w.rows(), []);
});

test("an answer that is lost is asked for again under the same key, by a page that was loaded anew", async () => {
  let lost = true;
  const w = world({ lost: () => lost });
  assert.equal(await queueOf(w).add(item("a")), "offline");
  lost = false;
  assert.equal(await queueOf(w).flush(), "empty"); // another page on the same store
  assert.deepEqual(w.sent, ["a", "a"]);
  assert.equal(w.done.get("a"), 1);
});

test("what is refused stays with its sentence until it was read, and holds up nothing", async () => {
  const w = world(), queue = queueOf(w);
  await queue.add(item("a", { refuse: true }));
  await queue.add(item("b"));
  assert.deepEqual(w.rows().map(({ key, state, said }) => [key, state, said]), [["a", "refused", "已经有人接了"]]);
  await queue.drop(w.rows()[0].id);
  assert.deepEqual(w.rows(), []);
});

test("a server in trouble and an ended session are waited for, and nobody sends what another one did", async () => {
  const w = world();
  for (const [status, said] of [[503, "offline"], [429, "offline"], [500, "offline"], [401, "signed out"]]) {
    assert.equal(await queueOf(w, () => "chen", async () => ({ status })).add(item(String(status))), said);
  }
  assert.equal(w.rows().length, 4);
  assert.equal(await queueOf(w, () => "li").flush(), "empty");
  assert.deepEqual(w.sent, []);
  assert.equal(await queueOf(w).flush(), "empty");
  assert.equal(w.rows().length, 0);
});

test("two taps at once send one after the other", async () => {
  const w = world(), queue = queueOf(w);
  await Promise.all([queue.add(item("a")), queue.add(item("b")), queue.flush()]);
  await queue.flush();
  assert.deepEqual(w.sent, ["a", "b"]);
});

const task = (more = {}) => ({
  id: 1, stage: "dispatch", next_stage: "handle", mine: false, open: false, arrived_at: null, photos: [], lng: 114.13, lat: 22.55, due_at: null, ...more,
});

test("a task looks as it will when what waits has been sent, and says what it needs next", () => {
  const steps = [
    ["accept", item("a")],
    ["arrive", item("b", { what: "arrive", at: "2026-06-01T04:00:00Z" })],
    ["photo", item("v", { what: "photo", kind: "voice", phase: "after" })], // said is not shown
    ["photo", item("c", { what: "photo", phase: "after" })],
    ["advance", item("d", { what: "advance" })],
  ];
  const waiting = [];
  for (const [needed, next] of steps) {
    const [now] = field.applied([task()], waiting);
    assert.equal(field.need(now), needed);
    waiting.push({ ...next, state: "waiting" });
  }
  assert.equal(field.need(field.applied([task()], waiting)[0]), null);
  const refused = waiting.map((one) => ({ ...one, state: "refused" }));
  assert.equal(field.need(field.applied([task()], refused)[0]), "accept");
  assert.equal(field.need(task({ stage: "handle", next_stage: "feedback", mine: true })), "advance");
  const order = task({ stage: "register", open: true }); // an organisation takes it, and goes on without a connection
  assert.equal(field.need(order), "accept");
  const [taken] = field.applied([order], [waiting[0]]);
  assert.deepEqual([taken.stage, field.need(taken)], ["dispatch", "arrive"]);
});

test("nearest first from where one stands; without a position what is due first", () => {
  const here = { lng: 114.13, lat: 22.55 };
  const far = task({ id: 1, lng: 114.14, due_at: "2026-06-01T04:00:00Z" });
  const near = task({ id: 2, lng: 114.1301, due_at: "2026-06-01T05:00:00Z" });
  const nowhere = task({ id: 3, lng: null, lat: null, due_at: "2026-06-01T03:00:00Z" });
  assert.deepEqual(field.sorted([far, nowhere, near], here, "near").map((t) => t.id), [2, 1, 3]);
  assert.deepEqual(field.sorted([far, nowhere, near], null, "near").map((t) => t.id), [3, 1, 2]);
  assert.deepEqual(field.sorted([far, nowhere, near], here, "due").map((t) => t.id), [3, 1, 2]);
  assert.ok(Math.abs(field.metres(here, far) - 1027) < 3);
});

test("times are Shanghai's, whatever the phone is set to", () => {
  assert.equal(field.clock("2026-06-01T16:05:00Z"), "00:05");
  assert.equal(field.clock(Date.parse("2026-06-01T04:00:00+08:00")), "04:00");
});
