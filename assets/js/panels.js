// The live panels: alarm list, pinned strip, counters, status, sources, ages. Reads `yiping.live`, touches only what
// changed, and leaves everything where it is while somebody points at it.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const { age, clock, figure, freshness, grave, isCleared, listed, sourceTime, BATCH_S } = yiping.display;
  const t = (source, values) => yiping.t(source, values);
  const MAX_ROWS = 60;
  const PAGE_MS = 15_000; // a wall cannot scroll: what does not fit takes turns
  const HOLD_MS = 10_000; // how long a resting pointer keeps the list still
  const SHAPES = { 4: "critical", 3: "major", 2: "minor", 1: "warn" };

  const rows = new Map(); // alarm id → row
  const known = new Set(); // grave alarms that have been announced
  let state = null;
  let frame = 0;
  let pairs = [];
  let pointedAt = 0;
  let page = 0;
  let pagedAt = 0;
  let fits = 0; // rows that a scrolling list shows whole
  let stripOf = "";
  let lostAt = null;

  const byId = (id) => document.getElementById(id);
  const wall = () => document.documentElement.classList.contains("wall");
  const now = () => (yiping.live ? yiping.live.serverNow() : Date.now());

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // React owns the node: its text is changed in place, never replaced.
  function setText(node, text) {
    if (!node || node.textContent === text) return;
    if (node.childNodes.length === 1 && node.firstChild.nodeType === 3) node.firstChild.nodeValue = text;
    else node.textContent = text;
  }

  function shape(severity) {
    const mark = element("span", `sv sv-${SHAPES[severity] || "warn"}`);
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", yiping.word("severity", severity));
    return mark;
  }

  const connection = () => (yiping.live ? yiping.live.status() : { connection: "connecting" });
  const isLost = () => connection().connection === "disconnected";

  const path = () => document.body.dataset.path || "";
  /** The state covers the place on screen: while a new place's snapshot is on its way it may not. */
  const covers = () => Boolean(state && state.area && path().startsWith(state.area.path));
  const here = () => (covers() ? Object.values(state.alarms).filter((a) => a.area.startsWith(path())) : []);

  // ---- alarms

  function title(a) {
    const value = a.value !== null && a.unit ? ` ${Math.round(a.value * 100) / 100} ${a.unit}` : "";
    return yiping.word("alarm", a.kind) + value;
  }

  /** The name of the child area that the alarm lies in. */
  function parentOf(a) {
    const places = (yiping.here && yiping.here.places) || {};
    const child = Object.keys(places).find((p) => a.area.startsWith(p));
    return child ? places[child] : "";
  }

  /** Where, as far as a wall may say it: child area and building. */
  const where = (a) => [...new Set([parentOf(a), a.place])].filter(Boolean).join(" · ") || t("位置未知");

  function makeRow(id) {
    const item = element("div", "alarm");
    item.setAttribute("role", "listitem");
    const button = element("button", "alarm-go");
    button.type = "button";
    button.dataset.alarm = id;
    const row = {
      item, button, mark: null, severity: 0, version: -1,
      title: element("span", "alarm-title"), times: element("i", "alarm-times"), age: element("span", "alarm-age"),
      place: element("span", "alarm-place"), state: element("span", "alarm-state"), words: document.createTextNode(""),
    };
    row.title.append(row.words, row.times);
    button.append(row.title, row.age, row.place, row.state);
    item.append(button);
    return row;
  }

  function fillRow(row, a) {
    if (row.version === a.version && row.lang === document.body.dataset.lang) return;
    row.version = a.version;
    row.lang = document.body.dataset.lang;
    if (row.severity !== a.severity) {
      const mark = shape(a.severity);
      if (row.mark) row.mark.replaceWith(mark);
      else row.button.prepend(mark);
      row.mark = mark;
      row.severity = a.severity;
    }
    row.words.nodeValue = title(a);
    setText(row.times, (a.occurrences > 1 ? `×${a.occurrences}` : "") + (a.run !== null ? ` ${t("回放")}` : ""));
    setText(row.place, where(a));
    setText(row.state, yiping.word("alarmState", a.state));
    row.raised = Date.parse(a.raised_at);
    row.item.classList.toggle("is-unacked", a.state === "active_unacked");
    row.item.classList.toggle("is-cleared", isCleared(a));
    row.item.classList.toggle("is-critical", a.severity >= 4);
    row.item.classList.toggle("is-replay", a.run !== null);
  }

  const ageOf = (row, at) => age(at - row.raised, t);

  /** On a wall: the grave ones stay, the rest pages. Elsewhere: all, up to the limit. */
  function inView(alarms, list) {
    if (!wall() || !alarms.length) return alarms.slice(0, MAX_ROWS);
    const fit = Math.max(1, Math.floor(list.clientHeight / (3.5 * parseFloat(getComputedStyle(document.documentElement).fontSize))));
    if (alarms.length <= fit) return alarms;
    const kept = alarms.filter((a) => a.severity >= 3 && !isCleared(a)).slice(0, fit);
    const rest = alarms.filter((a) => !kept.includes(a));
    const room = fit - kept.length;
    if (room <= 0) return kept;
    const pages = Math.ceil(rest.length / room);
    const first = Math.min((page % pages) * room, rest.length - room); // the last page is a full one
    return kept.concat(rest.slice(first, first + room));
  }

  function isHeld(list) {
    if (wall() || !rows.size) return false;
    return performance.now() - pointedAt < HOLD_MS && (list.matches(":hover") || list.contains(document.activeElement));
  }

  function renderAlarms() {
    const list = byId("live-alarms");
    if (!list || !covers()) return;
    const open = listed(yiping.reducer.openAlarms(state).filter((a) => a.area.startsWith(path())));
    const held = isHeld(list);
    const shown = held ? open.filter((a) => rows.has(a.alarm_id)) : inView(open, list);
    list.classList.remove("is-loading");
    const wanted = new Set(shown.map((a) => a.alarm_id));
    for (const [id, row] of rows) {
      if (wanted.has(id)) continue;
      if (held) {
        row.item.classList.add("is-gone"); // fades; leaves when the pointer does
        continue;
      }
      row.item.remove();
      rows.delete(id);
    }
    let before = null;
    const at = now();
    for (const a of shown) {
      let row = rows.get(a.alarm_id);
      if (!row) {
        row = makeRow(a.alarm_id);
        rows.set(a.alarm_id, row);
      }
      fillRow(row, a);
      setText(row.age, ageOf(row, at));
      if (held) continue;
      const next = before ? before.nextSibling : list.firstChild;
      if (next !== row.item) list.insertBefore(row.item, next);
      before = row.item;
    }
    renderNone(list, open);
    // A snapshot lists at most two thousand; of a larger place the rest is only counted.
    const total = state.area.path === path() ? Math.max(open.length, state.alarmsTotal) : open.length;
    renderRest(total - (wall() ? wanted.size : Math.min(wanted.size, fitting(list))));
  }

  // How many rows a list that scrolls shows whole; asked for again only when its size changes.
  const sized = new ResizeObserver(() => {
    fits = 0;
    schedule();
  });

  function fitting(list) {
    sized.observe(list);
    const row = list.firstElementChild;
    if (!fits && row) fits = Math.max(1, Math.floor((list.clientHeight + 4) / row.offsetHeight));
    return fits;
  }

  function renderNone(list, open) {
    let none = list.querySelector(".alarms-none");
    if (open.length || rows.size) {
      if (none) none.remove();
      return;
    }
    if (!none) {
      none = element("div", "alarms-none");
      none.setAttribute("role", "listitem"); // a list without items is none to a screen reader
      none.append(element("span", "ic ic-check"), element("b", "", t("没有需要处理的告警")), element("span", "alarms-today"));
      list.append(none);
    }
    const today = counters()["alarms.today"];
    setText(none.querySelector(".alarms-today"), today === undefined ? "" : t("今日共 {n} 条", { n: figure(today) }));
  }

  function renderRest(total) {
    const more = byId("live-alarms-more");
    if (!more) return;
    const text = total > 0 ? t("另有 {n} 条", { n: figure(total) }) + ` · ${t(wall() ? "紧急、重要常驻" : "向下滚动")}` : "";
    setText(more, text);
    more.classList.toggle("is-empty", !text);
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
    const all = grave(wall() && covers() ? Object.values(state.alarms) : here()); // a wall's tour leaves no alarm behind
    const mode = !covers() ? "loading" : isLost() ? "lost" : all.length ? "alarm" : counters()["devices.total"] === 0 ? "blind" : "calm";
    const drawn = [mode, document.body.dataset.lang, path(), ...all.map((a) => `${a.alarm_id}.${a.version}`)].join("|");
    if (drawn !== stripOf && mode !== "loading") {
      stripOf = drawn;
      strip.className = `strip is-${mode}${all.length ? " has-alarm" : ""}`;
      const gone = all.length && isCleared(all[0]) ? " is-cleared" : "";
      strip.parentElement.className = `strip-row is-${mode}${all.length ? ` of-${SHAPES[all[0].severity]}` : ""}${gone}`;
      const lead = strip.querySelector(".strip-lead"), what = strip.querySelector(".strip-what");
      fillStrip(lead, what, byId("strip-facts"), all, mode);
    }
    tickStrip(all[0]);
  }

  function fillStrip(lead, what, facts, all, mode) {
    const worst = all[0];
    if (!worst) {
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
    const named = element("div");
    const several = all.length > 1;
    named.append(
      element("b", "", several && worst.severity >= 4 ? t("紧急 {n} 条", { n: all.length }) : yiping.word("severity", worst.severity)),
      element("span", "", mode === "lost" ? t("中断前未关闭") : worst.life_safety ? t("生命安全") : "")
    );
    lead.replaceChildren(shape(worst.severity), named);
    lead.classList.toggle("is-unacked", worst.state === "active_unacked" && mode === "alarm");
    const go = element("button", "strip-go", `${title(worst)} · ${worst.place}`);
    go.type = "button";
    go.dataset.alarm = worst.alarm_id;
    go.title = t("在地图上定位");
    const device = worst.device_kind ? yiping.word("device", worst.device_kind) : "";
    const times = worst.occurrences > 1 ? `×${worst.occurrences}` : "";
    const under = element("span", "strip-k", [parentOf(worst), device, times].filter(Boolean).join(" · "));
    what.replaceChildren(go, under);
    const cells = [];
    if (mode === "lost") {
      cells.push(cell(t("发生于"), clock(Date.parse(worst.raised_at))), cell(t("现在状态"), t("未知"), "is-unknown"));
    } else {
      if (isCleared(worst)) cells.push(cell(t("发生于"), clock(Date.parse(worst.raised_at))));
      else cells.push(cell(t("已持续"), "", "strip-elapsed"));
      const acked = worst.state.endsWith("_acked");
      const told = element("div");
      told.append(
        element("span", "strip-k", clock(Date.parse(worst.cleared_at || worst.raised_at))),
        element("span", acked ? "strip-v" : "strip-chip", yiping.word("alarmState", worst.state))
      );
      cells.push(told);
    }
    if (several) cells.push(others(all.slice(1)));
    facts.replaceChildren(...cells);
  }

  function others(rest) {
    const made = element("div", "strip-more"); // beyond two, the two that have waited longest
    made.append(element("span", "strip-plus", `+${rest.length}`));
    const oldest = rest.slice().sort((a, b) => Date.parse(a.raised_at) - Date.parse(b.raised_at)).slice(0, 2);
    for (const a of oldest) {
      const line = element("button", "strip-other");
      line.type = "button";
      line.dataset.alarm = a.alarm_id;
      line.append(shape(a.severity), element("b", "", title(a)), element("span", "", a.place), element("i", "", yiping.word("alarmState", a.state)));
      made.append(line);
    }
    return made;
  }

  function tickStrip(worst) {
    const strip = byId("pinned-strip");
    const elapsed = strip.querySelector(".strip-elapsed .strip-v");
    if (elapsed && worst) setText(elapsed, age(now() - Date.parse(worst.raised_at), t));
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
    if (tag) tag.hidden = !(values["alarms.replay"] > 0 || here().some((a) => a.run !== null));
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
    const late = {};
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
      item.className = `source is-${how}${batch ? " is-batch" : ""}`;
      setText(item.querySelector(".source-time"), text);
      if (how === "late" || how === "failed") late[code] = seen ? t("停在 {time}", { time: sourceTime(seen, interval, at) }) : t("无数据");
    }
    for (const panel of document.querySelectorAll("[data-sources]")) {
      const code = (panel.dataset.sources || "").split(" ").find((s) => s in late);
      panel.classList.toggle("is-old", Boolean(code));
      setText(panel.querySelector(".panel-flag"), code ? late[code] : "");
    }
  }

  function announce(event) {
    if (!event || event.type !== "alarm.changed" || event.state !== "active_unacked") return;
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
    const shown = pairs.filter((p) => rows.has(p.alarm)).map((p) => p.pair);
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
      for (const a of grave(Object.values(state.alarms))) known.add(a.alarm_id);
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
    const lost = isLost();
    if (!lost) for (const row of rows.values()) setText(row.age, ageOf(row, now()));
    if (byId("pinned-strip")) renderStrip();
    if (wall() && performance.now() - pagedAt > PAGE_MS) {
      page += 1;
      pagedAt = performance.now();
      schedule();
    } else if (rows.size && [...rows.values()].some((r) => r.item.classList.contains("is-gone"))) schedule();
  }

  function focus(id) {
    const a = state && state.alarms[id];
    if (!a || a.lng === null || a.lat === null) return;
    const detail = { lng: a.lng, lat: a.lat, deviceId: a.device_id, alarmId: a.alarm_id };
    document.dispatchEvent(new CustomEvent("yiping:focus", { detail, bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-alarm]");
    if (target) focus(target.dataset.alarm);
  });
  document.addEventListener("pointermove", () => (pointedAt = performance.now()), { passive: true });
  // A new place: other alarms, other counters; a new page: other elements.
  window.addEventListener("yiping:area", () => {
    rows.forEach((row) => row.item.remove());
    rows.clear();
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
