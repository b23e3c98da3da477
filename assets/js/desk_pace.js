// How often the desk is drawn. What somebody does is drawn in the next frame; what comes by itself too while that is
// little, but in a storm drawing rests four times as long as it took: the rest of the time is the officer's. Pure.
(function (root) {
  "use strict";

  const REST = 4;
  const MOST_REST_MS = 400;

  /** `draw()` when it is its turn; `env` has `now`, `nextFrame(fn)` and `setTimeout(fn, ms)`. */
  function createPace(draw, { now, nextFrame, setTimeout }) {
    let frame = false, waits = false, restsUntil = 0;

    function run() {
      frame = false;
      const began = now();
      draw();
      const ended = now();
      restsUntil = ended + Math.min(MOST_REST_MS, (ended - began) * REST);
    }

    function atOnce() {
      if (frame) return;
      frame = true;
      nextFrame(run);
    }

    function soon() {
      if (frame || waits) return;
      const rest = restsUntil - now();
      if (rest <= 0) return atOnce();
      waits = true;
      setTimeout(() => {
        waits = false;
        atOnce();
      }, rest);
    }

    return { atOnce, soon };
  }

  root.yiping = root.yiping || {};
  root.yiping.createPace = createPace;
  if (typeof module !== "undefined") module.exports = { createPace };
})(typeof globalThis !== "undefined" ? globalThis : this);
