const test = require("node:test");
const assert = require("node:assert");

const { createClock } = require("../../assets/js/clock.js");

const SERVER = Date.parse("2026-06-01T04:00:00Z");

function clocks() {
  const at = { mono: 5000, wall: 1_000_000 };
  return { at, clock: createClock({ mono: () => at.mono, wall: () => at.wall }) };
}

test("before the server was heard the browser's clock serves", () => {
  const { clock } = clocks();
  assert.equal(clock.now(), 1_000_000);
  assert.equal(clock.settled(), false);
});

test("setting the browser's clock moves nothing", () => {
  const { at, clock } = clocks();
  clock.hear(SERVER);
  at.wall += 3_600_000;
  at.mono += 1000;
  assert.equal(clock.now(), SERVER + 1000);
});

test("the least delayed heartbeat of the last ones counts", () => {
  const { at, clock } = clocks();
  for (const delay of [300, 20, 900]) {
    at.mono += 15000;
    clock.hear(SERVER + at.mono - delay);
  }
  assert.equal(clock.now(), SERVER + at.mono - 20);
});

test("one heartbeat that lay about for long is not believed, a server clock set back is at the second", () => {
  const { at, clock } = clocks();
  clock.hear(SERVER);
  at.mono += 60000;
  clock.hear(SERVER); // a minute late
  assert.equal(clock.now(), SERVER + 60000);
  at.mono += 15000;
  clock.hear(SERVER + 75000);
  assert.equal(clock.now(), SERVER + 75000);
  for (let i = 0; i < 2; i += 1) {
    at.mono += 15000;
    clock.hear(SERVER - 3_600_000 + i * 15000);
  }
  assert.equal(clock.now(), SERVER - 3_600_000 + 15000);
});

test("a server clock set forward is believed at once", () => {
  const { at, clock } = clocks();
  clock.hear(SERVER);
  clock.hear(SERVER + 3_600_000);
  assert.equal(clock.now(), SERVER + 3_600_000);
});

test("drift is followed: old heartbeats are forgotten", () => {
  const { at, clock } = clocks();
  for (let i = 0; i < 1000; i += 1) {
    at.mono += 15000;
    clock.hear(SERVER + at.mono - i * 2); // our clock runs fast by 2 ms a beat
  }
  assert.ok(Math.abs(clock.now() - (SERVER + at.mono - 1998)) <= 40);
});
