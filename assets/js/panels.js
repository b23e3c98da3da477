// The live panels: pinned strip, counters, status, sources, ages, and when the alarm list draws. Reads `yiping.live` and
// touches only what changed.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const { age, clock, figure, freshness, grave, isCleared, listed, merged, sourceTime, summed, times, BATCH_S } = yiping.display;
  const { element, parentOf, setText, shape, stateOf, title, where, SHAPES } = yiping.panelAlarms;
  const t = (source, values) => yiping.t(source, values);
  const PAGE_MS = 15_000; // a wall cannot scroll: what does not fit takes turns

  const list = new yiping.panelAlarms.AlarmList(schedule);
  const known = new Set(); // standing grave alarms that have been announced
  let state = null;
  let frame = 0;
  let pairs = [];
  let pagedAt = 0;
  let stripOf = "";
  let lostAt = null;

  const byId = (id) => document.getElementById(id);
  const wall = () => document.documentElement.classList.contains("wall");
  const now = () => (yiping.live ? yiping.live.serverNow() : Date.now());

  const connection = () => (yiping.live ? yiping.live.status() : { connection: "connecting" });
  const isLost = () => connection().connection === "disconnected";

  const path = () => document.body.dataset.path || "";
  /** The state covers the place on screen: while a new place's snapshot is on its way it may not. */
  const covers = () => Boolean(state && state.area && path().startsWith(state.area.path));
  const inside = (alarms, place = path()) => alarms.filter((a) => a.area.startsWith(place));
  const here = () => (covers() ? inside(Object.values(state.alarms)) : []);

  // ---- alarms

  function renderAlarms() {
    if (!covers() || !byId("live-alarms")) return; // the desk has a list of its own: thousands are not sorted for nothing
    const open = listed(inside(yiping.reducer.openAlarms(state)));
    // A snapshot lists at most two thousand; of a larger place the rest is only counted.
    const total = state.area.path === path() ? Math.max(open.length, state.alarmsTotal) : open.length;
    list.render(open, total, counters()["alarms.today"], now());
    const sums = document.querySelector(".alarms-sums");
    if (sums) setText(sums, open.length === total ? summed(open, t) : ""); // of those that are not listed the state is not known
  }

  // ---- pinned strip

  function cell(key, value, className = "") {
    const made = element("div", className);
    made.append(element("span", "strip-k", key), element("span", "strip-v", value));
    return made;
  }

  function renderStrip() {
    const strip = byId("pinned-strip");
    if (!strip) return;
    const all = merged(grave(wall() && covers() ? Object.values(state.alarms) : here())); // a wall's tour leaves none behind
    const mode = !covers() ? "loading" : isLost() ? "lost" : all.length ? "alarm" : counters()["devices.total"] === 0 ? "blind" : "calm";
    const flood = mode === "loading" || mode === "lost" ? null : yiping.reducer.floodAt(state, path());
    const drawn = [mode, document.body.dataset.lang, path(), flood && `${flood.n} ${flood.here}`, ...all.map((line) => line.drawn)].join("|");
    if (drawn !== stripOf && mode !== "loading") {
      stripOf = drawn;
      strip.className = `strip is-${mode}${all.length ? " has-alarm" : ""}`;
      const gone = all.length && isCleared(all[0].lead) ? " is-cleared" : "";
      strip.parentElement.className = `strip-row is-${mode}${all.length ? ` of-${SHAPES[all[0].lead.severity]}` : ""}${gone}`;
      // Another message is made anew: words that stand are never moved aside for it.
      const lead = element("div", "strip-lead"), what = element("div", "strip-what"), facts = element("div", "strip-facts");
      facts.id = "strip-facts";
      fillStrip(lead, what, facts, all, mode);
      strip.replaceChildren(lead, what, facts);
      if (flood) byId("strip-facts").prepend(floodCell(flood));
    }
    tickStrip(all[0]);
  }

  function fillStrip(lead, what, facts, all, mode) {
    if (!all.length) {
      const said = mode === "lost" ? "生命安全" : mode === "blind" ? "生命安全 未知" : "生命安全 无告警";
      lead.replaceChildren(element("span", "ic ic-shield"), element("b", "", t(said)));
      const since = yiping.here && yiping.here.last_critical;
      what.replaceChildren(
        element("span", "strip-k", mode === "blind" ? t("未接入终端") : since ? t("连续无紧急告警") : t("无紧急告警记录")),
        element("span", "strip-v strip-since")
      );
      facts.replaceChildren(mode === "lost" ? cell(t("现在状态"), t("未知"), "is-unknown") : cell(t("上次自检"), "", "strip-test"));
      return;
    }
    const worst = all[0].lead, first = Date.parse(all[0].since);
    const named = element("div");
    const several = all.length > 1, gone = isCleared(worst);
    // A major one is none, and beside a fire what is over is none.
    const critical = all.filter(({ lead: a }) => a.severity >= 4 && isCleared(a) === gone).length;
    named.append(
      element("b", "", critical > 1 ? t("紧急 {n} 处", { n: critical }) : yiping.word("severity", worst.severity)),
      element("span", "", mode === "lost" ? t("中断前未关闭") : worst.life_safety ? t("生命安全") : "")
    );
    lead.replaceChildren(shape(worst.severity), named);
    lead.classList.toggle("is-unacked", all[0].unseen > 0 && mode === "alarm");
    const go = element("button", "strip-go", `${title(worst)}\u00a0· `); // where has a line of its own where one is too short
    go.append(element("span", "strip-where", worst.place));
    go.type = "button";
    go.dataset.alarm = worst.alarm_id;
    go.title = t("在地图上定位");
    const device = worst.device_kind ? yiping.word("device", worst.device_kind) : "";
    const under = element("span", "strip-k", [parentOf(worst), device, times(all[0], t)].filter(Boolean).join(" · "));
    what.replaceChildren(go, under);
    const cells = [];
    if (mode === "lost") {
      cells.push(cell(t("发生于"), clock(first)), cell(t("现在状态"), t("未知"), "is-unknown"));
    } else {
      if (isCleared(worst)) cells.push(cell(t("发生于"), clock(first)));
      else cells.push(cell(t("已持续"), "", "strip-elapsed"));
      const acked = worst.state.endsWith("_acked");
      const told = element("div");
      told.append(
        element("span", "strip-k", clock(worst.cleared_at ? Date.parse(worst.cleared_at) : first)),
        element("span", acked ? "strip-v" : "strip-chip", stateOf(all[0]))
      );
      cells.push(told);
    }
    if (several) cells.push(others(all.slice(1)));
    if (yiping.here && yiping.here.acts && mode === "alarm" && !wall()) cells.push(actLink(worst));
    facts.replaceChildren(...cells);
  }

  /** The way of an officer from the fire to his desk, with its key. */
  function actLink(worst) {
    const place = element("div", "strip-act"), link = element("a", "", t("去处置"));
    link.href = yiping.deskAddress(worst.alarm_id);
    link.append(element("kbd", "", "A"));
    place.append(link);
    return place;
  }

  function floodCell(flood) {
    const made = cell(flood.here ? t("告警洪泛") : t("值守席洪泛"), t("{n} 条/10 分", { n: figure(flood.n) }), "strip-flood");
    made.title = t("洪泛自 {time}", { time: clock(Date.parse(flood.since)).slice(0, 5) });
    return made;
  }

  function others(rest) {
    const made = element("div", "strip-more"); // beyond two, the two that have waited longest
    made.append(element("span", "strip-plus", `+${rest.length}`));
    const oldest = rest.slice().sort((a, b) => Date.parse(a.since) - Date.parse(b.since)).slice(0, 2);
    for (const one of oldest) {
      const a = one.lead, line = element("button", "strip-other");
      line.type = "button";
      line.dataset.alarm = a.alarm_id;
      line.append(shape(a.severity), element("b", "", title(a)), element("span", "", a.place), element("i", "", stateOf(one)));
      made.append(line);
    }
    return made;
  }

  function tickStrip(worst) {
    const strip = byId("pinned-strip");
    const elapsed = strip.querySelector(".strip-elapsed .strip-v");
    if (elapsed && worst) setText(elapsed, age(now() - Date.parse(worst.since), t));
    const since = strip.querySelector(".strip-since"), last = yiping.here && yiping.here.last_critical;
    if (since) setText(since, last ? age(now() - Date.parse(last), t) : "");
    const test = strip.querySelector(".strip-test");
    if (!test) return;
    const beat = state && state.sources.heartbeat;
    const passed = beat && freshness(beat.last_seen, beat.interval_s, now()) === "fresh";
    const at = beat && beat.last_seen ? Date.parse(beat.last_seen) : connection().lastEventAt;
    test.classList.toggle("is-unknown", Boolean(beat) && !passed);
    const said = at === null || at === undefined ? "—" : clock(at).slice(0, 5);
    setText(test.querySelector(".strip-v"), passed ? t("{time} 通过", { time: said }) : beat && at ? t("停在 {time}", { time: said }) : said);
  }

  // ---- counters, status, sources

  function counters() {
    const found = state && state.counters[path()];
    return found ? found.counters : {};
  }

  function renderCounters() {
    const values = counters();
    for (const node of document.querySelectorAll("[data-counter]")) {
      const value = values[node.dataset.counter];
      if (value === undefined) continue;
      setText(node, figure(value));
      const holder = node.parentElement;
      if (holder.parentElement && holder.parentElement.classList.contains("tally")) holder.classList.toggle("is-zero", value === 0);
    }
    const tag = document.querySelector("[data-replay]");
    if (tag) tag.hidden = !(values["alarms.replay"] > 0 || (byId("live-alarms") && here().some((a) => a.run !== null)));
  }

  function renderLost() {
    const lost = isLost(), root = document.documentElement;
    const banner = byId("stale-banner");
    if (!banner || !lost) {
      root.classList.remove("is-stale");
      lostAt = null;
      if (banner) banner.hidden = true;
      return;
    }
    const stopped = connection().lastEventAt || (state && Date.parse(state.at)) || now();
    root.classList.add("is-stale");
    if (lostAt !== stopped) {
      lostAt = stopped;
      const lead = element("div", "stale-lead"), words = element("div");
      words.append(element("b", "", t("推送中断")), element("span", "", t("以下不是实时数据")));
      lead.append(element("span", "ic ic-off"), words);
      const what = element("div", "stale-what");
      what.append(
        element("b", "", t("画面停在 {time}，之后的新告警不会显示", { time: clock(stopped) })),
        element("span", "", t("请改用坐席电话与消控室主机核对 · 生命安全状态未知"))
      );
      banner.replaceChildren(lead, what, cell(t("已中断"), "", "stale-for"));
      banner.hidden = false;
    }
    setText(banner.querySelector(".stale-for .strip-v"), age(now() - stopped, t));
  }

  function renderSources() {
    const lost = isLost(), at = now(), list = byId("live-sources");
    if (list) list.classList.remove("is-loading");
    const late = {}, failed = new Set();
    for (const item of document.querySelectorAll("#live-sources [data-source]")) {
      const code = item.dataset.source;
      const told = state && state.sources[code];
      const seen = told ? told.last_seen : item.dataset.last;
      const interval = told ? told.interval_s : Number(item.dataset.interval);
      const batch = interval >= BATCH_S;
      const how = lost && !batch ? "failed" : freshness(seen, interval, at);
      let text = t("无数据");
      if (seen) text = sourceTime(seen, interval, at);
      if (seen && how === "late") text += ` · ${t("迟 {age}", { age: age(at - Date.parse(seen) - interval * 1000, t) })}`;
      // Those that are late come first on a wall; while all are, they stay where they are.
      const first = lost ? item.classList.contains("is-first") : how === "late" || how === "failed";
      item.className = `source is-${how}${batch ? " is-batch" : ""}${first ? " is-first" : ""}`;
      setText(item.querySelector(".source-time"), text);
      if (how === "failed") failed.add(code);
      if (how === "late" || how === "failed") late[code] = seen ? t("停在 {time}", { time: sourceTime(seen, interval, at) }) : t("无数据");
    }
    for (const panel of document.querySelectorAll("[data-sources]")) {
      const own = (panel.dataset.sources || "").split(" "), code = own.find((s) => failed.has(s)) || own.find((s) => s in late);
      panel.classList.toggle("is-old", Boolean(code));
      panel.classList.toggle("is-failed", failed.has(code));
      const flag = panel.querySelector(".panel-flag"); // above the map not before its place is named
      if (flag) setText(flag, code ? late[code] : "");
    }
  }

  const isStanding = (a) => a.state.startsWith("active");

  /** Says a grave alarm once while it stands; one that had gone and is back is news again. */
  function announce(event) {
    if (event.state !== "active_unacked") return void (isStanding(event) || known.delete(event.alarm_id));
    if (!grave([event]).length || known.has(event.alarm_id)) return;
    known.add(event.alarm_id);
    const said = byId("live-announce");
    if (said) said.textContent = t("新的紧急告警：{what}，{where}", { what: title(event), where: where(event) });
  }

  // ---- when

  function draw() {
    frame = 0;
    renderAlarms();
    renderStrip();
    renderCounters();
    if (!pairs.length) return;
    const shown = pairs.filter((p) => list.has(p.alarm)).map((p) => p.pair);
    pairs = [];
    // The row is in the page once this frame is painted.
    if (shown.length) requestAnimationFrame(() => yiping.live.applied && yiping.live.applied(shown));
  }

  function schedule() {
    if (!frame) frame = requestAnimationFrame(draw);
  }

  function onLive(next, event) {
    state = next;
    if (!state) return;
    if (event === null) {
      for (const a of grave(Object.values(state.alarms)).filter(isStanding)) known.add(a.alarm_id);
    } else if (event.type === "alarm.changed") {
      if (event.reading_ts !== null && event.device_id !== null) {
        pairs.push({ alarm: event.alarm_id, pair: [event.device_id, event.reading_ts] });
      }
      announce(event);
    } else if (event.type === "devices.changed" || event.type === "telemetry") return; // the map's matter
    schedule();
  }

  function tick() {
    renderLost();
    renderSources();
    const waiting = list.tick(isLost() ? null : now());
    if (byId("pinned-strip")) renderStrip();
    const turn = wall() && performance.now() - pagedAt > PAGE_MS;
    if (turn) {
      list.turnPage();
      pagedAt = performance.now();
    }
    if (turn || waiting) schedule();
  }

  function focus(id) {
    const a = state && state.alarms[id];
    if (!a || a.lng === null || a.lat === null) return;
    const detail = { lng: a.lng, lat: a.lat, deviceId: a.device_id, alarmId: a.alarm_id, leading: !wall() };
    document.dispatchEvent(new CustomEvent("yiping:focus", { detail, bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-alarm]");
    if (target) focus(target.dataset.alarm);
  });
  document.addEventListener("keydown", (event) => {
    const { key, target } = event, link = document.querySelector(".strip-act a");
    if (key.toLowerCase() !== "a" || !link || event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog")) return;
    link.click();
  });
  // A new place: other alarms, other counters; a new page: other elements.
  window.addEventListener("yiping:area", () => {
    list.clear();
    stripOf = "";
    schedule();
  });
  window.addEventListener("yiping:panels", () => {
    stripOf = "";
    draw(); // with the panels, not a frame after them
    tick();
  });

  function start() {
    if (yiping.live) {
      yiping.live.subscribe(onLive);
      yiping.live.onStatus(() => {
        tick();
        schedule();
      });
      if (yiping.live.state()) onLive(yiping.live.state(), null);
    }
    setInterval(tick, 1000);
    tick();
  }

  // live.js comes before this file in the alphabet; its SharedWorker may answer at any time.
  start();
})();
