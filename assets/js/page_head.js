// The header of every page: is it live, what time is it, and what stands beside 告警 in the navigation.
(function () {
  "use strict";

  const yiping = window.yiping;
  const { clock, day, figure } = yiping.display;
  const t = (source, values) => yiping.t(source, values);
  const WEEK = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];
  const SEVERITIES = { 4: "critical", 3: "major", 2: "minor", 1: "warning" };
  const MARKS = { ...SEVERITIES, 1: "warn" };
  const byId = (id) => document.getElementById(id);
  const queue = () => document.querySelector("[data-standing]");
  let frame = 0;

  // React owns the node: its text is changed in place, never replaced.
  function setText(node, text) {
    if (!node || node.textContent === text) return;
    if (node.childNodes.length === 1 && node.firstChild.nodeType === 3) node.firstChild.nodeValue = text;
    else node.textContent = text;
  }

  function tickClock() {
    const at = yiping.live.serverNow();
    setText(byId("clock"), clock(at));
    const title = document.title.split(" · ").map((part) => t(part)).join(" · ");
    if (document.title !== title) document.title = title; // Dash has the pages' Chinese ones
    setText(byId("date"), `${day(at)} ${t(WEEK[new Date(`${day(at)}T12:00:00Z`).getUTCDay()])}`);
  }

  function renderStatus() {
    const status = byId("live-status");
    if (!status) return;
    const { connection: how, behind, lastEventAt } = yiping.live.status(), latencyMs = yiping.pulse ? yiping.pulse.latencyMs() : null;
    const icon = how === "disconnected" ? "off" : "live";
    const said = { live: "实时", late: behind ? "收数延迟" : "推送延迟", disconnected: "推送中断", connecting: "正在连接" }[how];
    const parts = [t(said)];
    if (how === "live" && Number.isFinite(latencyMs)) parts.push(t("延迟 {n} 秒", { n: latencyMs < 50 ? "<0.1" : (latencyMs / 1000).toFixed(1) }));
    if (how !== "connecting") status.title = lastEventAt ? t("最近事件 {time}", { time: clock(lastEventAt) }) : t("尚无事件");
    const until = behind ? Date.parse(behind) : lastEventAt; // the figures may still change by what came before
    if (how === "late" && until) parts.push(t("截至 {time}", { time: clock(until) }));
    status.className = `status is-${how}`;
    status.firstElementChild.className = `ic ic-${icon}`;
    setText(status.querySelector(".status-word"), parts[0]);
    setText(status.querySelector(".status-more"), parts.slice(1).map((part) => ` · ${part}`).join(""));
  }

  /** Counters of the place on screen; on a page beside the overview, of the place that the stream is for. */
  function counters() {
    const state = yiping.live.state();
    const found = state && (state.counters[document.body.dataset.path] || state.counters[state.area && state.area.path]);
    return found ? found.counters : {};
  }

  /** The worst standing severity and how many of it. */
  function renderStanding() {
    frame = 0;
    const node = queue(), values = counters();
    if (!node) return;
    const worst = [4, 3, 2, 1].find((severity) => values[`alarms.${SEVERITIES[severity]}`] > 0);
    if (node.dataset.standing !== String(worst || "")) {
      node.dataset.standing = worst || "";
      node.replaceChildren(...(worst ? [mark(worst), document.createElement("b")] : []));
    }
    if (worst) setText(node.lastChild, figure(values[`alarms.${SEVERITIES[worst]}`]));
  }

  function mark(severity) {
    const made = document.createElement("span");
    made.className = `sv sv-${MARKS[severity]}`;
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", yiping.word("severity", severity));
    return made;
  }

  function tick() {
    tickClock();
    renderStatus();
    renderStanding(); // a new page has a new header
  }

  const schedule = () => {
    frame = frame || requestAnimationFrame(renderStanding);
  };
  yiping.live.subscribe((_, event) => {
    if (event === null || event.type === "counters.changed") schedule();
  });
  yiping.live.onStatus(renderStatus);
  window.addEventListener("yiping:panels", tick);
  setInterval(tick, 1000);
  tick();
})();
