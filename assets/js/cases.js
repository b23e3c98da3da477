// The cases: their clocks go on, the board and the list follow what happens, keys lead through them.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const TICK_MS = 1000;

  const links = () => [...document.querySelectorAll("[data-case]")];

  /** Write what is left of each clock. */
  function tick() {
    const now = yiping.live.serverNow();
    for (const clock of document.querySelectorAll("[data-due]")) {
      const left = Number(clock.dataset.due) - now, age = yiping.display.age(Math.abs(left), t);
      const text = left > 0 ? t("剩 {age}", { age }) : t("超期 {age}", { age });
      if (clock.textContent !== text) clock.textContent = text;
    }
  }

  /** The link `step` away from the one that has the focus; sideways in the next column that has one. */
  function move(step) {
    const all = links(), at = all.indexOf(document.activeElement.closest("[data-case]"));
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
    if (next) focus(next);
  }

  function sideways(step) {
    const columns = [...document.querySelectorAll(".case-column")].filter((column) => column.querySelector("[data-case]"));
    const here = document.activeElement.closest(".case-column");
    const column = columns[here ? columns.indexOf(here) + step : 0];
    if (column) focus(column.querySelector("[data-case]"));
  }

  function focus(link) {
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  const KEYS = { j: () => move(1), k: () => move(-1), h: () => sideways(-1), l: () => sideways(1), "/": () => document.getElementById("case-search").focus() };

  function onKey(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (target.matches("input, textarea, select")) {
      if (key === "Escape") target.blur();
      return;
    }
    const act = KEYS[key.length === 1 ? key.toLowerCase() : key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** The form as an address: what is empty narrows nothing and is not said. */
  function narrow(form) {
    const kept = new URLSearchParams([...new FormData(form)].filter(([, value]) => String(value).trim()));
    location.assign(`${form.action.split("?")[0]}?${kept}`);
  }

  function start(root) {
    document.documentElement.classList.add("is-scripted");
    yiping.painted.keep(root, (event) => event.type === "incident.changed", tick);
    document.addEventListener("keydown", onKey);
    root.addEventListener("change", (event) => event.target.matches("#case-form select") && narrow(event.target.form));
    root.addEventListener("submit", (event) => {
      if (event.target.id !== "case-form") return;
      event.preventDefault();
      narrow(event.target);
    });
  }

  const painted = document.querySelector("#first-paint #cases > .parts");
  if (painted) queueMicrotask(() => start(painted)); // after the later files of this script
  if (document.querySelector("#first-paint [data-due]")) setInterval(tick, TICK_MS);
})();
