// Pages that the server paints whole: the painted room moves into React's, its parts are fetched anew when something of
// theirs has happened, and only those that differ are exchanged, so that what somebody reads, holds or has scrolled stays.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const SOON_MS = 400; // several events are one reload
  const REST_MS = 2000; // never more often
  const AGAIN_MS = 30000; // what time alone changes

  /** Called by Dash when the frame is in the page. */
  function built(id) {
    const first = document.getElementById("first-paint"), room = document.querySelector(`#react-entry-point #${id}`);
    if (!first || !room) return "";
    const from = first.querySelector(`#${id}`), held = document.activeElement, { scrollTop } = first.querySelector(".page") || {};
    const lists = [...from.querySelectorAll("[data-keeps-scroll]")].map((list) => [list, list.scrollTop]);
    room.replaceChildren(...from.childNodes);
    first.remove();
    for (const [list, top] of lists) list.scrollTop = top;
    if (scrollTop) room.closest(".page").scrollTop = scrollTop;
    if (held && held.isConnected && held !== document.body) held.focus({ preventScroll: true });
    return "";
  }

  /** What names the thing that has the focus, so that it is found again in fresh markup. */
  function nameOf(element) {
    const found = element.closest("[data-case], [data-act], [id], a[href]");
    if (!found) return null;
    if (found.dataset.case) return `[data-case="${CSS.escape(found.dataset.case)}"]`;
    if (found.dataset.act) return `[data-act="${CSS.escape(found.dataset.act)}"]`;
    return found.id ? `#${CSS.escape(found.id)}` : `a[href="${CSS.escape(found.getAttribute("href"))}"]`;
  }

  function exchange(part, html) {
    const held = part.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    const scrolled = [...part.querySelectorAll("ol, ul, [role=group]")].map((list) => list.scrollTop);
    part.innerHTML = html;
    [...part.querySelectorAll("ol, ul, [role=group]")].forEach((list, i) => scrolled[i] && (list.scrollTop = scrolled[i]));
    const same = held && part.querySelector(held);
    if (same) same.focus({ preventScroll: true });
  }

  /** Keep the parts under `root`, asked for every `rest` ms at most; `concerns(event)` says which events are theirs.
   * Returns `refresh`. */
  function keep(root, concerns, shown = () => undefined, rest = REST_MS) {
    const made = new Map(); // part → the HTML it was made of, before clocks went on
    let timer = 0, asking = Promise.resolve(), askedAt = 0;

    function put({ parts }) {
      for (const [name, html] of Object.entries(parts || {})) {
        const part = root.querySelector(`[data-part="${name}"]`);
        if (!part || made.get(name) === html || part.querySelector("dialog[open]")) continue;
        made.set(name, html);
        exchange(part, html);
      }
      shown();
    }

    /** Fetch the parts anew, one answer after the other; resolves when they are in the page. */
    function refresh() {
      clearTimeout(timer);
      timer = 0;
      asking = asking.then(ask);
      return asking;
    }

    async function ask() {
      askedAt = performance.now();
      try {
        const answer = await fetch(root.dataset.source + location.search, { credentials: "same-origin" });
        if (answer.ok) put(await answer.json());
        root.classList.toggle("is-failing", !answer.ok);
      } catch {
        root.classList.add("is-failing"); // what stands keeps its time
      }
    }

    function soon() {
      timer = timer || setTimeout(refresh, Math.max(SOON_MS, askedAt + rest - performance.now()));
    }

    yiping.live.subscribe((_, event) => event && concerns(event) && !document.hidden && soon());
    document.addEventListener("visibilitychange", () => document.hidden || soon());
    setInterval(() => document.hidden || soon(), AGAIN_MS);
    return refresh;
  }

  yiping.painted = { built, keep };
})();
