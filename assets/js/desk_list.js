// The list on screen: of thousands of lines only those in sight are in the document. Lines keep their element while they
// stay in sight; their markup is the server's template, so that the first paint and every later one are the same.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const SPARE = 6; // lines kept ready above and below what is in sight
  const HEAD = 1.75; // rem, as in 55-desk.css; how high an alarm is depends on room and language: --row

  /** Line number at height `y` of `tops` (the top of each line, and the whole height at the end). */
  function lineAt(tops, y) {
    let low = 0, high = tops.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /** `box` scrolls; `make(line)` gives the element of a line, `fill(element, line, at)` brings it up to date. */
  function createList({ box, make, fill }) {
    const ground = document.createElement("div");
    const elements = new Map(); // key of a line → its element
    let lines = [], tops = [0], places = new Map();
    let heights = { head: 28, alarm: 56, event: 56, group: 56 }, frame = 0;
    ground.className = "desk-ground";
    ground.setAttribute("role", "presentation");

    function measure() {
      const style = getComputedStyle(document.documentElement), rem = parseFloat(style.fontSize);
      const row = Math.round(parseFloat(style.getPropertyValue("--row")) * rem);
      heights = { head: Math.round(HEAD * rem), alarm: row, event: row, group: row };
      tops = [0];
      for (const line of lines) tops.push(tops[tops.length - 1] + heights[line.type]);
      ground.style.height = `${tops[tops.length - 1]}px`;
    }

    const spare = { head: [], alarm: [], event: [], group: [] }; // elements out of sight, to be used again

    function put(element) {
      element.remove();
      spare[element.lineType].push(element);
    }

    function take(line) {
      const element = spare[line.type].pop() || make(line);
      element.lineType = line.type;
      ground.append(element);
      return element;
    }

    /** Put the lines in sight into the document; those that are there already are filled anew unless `moved` only. */
    function draw(moved) {
      if (!moved) frame = 0;
      if (!lines.length) {
        for (const element of elements.values()) put(element);
        elements.clear();
        return;
      }
      const from = Math.max(0, lineAt(tops, box.scrollTop) - SPARE);
      const to = Math.min(lines.length - 1, lineAt(tops, box.scrollTop + box.clientHeight) + SPARE);
      const wanted = new Set();
      for (let i = from; i <= to; i += 1) wanted.add(lines[i].key);
      for (const [key, element] of elements) {
        if (wanted.has(key)) continue;
        put(element);
        elements.delete(key);
      }
      for (let i = from; i <= to; i += 1) {
        const line = lines[i];
        let element = elements.get(line.key);
        const fresh = !element;
        if (fresh) elements.set(line.key, (element = take(line)));
        if (element.topPx !== tops[i]) {
          element.topPx = tops[i];
          element.style.transform = `translateY(${tops[i]}px)`;
        }
        if (fresh || !moved) fill(element, line, i);
      }
    }

    function ask() {
      if (!frame) frame = requestAnimationFrame(() => draw(false));
    }

    box.addEventListener("scroll", () => draw(true), { passive: true });
    new ResizeObserver(() => {
      measure();
      ask();
    }).observe(box);

    return {
      redraw: ask,
      drawNow: () => draw(false),
      lines: () => lines,
      /** Show `next`; the line `anchor` (a key) stays where it is on screen when it is there before and after. */
      show(next, anchor) {
        if (!ground.isConnected) box.replaceChildren(ground); // until then the server's first lines stand
        const before = anchor !== undefined && places.has(anchor) ? tops[places.get(anchor)] - box.scrollTop : null;
        lines = next;
        places = new Map(next.map((line, i) => [line.key, i]));
        measure();
        if (before !== null && places.has(anchor) && box.scrollTop > 0) box.scrollTop = tops[places.get(anchor)] - before;
        draw(false);
      },
      /** Bring a line into sight with the least movement. */
      reveal(key) {
        const at = places.get(key);
        if (at === undefined) return;
        const top = tops[at], bottom = tops[at + 1];
        if (top - heights.head < box.scrollTop) box.scrollTop = Math.max(0, top - heights.head);
        else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
        draw(true);
      },
      perPage: () => Math.max(1, Math.floor(box.clientHeight / heights.alarm) - 1),
      element: (key) => elements.get(key),
      keyAt: (y) => (lines.length ? lines[lineAt(tops, box.scrollTop + y)].key : undefined),
    };
  }

  yiping.deskList = { createList, lineAt };
})();
