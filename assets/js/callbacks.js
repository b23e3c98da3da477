// The address is the state: language, theme and size from it at once; a drill-down changes it without a reload, asks
// Dash for the panels, and tells the map and the live stream when they are there.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const SEARCH = "overview-search";
  const REFRESH_MS = 60_000; // slow figures (indicators, stages); counters and alarms are live
  const root = document.documentElement;
  const query = () => new URLSearchParams(location.search);

  let shownPath = location.pathname;
  let asked = location.search; // what the panels were last asked to show

  // ---- the frame, before the first paint

  function readTheme() {
    try {
      return localStorage.getItem("yiping.theme");
    } catch {
      return null; // storage is forbidden: the default serves
    }
  }

  function setTheme(theme) {
    root.dataset.theme = theme;
    const button = document.querySelector("[data-theme-switch]");
    if (!button) return;
    const label = yiping.t(theme === "dark" ? "切换到浅色" : "切换到深色");
    button.title = label;
    button.setAttribute("aria-label", label);
  }

  const asTheme = (name) => (name === "light" || name === "dark" ? name : null);
  setTheme(asTheme(query().get("theme")) || asTheme(readTheme()) || "dark");
  root.lang = query().get("lang") === "en" ? "en" : "zh-CN";
  root.classList.toggle("wall", query().get("wall") === "1");
  document.body.dataset.lang = query().get("lang") === "en" ? "en" : "zh";
  if (query().get("probe") === "1") document.body.dataset.probe = "1";

  // ---- the place

  /** Ask Dash for the panels of the present address. */
  function ask() {
    asked = location.search;
    window.dash_clientside.set_props(SEARCH, { data: { search: location.search, at: Date.now() } });
  }

  /** Go to `change(params)` of the address without leaving the page. */
  function go(change) {
    const url = new URL(location.href);
    change(url.searchParams);
    if (url.search === location.search) return;
    history.pushState({}, "", url);
    root.classList.add("is-moving");
    ask();
  }

  const drill = (code) =>
    go((params) => {
      params.set("area", code);
      params.delete("building");
    });

  /** Called by Dash with the state of the panels it has just rendered, once they are in the page. */
  function place(state) {
    if (!state) return "";
    const { body } = document;
    const moved = body.dataset.path !== state.path;
    Object.assign(body.dataset, { area: state.code, path: state.path, lang: state.lang });
    yiping.here = state;
    document.title = state.title;
    root.classList.remove("is-moving");
    setTheme(root.dataset.theme);
    requestAnimationFrame(() => {
      const detail = { code: state.code, path: state.path };
      if (moved) document.dispatchEvent(new CustomEvent("yiping:area", { detail, bubbles: true }));
      document.dispatchEvent(new CustomEvent("yiping:panels", { detail, bubbles: true }));
    });
    return "";
  }

  // Dash's router would build the whole page anew, map and all, when only the query changes: it is not told.
  function keepThePage(event) {
    if (location.pathname !== shownPath || !document.getElementById("overview-left")) {
      shownPath = location.pathname;
      return;
    }
    event.stopImmediatePropagation();
    if (location.search !== asked) ask();
  }
  window.addEventListener("popstate", keepThePage, true);
  window.addEventListener("_dashprivate_pushstate", keepThePage, true);

  window.addEventListener("yiping:drill", (event) => drill(event.detail.code));
  window.addEventListener("yiping:building", (event) => go((params) => params.set("building", event.detail.code)));

  // ---- clicks

  const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

  function toggleTheme() {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    setTheme(theme);
    try {
      localStorage.setItem("yiping.theme", theme);
    } catch {
      // storage is forbidden: the choice lasts as long as the page
    }
  }

  function onClick(event) {
    const target = event.target.closest("[data-drill],[data-theme-switch],[data-lang-switch],[data-close-building],[data-details]");
    if (!target || !plain(event)) return;
    if ("drill" in target.dataset) {
      event.preventDefault();
      drill(target.dataset.drill);
    } else if ("themeSwitch" in target.dataset) {
      toggleTheme();
    } else if ("langSwitch" in target.dataset) {
      const params = query();
      params.set("lang", target.dataset.langSwitch);
      target.href = `?${params}`; // the address may have moved on since the page was made
    } else if ("details" in target.dataset) {
      target.setAttribute("aria-expanded", String(root.classList.toggle("is-detailed")));
    } else {
      go((params) => params.delete("building"));
    }
  }
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.querySelector(".drawer")) go((params) => params.delete("building"));
  });

  setInterval(() => {
    if (!document.hidden && document.getElementById("overview-left")) ask();
  }, REFRESH_MS);

  Object.assign(yiping, { place, drill, refreshPanels: ask });
})();
