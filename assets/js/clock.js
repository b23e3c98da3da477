// The server's clock as this page knows it. Held by the browser's monotonic clock, so that setting the browser's time
// (by hand, or by NTP after weeks) moves nothing on the screen. Pure: both clocks are passed in.
(function (root) {
  "use strict";

  const KEPT = 20; // heartbeats, five minutes
  const JUMP_MS = 10000; // a difference that no delay explains: one of the two clocks was set

  /** `mono()` never jumps; `wall()` serves until the server has been heard. Milliseconds. */
  function createClock({ mono, wall }) {
    let samples = []; // server's moment minus ours, of the last heartbeats; delay only makes them smaller
    let doubted = null;

    function hear(serverMs) {
      const sample = serverMs - mono();
      const offset = samples.length ? Math.max(...samples) : sample;
      // Behind by much: a heartbeat that lay about, or a server clock set back; the next one tells.
      if (sample < offset - JUMP_MS && (doubted === null || Math.abs(sample - doubted) > JUMP_MS)) {
        doubted = sample;
        return;
      }
      if (Math.abs(sample - offset) > JUMP_MS) samples = [];
      doubted = null;
      samples.push(sample);
      if (samples.length > KEPT) samples.shift();
    }

    return {
      hear,
      /** The present moment of the server, ms since 1970. */
      now: () => (samples.length ? mono() + Math.max(...samples) : wall()),
      /** Whether the server has been heard at all: before that, `now` is the browser's own. */
      heard: () => samples.length > 0,
      /** One heartbeat may have waited while the page was being made; of two the better one counts. */
      settled: () => samples.length > 1,
    };
  }

  root.yiping = root.yiping || {};
  root.yiping.createClock = createClock;
  if (typeof module !== "undefined") module.exports = { createClock };
})(typeof globalThis !== "undefined" ? globalThis : this);
