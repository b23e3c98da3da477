const test = require("node:test");
const assert = require("node:assert");

const reducer = require("../../assets/js/reducer.js");
const { openStream } = require("../../assets/js/live_stream.js");
require("../../assets/js/clock.js");
const { createLive, connectionState } = require("../../assets/js/live.js");

const settle = () => new Promise((done) => setImmediate(done));

/** Timers that only run when told, and the moment they show. */
function fakeTimers() {
  let id = 0;
  const waiting = new Map();
  const timers = {
    time: 1_000_000,
    setTimeout: (fn, ms) => waiting.set(++id, { fn, at: timers.time + ms }) && id,
    setInterval: (fn, ms) => waiting.set(++id, { fn, at: timers.time + ms, every: ms }) && id,
    clearTimeout: (key) => waiting.delete(key),
    clearInterval: (key) => waiting.delete(key),
    pass(ms) {
      const end = timers.time + ms;
      for (;;) {
        const due = [...waiting].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
        if (!due) break;
        timers.time = Math.max(timers.time, due[1].at);
        if (due[1].every) due[1].at += due[1].every;
        else waiting.delete(due[0]);
        due[1].fn();
      }
      timers.time = end;
    },
  };
  return timers;
}

class FakeEventSource {
  static all = [];
  constructor(url) {
    this.url = url;
    this.on = {};
    this.lastId = "";
    FakeEventSource.all.push(this);
  }
  addEventListener(name, fn) { this.on[name] = fn; }
  close() { this.closed = true; }
  send(id, data) {
    this.lastId = id || this.lastId;
    this.onmessage({ lastEventId: this.lastId, data: JSON.stringify(data) });
  }
  special(name, id, data = {}) {
    this.lastId = id || this.lastId;
    this.on[name]({ lastEventId: this.lastId, data: JSON.stringify(data) });
  }
}

function stream() {
  FakeEventSource.all = [];
  const timers = fakeTimers();
  const said = [];
  const opened = openStream({
    area: "A", probe: false, after: "e-1-0", say: (item) => said.push(item),
    EventSourceType: FakeEventSource, timers, now: () => timers.time,
  });
  return { timers, said, opened };
}

const freshness = (version) => ({
  type: "freshness.changed", area: "", version, at: "2026-06-01T04:00:00Z", source: "sensors",
  last_seen: "2026-06-01T04:00:00Z", interval_s: 60,
});

test("a broken stream is reopened for ever, after the last id it heard", () => {
  const { timers, said } = stream();
  FakeEventSource.all[0].send("e-5-0", freshness(1));
  for (let i = 0; i < 20; i += 1) {
    FakeEventSource.all.at(-1).onerror();
    timers.pass(20000);
  }
  assert.equal(FakeEventSource.all.length, 21);
  assert.match(FakeEventSource.all.at(-1).url, /last_event_id=e-5-0/);
  assert.deepEqual(said.filter((i) => i.type === "connection").map((i) => i.open), [true, false]);
});

test("a connection that fell silent without a word is given up", () => {
  const { timers } = stream();
  FakeEventSource.all[0].special("heartbeat", "e-1-0", { every_s: 10 });
  timers.pass(30000);
  assert.ok(!FakeEventSource.all[0].closed, "three beats may take as long as three beats");
  timers.pass(3000);
  assert.ok(FakeEventSource.all[0].closed);
  assert.equal(FakeEventSource.all.length, 2);
});

test("a tab that joins later gets exactly what its snapshot does not hold", () => {
  const { opened } = stream();
  const source = FakeEventSource.all[0];
  for (const n of [2, 3, 4]) source.send(`e-${n}-0`, freshness(n));
  const versions = (id) => opened.missedSince(id).filter((i) => i.type === "event").map((i) => JSON.parse(i.data).version);
  assert.deepEqual(versions("e-1-0"), [2, 3, 4]);
  assert.deepEqual(versions("e-3-0"), [4]);
  assert.deepEqual(versions("e-3-5"), [4]);
  assert.deepEqual(versions("e-9-0"), []);
  assert.ok(opened.missedSince("e-0-5").some((i) => i.event === "resync"));
  assert.ok(opened.missedSince("other-1-0").some((i) => i.event === "resync"));
});

function page(snapshots) {
  const timers = fakeTimers();
  let say = null;
  const opened = [];
  const live = createLive({
    reducer, timers, now: () => timers.time, probe: true, area: "A",
    fetchSnapshot: (area) => Promise.resolve().then(() => {
      const next = snapshots.shift();
      if (next instanceof Error) throw next;
      return { ...next, area: { code: area, path: "000" } };
    }),
    openTransport: (options) => {
      opened.push(options);
      say = options.say;
      return { close() {}, again() {} };
    },
  });
  return { live, timers, opened, say: (item) => say(item) };
}

const snapshot = (id, sources = []) => ({
  event_id: id, at: "2026-06-01T04:00:00Z", deployment: {}, alarms: [], alarms_total: 0, incidents: [], counters: [], floods: [], windows: [], sources,
});
const item = (id, event) => ({ type: "event", id, data: JSON.stringify(event) });

test("snapshot first, then the stream from its event id; listeners get both", async () => {
  const { live, opened, say } = page([snapshot("e-5-0")]);
  const heard = [];
  live.subscribe((state, event) => heard.push(event && event.version));
  live.start();
  await settle();
  assert.equal(opened[0].after, "e-5-0");
  say(item("e-6-0", freshness(3)));
  assert.deepEqual(heard, [null, 3]);
  assert.equal(live.state().sources.sensors.version, 3);
  assert.equal(live.status().lastEventId, "e-6-0");
  assert.equal(live.probe.applied, 1);
});

test("the probe is whole before there is a map", () => {
  const { live } = page([]);
  assert.deepEqual([live.probe.map, live.probe.count(), live.probe.connected], [null, 0, false]);
});

test("the probe counts alarm events applied, whatever became of the alarm", async () => {
  const { live, say } = page([snapshot("e-5-0")]);
  live.start();
  await settle();
  const alarm = (version) => ({ type: "alarm.changed", area: "000", at: "2026-06-01T04:00:00Z", alarm_id: 7, state: "active_unacked", severity: 4, version });
  say(item("e-6-0", freshness(3)));
  say(item("e-7-0", alarm(1)));
  say(item("e-8-0", alarm(2)));
  assert.equal(live.probe.alarms, 2);
  assert.equal(live.probe.applied, 3);
});

test("a resync fetches a snapshot and puts on top what came meanwhile", async () => {
  const { live, timers, say } = page([snapshot("e-5-0"), new Error("503"), snapshot("e-8-0", [freshness(8)])]);
  live.start();
  await settle();
  say({ type: "special", event: "resync", id: "e-7-0", data: "{}" });
  say(item("e-8-0", freshness(7)));
  say(item("e-9-0", freshness(9)));
  timers.pass(600);
  await settle();
  timers.pass(2000);
  await settle();
  assert.equal(live.state().sources.sensors.version, 9);
  assert.equal(live.state().eventId, "e-8-0");
});

test("another area: a new snapshot and a new stream; what the old one still says is ignored", async () => {
  const { live, opened, say } = page([snapshot("e-5-0"), snapshot("e-6-0")]);
  live.start();
  await settle();
  const old = opened[0].say;
  live.setArea("B");
  old(item("e-7-0", freshness(7)));
  await settle();
  assert.equal(live.state().area.code, "B");
  assert.deepEqual(live.state().sources, {});
  assert.equal(opened[1].area, "B");
  say(item("e-8-0", freshness(8)));
  assert.equal(live.state().sources.sensors.version, 8);
});

test("the stream of another place may take a moment to open: that is no loss, taking too long is", async () => {
  const { live, timers, say } = page([snapshot("e-5-0"), snapshot("e-6-0"), snapshot("e-7-0")]);
  live.start();
  await settle();
  say({ type: "connection", open: true });
  const said = [];
  live.onStatus(({ connection }) => said.push(connection));
  live.setArea("B");
  await settle();
  say({ type: "connection", open: false });
  timers.pass(4000);
  say({ type: "connection", open: true });
  timers.pass(4000);
  assert.deepEqual(said, ["live"]);
  live.setArea("C");
  await settle();
  say({ type: "connection", open: false });
  timers.pass(7000);
  assert.deepEqual(said, ["live", "disconnected"]);
  say(item("e-8-0", freshness(8)));
  say({ type: "connection", open: false });
  assert.deepEqual(said, ["live", "disconnected", "live", "disconnected"]);
});

test("the connection is called what it is", () => {
  const base = { open: true, everOpen: true, redis: true, heardAt: 0, now: 1000 };
  assert.equal(connectionState({ ...base, open: false, everOpen: false }), "connecting");
  assert.equal(connectionState(base), "live");
  assert.equal(connectionState({ ...base, now: 12000 }), "late");
  assert.equal(connectionState({ ...base, now: 21000, beatMs: 15000 }), "live", "a server whose heart beats slowly");
  assert.equal(connectionState({ ...base, redis: false }), "late");
  assert.equal(connectionState({ ...base, now: 16000 }), "disconnected");
  assert.equal(connectionState({ ...base, open: false }), "disconnected");
});

test("what was drawn reaches whoever listens through the probe", async () => {
  const { live, timers } = page([snapshot("e-5-0")]);
  const heard = [];
  live.probe.onApplied((pairs) => heard.push(...pairs));
  live.applied([[7, 123]]);
  assert.deepEqual(heard, [[7, 123]]);
  assert.equal(live.probe.lastAppliedAt, timers.time);
});

test("while no synthetic heartbeat comes through, the picture is called late, though the stream is well", async () => {
  const beat = (at) => ({ ...freshness(1), source: "heartbeat", last_seen: at, interval_s: 15 });
  const { live, timers, say } = page([snapshot("e-5-0", [beat("2026-06-01T04:00:00Z")])]);
  const server = Date.parse("2026-06-01T04:00:00Z") - 1_000_000; // the server's clock minus that of the timers
  const hear = () => say({ type: "special", event: "heartbeat", id: "", data: JSON.stringify({ at: new Date(server + timers.time).toISOString(), redis: true, every_s: 15 }) });
  live.start();
  await settle();
  assert.equal(live.status().behind, null); // whose clock is it?
  hear();
  const said = [];
  live.onStatus(({ connection, behind }) => said.push([connection, behind]));
  timers.pass(15000);
  hear();
  timers.pass(2000);
  assert.deepEqual(said, [["live", null], ["late", "2026-06-01T04:00:00Z"]]);
  say(item("e-6-0", { ...beat(new Date(server + timers.time).toISOString()), version: 2 }));
  assert.deepEqual(said.at(-1), ["live", null]);
});
