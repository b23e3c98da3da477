// Answers fetched before they are asked for: panels and outlines of the places that are likely to be chosen next. What
// is held stands for a moment only: whoever shows it asks again (callbacks.js, map.js).
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const KEPT_MS = 120_000; // and no more often does a page in use ask for the places around
  const REST_MS = 3000;
  const STIRRED_MS = 250;
  const LOOK_MS = 1500; // nobody has read a place before; whoever goes on sooner is not to wait for what he did not ask for
  const PAUSE_MS = 100; // between two places: the server has others to answer
  const MOST = 24; // places around; the rest are fetched when somebody points at them
  const held = new Map(); // address → { answer, at, failed }

  const age = (known) => performance.now() - known.at;

  let fetched = 0;

  function json(url, priority = "auto") {
    fetched += 1;
    return fetch(url, { credentials: "same-origin", priority }).then((answer) => {
      if (!answer.ok) throw new Error(`${url.split("?")[0]}: ${answer.status}`);
      return answer.json();
    });
  }

  /** Keeps the answer on its way to `url`; one that fails is not kept. */
  function keep(url, answer) {
    for (const [each, known] of held) if (age(known) > KEPT_MS) held.delete(each);
    const known = { answer, at: performance.now() };
    held.set(url, known);
    answer.catch(() => held.get(url) === known && held.delete(url)); // whoever needs it asks again, and says so when it fails
    return answer;
  }

  /**
   * What is held of `url`: { answer: promise, age in ms }; null where there is nothing, or too old. What is still on its
   * way may fail: whoever waits for it now asks once more.
   */
  function known(url) {
    const found = held.get(url);
    if (!found || age(found) > KEPT_MS) return null;
    return { answer: found.answer.catch(() => keep(url, json(url))), age: age(found) };
  }

  /** Have `url` at hand, and where what is held is not younger than `young` ms, a new answer on its way. */
  function ahead(url, young, priority) {
    const found = known(url);
    if (!found) return keep(url, json(url, priority));
    if (found.age >= young) json(url, priority).then((answer) => keep(url, Promise.resolve(answer)), () => {}); // until then the old one serves
    return found.answer;
  }

  // ---- the places around: once the page has come to rest and whenever somebody uses it, one after the other and behind
  // everything else

  let wanted = []; // [() => promise, …]
  let walking = false;
  let resting = 0;
  let stirring = 0;
  let walkedAt = -Infinity;
  let arrivedAt = 0;

  const idle = () => new Promise((done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 500 }) : setTimeout(done, 100)));

  const pause = () => new Promise((done) => setTimeout(done, PAUSE_MS));

  async function walk() {
    walking = true;
    while (wanted.length && !document.hidden) {
      const before = fetched;
      await Promise.resolve(wanted.shift()()).catch(() => {});
      if (fetched > before) await pause().then(idle); // what is held costs nothing
    }
    walking = false;
  }

  function used() {
    if (!yiping.here || !document.getElementById("overview-left") || performance.now() - walkedAt < KEPT_MS) return;
    if (document.documentElement.classList.contains("wall")) return; // nobody chooses anything on a wall
    const { up, children } = yiping.here;
    walkedAt = performance.now();
    wanted = [...(up ? [up] : []), ...children].slice(0, MOST).map((code) => () => yiping.foresee(code, KEPT_MS, "low"));
    if (!walking) walk();
  }

  // Whoever has just begun to move may be about to click: what that asks for goes first.
  function stirred() {
    stirring ||= setTimeout(() => {
      stirring = 0;
      if (performance.now() - arrivedAt >= LOOK_MS) used();
    }, STIRRED_MS);
  }

  for (const name of ["pointermove", "pointerdown", "keydown"]) addEventListener(name, stirred, { passive: true, capture: true });
  function arrived() {
    wanted = [];
    walkedAt = -Infinity; // other places are around now
    arrivedAt = performance.now();
    clearTimeout(resting);
    resting = setTimeout(used, REST_MS);
  }
  document.addEventListener("yiping:area", arrived);
  arrived(); // the place of the document was there before

  yiping.foresight = { ahead, json, keep, known };
})();
