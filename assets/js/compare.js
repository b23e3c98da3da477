// Choosing two areas to compare: the two lists of the page, and from the overview a long press (or the right button, or
// the key C) on an area of the map or of the ranking. The first waits in this tab until there is a second.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const HOLD_MS = 550; // a press this long is one on every tablet
  const SLIP_PX = 10;
  const SEEN = "[data-drill].rank, .map-area[data-code]";
  const KEY = "yiping.compare";

  let waiting = null; // where there is no session storage it lasts as long as the page
  let timer = 0;
  let pressed = null;
  let held = false;

  function kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return waiting;
    }
  }

  function keep(area) {
    waiting = area;
    try {
      if (area) sessionStorage.setItem(KEY, JSON.stringify(area));
      else sessionStorage.removeItem(KEY);
    } catch {
      // storage is forbidden
    }
  }

  /** The address that compares `a` and `b` in the language and period on screen. */
  function address(a, b) {
    const now = new URLSearchParams(location.search), kept_ = new URLSearchParams();
    for (const name of ["lang", "from", "to"]) if (now.get(name)) kept_.set(name, now.get(name));
    if (a) kept_.set("a", a);
    if (b) kept_.set("b", b);
    return `/compare?${kept_}`;
  }

  /** Put `area` ({code, name}) beside the one that waits, or let it wait. */
  function add(area) {
    const first = kept();
    if (first && first.code !== area.code) {
      keep(null);
      location.assign(address(first.code, area.code));
      return;
    }
    keep(area);
    const link = document.createElement("a");
    link.href = address(area.code, null);
    link.textContent = t("选择另一个");
    yiping.say(t("已加入对比：{name}。再长按一个区域即可对比。", { name: area.name }), link);
  }

  function areaAt(event) {
    const hit = event.target.closest && event.target.closest(SEEN);
    const under = hit || document.elementsFromPoint(event.clientX, event.clientY).find((e) => e.matches(SEEN));
    return under ? areaOf(under) : null;
  }

  function areaOf(element) {
    const name = element.querySelector(".rank-name");
    const code = element.dataset.drill || element.dataset.code;
    return { code, name: name ? name.title || name.textContent : (element.getAttribute("aria-label") || code).split(" ")[0] };
  }

  const onOverview = () => Boolean(document.getElementById("overview-left")) && !document.documentElement.classList.contains("wall");

  function release() {
    clearTimeout(timer);
    pressed = null;
  }

  document.addEventListener("pointerdown", (event) => {
    held = false;
    release();
    if (!onOverview() || event.pointerType === "mouse" || !event.isPrimary) return;
    const area = areaAt(event);
    if (!area) return;
    pressed = [event.clientX, event.clientY];
    timer = setTimeout(() => {
      held = true;
      pressed = null;
      add(area);
    }, HOLD_MS);
  });
  document.addEventListener("pointermove", (event) => {
    if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > SLIP_PX) release();
  }, { passive: true });
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
  // The finger that has chosen does not drill as well.
  window.addEventListener("click", (event) => {
    if (!held) return;
    held = false;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  document.addEventListener("contextmenu", (event) => {
    if (!onOverview()) return;
    const area = areaAt(event);
    if (!area) return;
    event.preventDefault();
    if (!held) add(area); // on Android the long press has said it already
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "c" || event.ctrlKey || event.metaKey || event.altKey || !onOverview()) return;
    const focused = document.activeElement.closest(SEEN);
    if (focused) add(areaOf(focused));
  });

  document.addEventListener("change", (event) => {
    if (!event.target.dataset.side) return;
    location.assign(address(document.getElementById("compare-a").value, document.getElementById("compare-b").value));
  });

  Object.assign(yiping, { compare: { add, address } });
})();
