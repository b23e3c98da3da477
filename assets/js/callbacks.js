// The address is the state: language, theme and size from it at once; a drill-down changes it without a reload, fetches
// the panels as HTML, and tells the map and the live stream when they are in the page.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const REFRESH_MS = 60_000; // slow figures (indicators, stages); counters and alarms are live
  const MISSED_MS = 3000; // panels that could not be had are asked for again, until they are there
  const AHEAD_MS = 5000; // older panels that were fetched ahead of a click are shown, and asked for again
  const SOON_MS = 300;
  const DWELL_MS = 60; // a pointer that rests this long on a place is likely to choose it
  const root = document.documentElement;
  const query = () => new URLSearchParams(location.search);
  const byId = (id) => document.getElementById(id);

  let shownPath = location.pathname;
  let asked = location.search; // what the panels were last asked to show
  let round = 0;
  const made = new WeakMap(); // panel → the HTML it was made of, before live figures changed it

  // ---- the frame, before the first paint

  function setTheme(theme) {
    root.dataset.theme = theme;
    const button = document.querySelector(".switch[data-theme-switch]");
    if (!button || !yiping.t) return; // before the words are there the server's label serves
    const label = yiping.t(theme === "dark" ? "切换到浅色" : "切换到深色");
    button.title = label;
    button.setAttribute("aria-label", label);
  }

  // ---- the place

  const panels = (search) => `/panels${search}`;

  // What is exchanged between press and release takes the click with it: it waits until that has been heard, and then
  // for no frame, or the page would be laid out and painted once more.
  let released = Promise.resolve();
  function press() {
    released = new Promise((done) => {
      addEventListener("click", done, { once: true });
      for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => setTimeout(done), { once: true, capture: true });
    });
  }
  addEventListener("pointerdown", press, true);

  /** Bring the panels of the present address; what was asked for earlier and comes later is not shown. */
  function ask() {
    const url = panels(location.search);
    return bring(yiping.foresight.keep(url, yiping.foresight.json(url)));
  }

  /** The panels of the present address from what is held of them, and again where that is not of this moment. */
  function askOrRecall() {
    const known = yiping.foresight.known(panels(location.search));
    if (!known) return ask();
    const shown = bring(known.answer), mine = round;
    if (known.age > AHEAD_MS) setTimeout(() => mine === round && ask(), SOON_MS);
    return shown;
  }

  function bring(coming) {
    const mine = (round += 1);
    asked = location.search;
    return coming.then((answer) => released.then(() => answer)).then(
      (answer) => mine === round && (answer.refused ? say(answer.refused) : show(answer)),
      () => mine === round && missed(mine)
    );
  }

  // The address is at the new place already, the map too: the panels follow as soon as they can be had.
  function missed(mine) {
    if (root.classList.contains("is-moving")) say(yiping.t("这里的数据没有取到，正在再试"));
    setTimeout(() => mine === round && ask(), MISSED_MS);
  }

  function say(text) {
    root.classList.remove("is-moving");
    const toast = byId("overview-toast");
    if (toast) toast.textContent = text;
  }

  /** Go to `change(params)` of the address without leaving the page. */
  function go(change) {
    const search = changed(change);
    if (search === location.search) return;
    history.pushState({}, "", location.pathname + search);
    root.classList.add("is-moving");
    askOrRecall();
  }

  function changed(change) {
    const url = new URL(location.href);
    change(url.searchParams);
    return url.search;
  }

  const to = (code, building) => (params) => {
    params.set("area", code);
    if (building) params.set("building", building);
    else params.delete("building");
  };

  /** Go to an area, with one of its buildings open where `building` names one. */
  function drill(code, building) {
    go(to(code, building));
    if (yiping.map) yiping.map.lead(code); // the map does not wait for the panels
  }

  /** Somebody may choose `code`: have its panels and outlines on their way, unless they are younger than `young` ms. */
  function foresee(code, young = AHEAD_MS, priority = "auto") {
    const search = changed(to(code));
    if (search === location.search) return null;
    return Promise.all([
      yiping.foresight.ahead(panels(search), young, priority),
      yiping.map && yiping.map.foresee(code, young, priority),
    ]);
  }

  /** Put the panels of an answer into the page; a panel that is as it was stays as it is. */
  function show({ state, regions }) {
    const changes = Object.entries(regions).flatMap(([id, html]) => fill(byId(id), html));
    exchange(changes);
    byId("overview-toast").textContent = "";
    place(state);
  }

  /** Bring `html` into a region; returns the panels that are to be exchanged: [[old, new], …]. */
  function fill(region, html) {
    if (!region) return [];
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = [...template.content.children], old = [...region.children];
    for (const node of fresh) made.set(node, node.outerHTML);
    region.append(...fresh.slice(old.length));
    for (const node of old.slice(fresh.length)) node.remove();
    return old.map((node, i) => [node, fresh[i]]).filter(([node, by]) => by && made.get(node) !== made.get(by));
  }

  // A list keeps how far it is scrolled, a link its focus, what was unfolded stays so. All is asked before anything is
  // exchanged, and the focus let go: each would cost a layout of the page afterwards.
  function exchange(changes) {
    const { activeElement } = document, holder = changes.find(([old]) => old.contains(activeElement));
    const tops = changes.map(([old]) => old.querySelector(".ranks")?.scrollTop);
    if (holder) activeElement.blur();
    for (const [old, node] of changes) {
      const opened = old.querySelector("details[data-stays][open]");
      if (opened) node.querySelector(`details[data-stays="${opened.dataset.stays}"]`)?.setAttribute("open", "");
      old.replaceWith(node);
    }
    changes.forEach(([, node], i) => {
      const list = tops[i] && node.querySelector(".ranks");
      if (list) list.scrollTop = tops[i];
    });
    if (holder) refocus(activeElement, holder[1]);
  }

  function refocus(held, node) {
    for (const name of ["drill", "period"]) {
      const same = name in held.dataset && node.querySelector(`[data-${name}="${CSS.escape(held.dataset[name])}"]`);
      if (same) return same.focus({ preventScroll: true });
    }
  }

  function place(state) {
    const { body } = document;
    const moved = body.dataset.path !== state.path;
    Object.assign(body.dataset, { area: state.code, path: state.path, lang: state.lang });
    yiping.here = state;
    document.title = state.title;
    root.classList.remove("is-moving");
    setTheme(root.dataset.theme);
    const detail = { code: state.code, path: state.path };
    if (moved) document.dispatchEvent(new CustomEvent("yiping:area", { detail, bubbles: true }));
    document.dispatchEvent(new CustomEvent("yiping:panels", { detail, bubbles: true }));
  }

  // ---- the first paint: the server's page stands until React has built its own, then its content moves over

  const painted = byId("first-paint");
  if (painted) {
    for (const region of painted.querySelectorAll("[data-region]")) for (const node of region.children) made.set(node, node.outerHTML);
  }

  /** Called by Dash when the frame is in the page. */
  function built() {
    const first = byId("first-paint");
    if (!first) ask();
    else {
      const frame = byId("react-entry-point");
      for (const from of first.querySelectorAll("[data-region], #live-alarms, #live-alarms-more")) {
        const into = frame.querySelector(`#${from.id}`);
        into.className = from.className;
        into.replaceChildren(...from.childNodes);
      }
      if (yiping.mapEarly) yiping.mapEarly.moveTo(frame.querySelector(".map-frame"));
      if (first.querySelector(".tools[open]")) frame.querySelector(".tools").open = true; // somebody was quicker
      first.remove();
      const { area: code, path } = document.body.dataset;
      document.dispatchEvent(new CustomEvent("yiping:panels", { detail: { code, path }, bubbles: true }));
    }
    return "";
  }

  // Dash's router would build the whole page anew, map and all, when only the query changes: it is not told.
  function keepThePage(event) {
    if (location.pathname !== shownPath || !document.getElementById("overview-left")) {
      shownPath = location.pathname;
      return;
    }
    event.stopImmediatePropagation();
    if (location.search !== asked) askOrRecall();
  }
  window.addEventListener("popstate", keepThePage, true);
  window.addEventListener("_dashprivate_pushstate", keepThePage, true);

  window.addEventListener("yiping:drill", (event) => drill(event.detail.code, event.detail.building));
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
    const target = event.target.closest("[data-drill],[data-theme-switch],[data-lang-switch],[data-close-building],[data-details],[data-period]");
    if (!target || !plain(event)) return;
    if ("drill" in target.dataset) {
      event.preventDefault();
      drill(target.dataset.drill);
    } else if ("period" in target.dataset) {
      event.preventDefault();
      const [from, to] = target.dataset.period.split("/");
      go((params) => [["from", from], ["to", to]].forEach(([name, day]) => (day ? params.set(name, day) : params.delete(name))));
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

  // A click that fails says so itself.
  const expect = ({ dataset }) => foresee(dataset.drill || dataset.code)?.catch(() => {});
  let resting = 0, movedAt = 0; // a place that comes under a pointer at rest was not pointed at
  document.addEventListener("pointermove", (event) => (movedAt = event.timeStamp), { passive: true });
  document.addEventListener("pointerover", (event) => {
    clearTimeout(resting);
    const target = event.pointerType === "mouse" && event.target.closest("[data-drill], path.map-area[data-code]");
    if (target) resting = setTimeout(() => movedAt >= event.timeStamp && expect(target), DWELL_MS);
  });
  document.addEventListener("pointerdown", (event) => {
    const target = event.target.closest("[data-drill], path.map-area[data-code]");
    if (target && plain(event)) expect(target);
  });

  setInterval(() => {
    if (!document.hidden && document.getElementById("overview-left")) ask();
  }, REFRESH_MS);

  Object.assign(yiping, { built, drill, foresee, refreshPanels: ask });
  if (painted) place(JSON.parse(painted.dataset.state));
})();
