const test = require("node:test");
const assert = require("node:assert");

require("../../assets/js/clock.js");
const reducer = require("../../assets/js/reducer.js");
const { openStream } = require("../../assets/js/live_stream.js");
const { createLive } = require("../../assets/js/live.js");
const rules = require("../../assets/js/wall.js");

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;
const EPOCH = Date.parse("2026-06-01T04:00:00Z");

const asked = (text) => rules.options(new URLSearchParams(text));
let number = 0;
const alarm = (more = {}) => ({
  alarm_id: (number += 1), severity: 4, state: "active_unacked", run: null, lng: 114 + number / 1000, lat: 22.5,
  building_id: null, area: "000001", raised_at: new Date(EPOCH).toISOString(), ...more,
});

/** A tour over three areas, and a hand that lets seconds pass; answers everything the tour wanted meanwhile. */
function onTour(wishes = "carousel=children&pace=30&hold=300", children = ["A", "B"]) {
  const found = asked(wishes);
  const tour = rules.createTour(found);
  tour.setRoute(rules.stops(found.carousel, "home", children, found.metrics), "home");
  const at = { mono: 0, alarms: [], live: true };
  const pass = (ms, step = SECOND) => {
    const wanted = [];
    for (const end = at.mono + ms; at.mono < end; ) {
      at.mono += step;
      const next = tour.step({ mono: at.mono, epoch: EPOCH + at.mono, alarms: at.alarms, live: at.live });
      if (next) wanted.push(next.type === "show" ? next.stop.area : `alarm ${next.alarm.alarm_id}`);
    }
    return wanted;
  };
  pass(SECOND);
  return { tour, at, pass };
}

test("wishes of the address are bounded, and without any the wall stands still", () => {
  const still = asked("");
  assert.deepEqual([still.carousel, still.paceMs, still.holdMs, still.severity], ["off", 30 * SECOND, 300 * SECOND, 4]);
  assert.equal(asked("pace=1").paceMs, 10 * SECOND);
  assert.equal(asked("pace=fast").paceMs, 30 * SECOND);
  assert.equal(asked("hold=9999999").holdMs, 7200 * SECOND);
  assert.equal(asked("pause=major").severity, 3);
  assert.equal(asked("pause=off").severity, Infinity);
  assert.deepEqual(asked("carousel=A,B,").carousel, ["A", "B"]);
  assert.deepEqual(asked("metrics=housing,beauty").metrics, ["housing"]);
  assert.equal(asked("night=25-6").night, null);
});

test("the tour visits the area and each child at its pace, round and round", () => {
  const { pass } = onTour();
  assert.deepEqual(pass(30 * SECOND), ["A"]);
  assert.deepEqual(pass(90 * SECOND), ["B", "home", "A"]);
});

test("a tour of named areas begins with the first of them; one area is a wall that goes there and stays", () => {
  assert.deepEqual(onTour("carousel=X,Y&pace=10").pass(31 * SECOND), ["X", "Y", "X"]);
  assert.deepEqual(onTour("carousel=X&pace=10").pass(60 * SECOND), ["X"]);
  assert.deepEqual(onTour("").pass(HOUR), []);
});

test("each stop can be shown in several metrics", () => {
  assert.deepEqual(rules.stops(["A", "B"], "home", [], ["population", "incidents"]), [
    { area: "A", metric: "population" }, { area: "A", metric: "incidents" },
    { area: "B", metric: "population" }, { area: "B", metric: "incidents" },
  ]);
});

test("an alarm stops the tour once; it goes on where it was when the alarm is acknowledged", () => {
  const { at, pass, tour } = onTour();
  pass(40 * SECOND);
  const fire = alarm();
  at.alarms = [fire];
  assert.deepEqual(pass(2 * MINUTE), [`alarm ${fire.alarm_id}`]);
  assert.equal(tour.progress(at.mono).mode, "paused");
  at.alarms = [{ ...fire, state: "active_acked" }];
  assert.deepEqual(pass(10 * SECOND), ["A"]);
  at.alarms = [{ ...fire, state: "active_unacked", occurrences: 2 }];
  assert.deepEqual(pass(21 * SECOND), ["B"], "it came back; the wall does not fly there again");
});

test("an alarm that nobody handles is left after the set time", () => {
  const { at, pass } = onTour();
  at.alarms = [alarm()];
  assert.deepEqual(pass(SECOND), [`alarm ${at.alarms[0].alarm_id}`]);
  assert.deepEqual(pass(299 * SECOND), []);
  assert.deepEqual(pass(SECOND), ["home"]);
});

test("what is below the threshold, replayed, old or without a place stops nothing", () => {
  const { at, pass } = onTour("carousel=off");
  at.alarms = [
    alarm({ severity: 3 }), alarm({ run: "r1" }), alarm({ lng: null, lat: null }), alarm({ state: "active_acked" }),
    alarm({ raised_at: new Date(EPOCH - HOUR).toISOString() }),
  ];
  assert.deepEqual(pass(MINUTE), []);
  const worse = { ...at.alarms[0], severity: 4 };
  at.alarms = [worse];
  assert.deepEqual(pass(SECOND), [`alarm ${worse.alarm_id}`], "it became critical");
});

test("a fire of many detectors in one building is one stop; another building waits its turn", () => {
  const { at, pass } = onTour();
  const here = [1, 2, 3, 4].map(() => alarm({ building_id: 7 }));
  const there = alarm({ building_id: 8 });
  at.alarms = here;
  assert.deepEqual(pass(5 * SECOND), [`alarm ${here[0].alarm_id}`]);
  at.alarms = [...here, there];
  assert.deepEqual(pass(10 * SECOND), []);
  assert.deepEqual(pass(10 * SECOND), [`alarm ${there.alarm_id}`]);
});

test("with a lower threshold a critical alarm takes over from a major one at once", () => {
  const { at, pass } = onTour("pause=major");
  const major = alarm({ severity: 3 }), critical = alarm();
  at.alarms = [major];
  pass(2 * SECOND);
  at.alarms = [major, critical];
  assert.deepEqual(pass(SECOND), [`alarm ${critical.alarm_id}`]);
});

test("while nothing is known nothing moves: an hour without network", () => {
  const { at, pass } = onTour();
  at.live = false;
  assert.deepEqual(pass(HOUR), []);
  at.live = true;
  assert.deepEqual(pass(29 * SECOND), []);
  assert.deepEqual(pass(2 * SECOND), ["A"]);
});

test("days of alarms leave nothing behind", () => {
  const { tour, at, pass } = onTour();
  for (let i = 0; i < 5000; i += 1) {
    at.alarms = [alarm({ raised_at: new Date(EPOCH + at.mono).toISOString() }), alarm({ building_id: 1 })];
    pass(MINUTE, 10 * SECOND);
    assert.ok(tour.remembered() <= 4);
  }
  at.alarms = [];
  pass(MINUTE);
  assert.equal(tour.remembered(), 0);
});

test("night passes midnight; by day light only where asked", () => {
  const night = { night: [22, 6], day: "light" };
  assert.deepEqual([21, 22, 0, 5, 6].map((h) => rules.palette(h, night).dim), [false, true, true, true, false]);
  assert.equal(rules.palette(12, night).theme, "light");
  assert.equal(rules.palette(23, night).theme, "dark");
  assert.deepEqual(rules.palette(23, asked("")), { dim: false, theme: "dark" });
});

test("the picture moves by one pixel every ten minutes and never by more than two", () => {
  const path = Array.from({ length: 20 }, (_, i) => rules.shift(i * 10 * MINUTE));
  assert.ok(path.every(([x, y]) => x >= 0 && x <= 2 && y >= 0 && y <= 2));
  for (let i = 1; i < path.length; i += 1) {
    assert.equal(Math.abs(path[i][0] - path[i - 1][0]) + Math.abs(path[i][1] - path[i - 1][1]), 1);
  }
});

test("an upgrade waits for a calm screen, but not for more than a minute, and is spread over the walls", () => {
  const step = rules.createUpgrade({ own: "1", random: () => 0.5 });
  const at = (mono, more = {}) => step({ mono, epoch: EPOCH + mono, build: "2", calm: false, tried: null, ...more });
  assert.equal(at(0), false);
  assert.equal(at(9 * SECOND, { calm: true }), false, "its turn is after ten seconds");
  assert.equal(at(10 * SECOND), false, "a critical alarm is on the screen");
  assert.equal(at(11 * SECOND, { calm: true }), true);
  assert.equal(at(70 * SECOND), true);
  assert.equal(step({ mono: 0, epoch: EPOCH, build: "1", calm: true, tried: null }), false);
});

test("two builds behind one address never make a wall reload in a loop", () => {
  let tried = null, reloads = 0, own = "1", mono = 0;
  for (let hour = 0; hour < 24; hour += 1) {
    let step = rules.createUpgrade({ own, random: () => 0 });
    for (const end = mono + HOUR; mono < end; mono += 15 * SECOND) {
      const build = Math.floor(mono / 15000) % 2 ? "1" : "2";
      if (!step({ mono, epoch: EPOCH + mono, build, calm: true, tried })) continue;
      tried = rules.tryAt(tried, EPOCH + mono);
      reloads += 1;
      own = own === "1" ? "2" : "1";
      step = rules.createUpgrade({ own, random: () => 0 });
    }
  }
  assert.ok(reloads <= 40, String(reloads));
});

test("a server clock set back does not forbid reloads for ever", () => {
  assert.equal(rules.mayReload({ at: EPOCH + HOUR, times: 9 }, EPOCH, MINUTE), true);
});

test("the watchdog names what is wrong, once a minute", () => {
  const watch = rules.createWatchdog(0);
  const well = { built: true, visible: true, silentMs: 0 };
  const at = (mono, more = {}) => watch({ mono, drawnAt: mono, ...well, ...more });
  assert.equal(at(59 * SECOND, { built: false, silentMs: null }), null);
  assert.equal(at(61 * SECOND, { built: false }), "blank");
  assert.equal(at(62 * SECOND, { built: false }), null);
  assert.equal(at(HOUR), null);
  assert.equal(at(HOUR + SECOND, { drawnAt: HOUR - 3 * MINUTE }), "stuck");
  assert.equal(at(2 * HOUR, { drawnAt: 0, visible: false }), null, "a hidden page draws no frames");
  assert.equal(at(3 * HOUR, { silentMs: 11 * MINUTE }), "silent");
});

test("an hour without network: the stream keeps trying, the page says so, and afterwards all is as the server has it", async () => {
  const settle = () => new Promise((done) => setImmediate(done));
  const waiting = new Map();
  const timers = {
    time: 0, id: 0,
    setTimeout(fn, ms) { waiting.set((timers.id += 1), { fn, at: timers.time + ms }); return timers.id; },
    setInterval(fn, ms) { waiting.set((timers.id += 1), { fn, at: timers.time + ms, every: ms }); return timers.id; },
    clearTimeout: (key) => waiting.delete(key),
    clearInterval: (key) => waiting.delete(key),
  };
  const pass = async (ms) => {
    for (const end = timers.time + ms; ; ) {
      const due = [...waiting].filter(([, w]) => w.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) { timers.time = end; return; }
      timers.time = Math.max(timers.time, due[1].at);
      if (due[1].every) due[1].at += due[1].every;
      else waiting.delete(due[0]);
      due[1].fn();
      await settle();
    }
  };
  let network = true, opened = 0, wall = EPOCH;
  class Source {
    constructor() {
      opened += 1;
      this.on = {};
      Source.last = this;
      if (!network) timers.setTimeout(() => this.onerror(), 100);
    }
    addEventListener(name, fn) { this.on[name] = fn; }
    close() {}
    beat(id) { this.on.heartbeat({ lastEventId: id, data: JSON.stringify({ at: new Date(EPOCH + timers.time).toISOString(), redis: true, build: "1" }) }); }
  }
  const snapshot = (id, alarms) => ({
    event_id: id, at: new Date(EPOCH).toISOString(), area: { code: "A", path: "000" }, deployment: {}, alarms,
    alarms_total: alarms.length, incidents: [], counters: [], floods: [], windows: [], sources: [],
  });
  let answer = snapshot("e-1-0", [alarm({ version: 1 })]);
  const live = createLive({
    reducer, timers, now: () => wall, mono: () => timers.time, probe: false, area: "A",
    fetchSnapshot: () => (network ? Promise.resolve(answer) : Promise.reject(new Error("no network"))),
    openTransport: (o) => {
      const s = openStream({ ...o, EventSourceType: Source, timers, now: () => timers.time });
      return { close: s.close, again: s.reopen };
    },
  });
  live.start();
  await settle();
  Source.last.beat("e-1-0");
  await pass(8 * SECOND);
  assert.equal(live.status().connection, "live");
  wall += 6 * HOUR; // somebody sets the clock meanwhile
  await pass(2 * SECOND);
  assert.equal(live.status().connection, "live");
  assert.equal(live.serverNow(), EPOCH + timers.time);
  network = false;
  Source.last.onerror();
  const before = waiting.size;
  await pass(HOUR);
  assert.equal(live.status().connection, "disconnected");
  assert.ok(opened > 200 && opened < 1000, `it kept trying, and not too hard: ${opened}`);
  assert.ok(waiting.size <= before + 1, "no timer was left behind");
  network = true;
  answer = snapshot("f-9-0", [alarm({ version: 1 }), alarm({ version: 1 })]);
  await pass(15 * SECOND);
  Source.last.beat("f-9-0");
  Source.last.on.resync({ lastEventId: "f-9-0", data: "{}" });
  await pass(2 * SECOND);
  assert.equal(live.status().connection, "live");
  assert.equal(Object.keys(live.state().alarms).length, 2);
});
