const test = require("node:test");
const assert = require("node:assert");

const { actionOf } = require("../../assets/js/desk_keys.js");
const { createBursts, soundState } = require("../../assets/js/desk_sound.js");
const { outcomeOf, requestFor } = require("../../assets/js/desk_actions.js");

const press = (key, where = "list", more = {}) => {
  const found = actionOf({ key, ...more }, where);
  return found && found.action;
};

test("the keys are those of the desk, whatever the case", () => {
  const expected = {
    j: "next", K: "previous", a: "acknowledge", A: "acknowledge", c: "claim", d: "dispatch", s: "shelve", x: "close", f: "false",
    i: "incident", "/": "search", "?": "help", v: "video", n: "note", t: "step", z: "undo", Escape: "leave", ArrowDown: "next", " ": "mark",
  };
  for (const [key, action] of Object.entries(expected)) assert.equal(press(key), action, key);
});

test("whoever types into a field types: only Escape is ours", () => {
  assert.deepEqual(["a", "x", "/", " ", "Escape"].map((key) => press(key, "field")), [null, null, null, null, "leave"]);
});

test("a dialog has its keys for itself, and a button its Enter, space and arrows", () => {
  assert.deepEqual(["a", "Escape", "Enter"].map((key) => press(key, "dialog")), [null, null, null]);
  assert.deepEqual(["Enter", " ", "ArrowDown", "j", "a"].map((key) => press(key, "button")), [null, null, null, "next", "acknowledge"]);
});

test("Shift extends while moving and makes nothing else of a letter; Ctrl and Alt are the browser's", () => {
  assert.deepEqual(actionOf({ key: "J", shiftKey: true }, "list"), { action: "next", extend: true });
  assert.equal(press("D", "list", { shiftKey: true }), null);
  assert.deepEqual(["A", "C", "X"].map((key) => actionOf({ key, shiftKey: true }, "list").what), ["acknowledge", "claim", "close"]);
  assert.deepEqual(["list", "button", "field", "dialog"].map((where) => press("A", where, { shiftKey: true })), ["event", "event", null, null]);
  assert.equal(press("c", "list", { ctrlKey: true }), null);
  assert.equal(press("a", "list", { ctrlKey: true }), "markAll");
  assert.equal(press("d", "list", { altKey: true }), null);
});

test("digits call: the third person for 3", () => {
  assert.deepEqual(actionOf({ key: "3" }, "list"), { action: "call", n: 3, extend: false });
});

test("sound is on only when it can be heard", () => {
  assert.equal(soundState({ context: "running", mutedUntil: 0, now: 5 }), "on");
  assert.equal(soundState({ context: "suspended", mutedUntil: 0, now: 5 }), "blocked");
  assert.equal(soundState({ context: "none", mutedUntil: 0, now: 5 }), "blocked");
  assert.equal(soundState({ context: "running", mutedUntil: 9, now: 5 }), "muted");
});

function heard() {
  const log = [], due = [];
  const bursts = createBursts({ timers: { setTimeout: (fn) => due.push(fn) }, sound: (s) => log.push(s), told: (n) => log.push(`+${n}`) });
  return { bursts, log, end: () => due.shift()() };
}

test("a burst is one tone and one line: ten more alarms", () => {
  const { bursts, log, end } = heard();
  for (let i = 0; i < 11; i += 1) bursts.add(2);
  end();
  assert.deepEqual(log, [2, 2, "+10"]);
});

test("something graver does not wait for the end of a burst, and a single alarm has no second tone", () => {
  const { bursts, log, end } = heard();
  bursts.add(1);
  bursts.add(4);
  bursts.add(2);
  assert.deepEqual(log, [1, 4]);
  end();
  assert.deepEqual(log, [1, 4, 4, "+2"]);
  bursts.add(3);
  end();
  assert.deepEqual(log.slice(4), [3]);
});

test("one alarm is acted on at its own address, several at once with the version of each", () => {
  assert.deepEqual(requestFor("close", [{ alarm_id: 7, version: 3 }], { reason: "false" }), {
    url: "/api/v1/alarms/7/close", body: { version: 3, reason: "false" },
  });
  assert.deepEqual(requestFor("acknowledge", [{ alarm_id: 7, version: 3 }, { alarm_id: 8, version: 1 }]), {
    url: "/api/v1/alarms/act", body: { action: "acknowledge", items: [{ id: 7, version: 3 }, { id: 8, version: 1 }] },
  });
});

test("an answer tells what was done and what was refused, with its sentence", () => {
  const asked = [{ alarm_id: 7, version: 3 }];
  assert.deepEqual(outcomeOf(asked, 200, { id: 7, version: 4 }), { done: [{ id: 7, version: 4 }], refused: [] });
  assert.deepEqual(outcomeOf(asked, 200, { alarm: { id: 7 }, history: [] }), { done: [{ id: 7 }], refused: [] });
  assert.deepEqual(outcomeOf(asked, 409, { error: "周* 刚刚确认了这条告警。" }), { done: [], refused: [{ id: 7, why: "周* 刚刚确认了这条告警。" }] });
  assert.deepEqual(outcomeOf(asked, 500, null).refused, [{ id: 7, why: null }]);
  assert.deepEqual(outcomeOf(asked, 200, { done: [{ id: 7 }], refused: [{ id: 8, why: "x" }] }).refused, [{ id: 8, why: "x" }]);
});
