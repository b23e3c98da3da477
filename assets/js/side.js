// Tablets: what stands beside the map (对比, 告警 or 排名), and the comparison there, fetched only while it is looked at.
// The two areas compared are `a` and `b` of the address. Walls and desks show alarms and ranking at once.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const root = document.documentElement;
  const tablet = matchMedia("(max-width: 1199.98px)");
  const upright = matchMedia("(max-width: 959.98px)"); // the alarms have a place of their own there
  const KEY = "yiping.side";
  const AGAIN_MS = 60_000;
  const byId = (id) => document.getElementById(id);

  let chosen = kept(); // null: nobody has chosen
  let asked = 0;
  let shownAt = null;

  function kept() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function keep(side) {
    chosen = side;
    try {
      localStorage.setItem(KEY, side);
    } catch {
      // storage is forbidden: the choice lasts as long as the page
    }
  }

  /** A place without areas below it; on pages beside the overview nothing is known of those. */
  const isSingle = () => Boolean(yiping.here && yiping.here.children && yiping.here.children.length < 2);

  /** What is shown: life safety first, unless somebody has chosen; a place without areas below has nothing to compare. */
  function side() {
    const single = isSingle();
    const known = ["compare", "alarms", "rank"].includes(chosen) ? chosen : "alarms";
    const free = upright.matches && known === "alarms" ? "compare" : known;
    return single && free === "compare" ? (upright.matches ? "rank" : "alarms") : free;
  }

  function paint() {
    const shown = side();
    root.dataset.side = shown;
    root.classList.toggle("is-single", isSingle());
    for (const tab of document.querySelectorAll("[data-side-tab]")) {
      tab.setAttribute("aria-pressed", String(tab.dataset.sideTab === shown));
    }
    if (shown === "compare") load();
    else outline(null, null);
  }

  /** The two areas on the map; its shapes may come a little later than the comparison. */
  function outline(a, b) {
    if (yiping.map) yiping.map.areas.compare(a, b);
  }

  /** Brings the comparison of the place and period on screen; what is there stays until the next is here. */
  async function load() {
    if (!tablet.matches || !byId("beside") || !document.body.dataset.area) return;
    const mine = (asked += 1), query = new URLSearchParams(location.search);
    query.set("area", document.body.dataset.area);
    try {
      const answer = await fetch(`/compare/beside?${query}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(`beside: ${answer.status}`);
      const html = await answer.text();
      if (mine === asked) show(html);
    } catch {
      if (mine === asked) flag(shownAt === null ? t("没有取到") : t("停在 {time}", { time: yiping.display.clock(shownAt).slice(0, 5) }));
    }
  }

  function show(html) {
    const body = byId("beside"), held = document.activeElement && document.activeElement.id;
    if (body.made !== html) {
      body.made = html;
      body.innerHTML = html;
      if (held && held.startsWith("beside-")) byId(held)?.focus({ preventScroll: true });
    }
    outline(byId("beside-a")?.value, byId("beside-b")?.value);
    shownAt = yiping.live ? yiping.live.serverNow() : Date.now();
    flag("");
  }

  function flag(text) {
    const said = document.querySelector(".beside-flag");
    if (said && said.textContent !== text) said.textContent = text;
  }

  function remember(change) {
    const url = new URL(location.href);
    change(url.searchParams);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-side-tab]");
    if (!tab) return;
    keep(tab.dataset.sideTab);
    paint();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.dataset.beside) return;
    remember((params) => {
      params.set("a", byId("beside-a").value);
      params.set("b", byId("beside-b").value);
    });
    load();
  });
  // Another place has other areas below it.
  document.addEventListener("yiping:area", () => {
    if (shownAt !== null) remember((params) => ["a", "b"].forEach((name) => params.delete(name)));
  });
  document.addEventListener("yiping:panels", paint);
  tablet.addEventListener("change", paint);
  upright.addEventListener("change", paint);
  setInterval(() => !document.hidden && root.dataset.side === "compare" && load(), AGAIN_MS);
  paint();
})();
