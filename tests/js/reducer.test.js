const test = require("node:test");
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");

const reducer = require("../../assets/js/reducer.js");

const fixtures = path.join(__dirname, "../fixtures/events");
const example = (name) => JSON.parse(fs.readFileSync(path.join(fixtures, name + ".json")));
const empty = {
  event_id: "e-1-0", at: "2026-06-01T04:00:00Z", area: { code: "A", path: "000" }, deployment: { demo: true },
  alarms: [], alarms_total: 0, incidents: [], counters: [], floods: [], windows: [], sources: [],
};
const start = () => reducer.fromSnapshot(empty);

test("an alarm appears, is updated by newer versions alone, and leaves when it closes", () => {
  const raised = example("alarm.changed");
  let state = reducer.reduce(start(), raised);
  assert.equal(state.alarms[raised.alarm_id].version, raised.version);
  assert.equal(state.alarmsTotal, 1);
  state = reducer.reduce(state, { ...raised, version: raised.version + 2, occurrences: 9 });
  state = reducer.reduce(state, { ...raised, version: raised.version + 1, occurrences: 5 });
  assert.equal(state.alarms[raised.alarm_id].occurrences, 9);
  state = reducer.reduce(state, { ...raised, version: raised.version + 3, state: "closed" });
  assert.deepEqual(state.alarms, {});
  assert.equal(state.alarmsTotal, 0);
});

test("a late event does not bring a closed alarm back; a return within the rules does", () => {
  const raised = example("alarm.changed");
  let state = reducer.reduce(start(), { ...raised, version: 5, state: "closed" });
  state = reducer.reduce(state, { ...raised, version: 4 });
  assert.deepEqual(state.alarms, {});
  state = reducer.reduce(state, { ...raised, version: 6 });
  assert.equal(Object.keys(state.alarms).length, 1);
});

test("what is changed in place is what a new state would be, closed and late events included", () => {
  const one = example("alarm.changed"), others = ["incident.changed", "counters.changed", "flood.changed", "window.changed", "freshness.changed"];
  const events = [...others.map(example), one, { ...one, version: one.version + 2, state: "closed" }, { ...one, version: one.version + 1 }];
  const state = start(), { alarms } = state;
  const after = events.reduce(reducer.advance, state);
  assert.equal(after, state);
  assert.equal(after.alarms, alarms);
  assert.deepEqual(after, reducer.reduceAll(start(), events));
  assert.deepEqual(after.alarms, {});
});

test("of what is closed only so much is remembered", () => {
  const one = example("alarm.changed"), state = start();
  for (let id = 0; id < 5003; id += 1) reducer.advance(state, { ...one, alarm_id: id, state: "closed" });
  assert.equal(Object.keys(state.closed).length, state.closedCount);
  assert.equal(state.closedCount, 3);
});

test("the given state is left as it was", () => {
  const before = start();
  const copy = structuredClone(before);
  reducer.reduceAll(before, ["alarm.changed", "incident.changed", "counters.changed", "freshness.changed"].map(example));
  assert.deepEqual(before, copy);
});

test("every event type of the fixtures is understood; an unknown one asks for a snapshot", () => {
  for (const file of fs.readdirSync(fixtures)) {
    const event = example(file.replace(".json", ""));
    assert.equal(reducer.reduce(start(), event).resync, false, file);
  }
  assert.equal(reducer.reduce(start(), { type: "something.new" }).resync, true);
});

test("applying events twice changes nothing", () => {
  const events = ["alarm.changed", "incident.changed", "counters.changed", "freshness.changed"].map(example);
  const once = reducer.reduceAll(start(), events);
  assert.deepEqual(reducer.reduceAll(once, events), once);
});

test("incidents are listed newest first, at most as many as the snapshot has", () => {
  const one = example("incident.changed");
  const many = Array.from({ length: 205 }, (_, i) => ({
    ...one, incident_id: i, created_at: new Date(1780000000000 + i * 1000).toISOString(),
  }));
  const listed = reducer.openIncidents(reducer.reduceAll(start(), many));
  assert.equal(listed.length, 200);
  assert.equal(listed[0].incident_id, 204);
  const closed = reducer.reduce(reducer.reduceAll(start(), [one]), { ...one, version: one.version + 1, stage: "closed" });
  assert.deepEqual(reducer.openIncidents(closed), []);
});

test("open alarms are ordered worst first, then newest", () => {
  const one = example("alarm.changed");
  const state = reducer.reduceAll(start(), [
    { ...one, alarm_id: 1, severity: 2, raised_at: "2026-06-01T03:00:00Z" },
    { ...one, alarm_id: 2, severity: 4, raised_at: "2026-06-01T01:00:00Z" },
    { ...one, alarm_id: 3, severity: 2, raised_at: "2026-06-01T03:30:00.5Z" },
  ]);
  assert.deepEqual(reducer.openAlarms(state).map((a) => a.alarm_id), [2, 3, 1]);
});

test("the worst flood is told until it is over, and a late event does not bring it back", () => {
  const street = example("flood.changed");
  const worse = { ...street, area: "000001", desk: 9, per10: 80 };
  let state = reducer.reduceAll(start(), [street, worse]);
  assert.deepEqual(reducer.flood(state), worse);
  assert.deepEqual(reducer.flood(state, street.desk), street);
  state = reducer.reduce(state, { ...worse, version: worse.version + 1, since: null });
  state = reducer.reduce(state, worse);
  assert.deepEqual(reducer.flood(state), street);
  assert.equal(reducer.flood(start()), null);
});

test("a flood is counted as the panel of the place counts; within a desk's area as its desk does", () => {
  const flood = { ...example("flood.changed"), area: "000001", per10: 12 };
  const counted = ["000", "000001001"].map((area) => ({ ...example("counters.changed"), area, counters: { "alarms.new": area.length } }));
  const state = reducer.reduceAll(start(), [flood, ...counted]);
  assert.deepEqual(reducer.floodAt(state, "000"), { since: flood.since, n: 3, here: true });
  assert.deepEqual(reducer.floodAt(state, "000001001"), { since: flood.since, n: 12, here: false });
  assert.deepEqual(reducer.floodAt(state, "000001"), { since: flood.since, n: 12, here: false }); // not counted yet
  assert.equal(reducer.floodAt(start(), "000"), null);
});

test("windows are listed until they are over, and a late event does not bring one back", () => {
  const drill = example("window.changed");
  const later = { ...drill, window_id: 6, version: 1, phase: "coming", since: "2026-06-02T04:00:00Z" };
  let state = reducer.reduceAll(start(), [later, drill]);
  assert.deepEqual(reducer.windows(state), [drill, later]);
  state = reducer.reduceAll(state, [{ ...drill, version: 3, phase: "over" }, drill]);
  assert.deepEqual(reducer.windows(state), [later]);
});

test("event ids compare within one epoch only", () => {
  assert.ok(reducer.compareIds("e-9-0", "e-10-0") < 0);
  assert.ok(reducer.compareIds("e-10-2", "e-10-1") > 0);
  assert.equal(reducer.compareIds("e-1-0", "e-1-0"), 0);
  assert.ok(Number.isNaN(reducer.compareIds("e-1-0", "f-1-0")));
  assert.ok(Number.isNaN(reducer.compareIds(null, "f-1-0")));
});
