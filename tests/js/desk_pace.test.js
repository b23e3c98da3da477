const test = require("node:test");
const assert = require("node:assert");

const { createPace } = require("../../assets/js/desk_pace.js");

/** A page whose clock only runs while it draws (`cost` ms) or waits; frames come every 16 ms. */
function page(cost) {
  let time = 0, drawn = 0, due = [];
  const at = (fn, ms) => due.push({ fn, at: time + ms });
  const pace = createPace(() => {
    drawn += 1;
    time += cost;
  }, { now: () => time, nextFrame: (fn) => at(fn, 16), setTimeout: at });
  return {
    pace,
    drawn: () => drawn,
    /** Run for `ms`; something comes by itself every 2 ms. */
    storm(ms) {
      const end = time + ms;
      while (time < end) {
        pace.soon();
        const ready = due.filter((one) => one.at <= time);
        due = due.filter((one) => one.at > time);
        for (const one of ready) one.fn();
        time += 2;
      }
    },
  };
}

test("what little costs is drawn with every frame", () => {
  const quiet = page(1);
  quiet.storm(1000);
  assert.ok(quiet.drawn() > 45, `${quiet.drawn()}`);
});

test("in a storm drawing takes a fifth of the time at most, and never rests for long", () => {
  const busy = page(60);
  busy.storm(6000);
  assert.ok(busy.drawn() * 60 <= 6000 * 0.21, `${busy.drawn()}`);
  const drowned = page(300);
  drowned.storm(7000);
  assert.ok(drowned.drawn() >= 9, `${drowned.drawn()}`);
});

test("a hand is served in the next frame, also while drawing rests", () => {
  const busy = page(60);
  busy.storm(200);
  const before = busy.drawn();
  busy.pace.atOnce();
  busy.pace.atOnce();
  busy.storm(18);
  assert.equal(busy.drawn(), before + 1);
});
