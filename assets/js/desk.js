// The duty officer's desk: joins the queue, the list, the open alarm, keys, actions and sound. The address is the state.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const byId = (id) => document.getElementById(id);
  const IDLE_MS = 30000; // nobody has touched the list for so long: what waits may come in by itself
  const STRIP_MS = 10000;
  const REREAD_MS = 30000; // readings of the open alarm
  const SIDE_BY_SIDE_PX = 1000;
  const TOLD_MS = 80; // several events of one alarm are one reload
  const BESIDE_MS = 1000; // in a storm every alarm of a building is one beside the open one

  function start(root) {
    const here = yiping.here.desk;
    const { createQueue, createSelection } = yiping.deskQueue;
    const asked = new URLSearchParams(location.search);
    const filter = {
      view: yiping.deskQueue.VIEWS.includes(asked.get("view")) ? asked.get("view") : "open",
      severity: Number(asked.get("severity")) || 0,
      kind: asked.get("kind") || "",
      q: asked.get("q") || "",
      words: (a) => `${yiping.deskRows.title(a)} ${yiping.deskRows.place(a)} ${a.device_code || ""} ${a.alarm_id}`,
    };
    const queue = createQueue({ me: here.me, now: () => yiping.live.serverNow(), filter: { ...filter } });
    const selection = createSelection();
    const box = byId("desk-list"), detailBox = byId("desk-detail"), pill = byId("desk-pill");
    const slot = (where, name) => where.querySelector(`[data-f="${name}"]`);
    const now = () => yiping.live.serverNow();
    const figure = (n) => yiping.display.figure(n);

    let known = false; // a snapshot is here
    let stale = true; // the list's lines are to be made anew
    let touchedAt = performance.now();
    let shape = 0; // of the queue, when the lines were made
    let spots = new Map(); // alarm → the line it is in, and which one that is

    const list = yiping.deskList.createList({ box, make: yiping.deskRows.make, fill });
    const detail = yiping.deskDetail.createDetail({ detail: detailBox, context: byId("desk-context"), whole, onShown, onFailed: (why) => acts.tell(why, "is-refused") });
    const acts = yiping.deskOfficer.create({ queue, detail, targets, redraw, clear: () => selection.clear(), go });

    const windows = yiping.deskWindows.create({ tell: acts.tell });
    const flood = yiping.deskFlood.createFlood({
      lines: list.lines, show: (on) => queue.setFlood(on) && redraw(true), goTo: (id) => goTo(id), acts,
      narrow(change) {
        byId("desk-search").value = change.q;
        root.querySelector('[data-filter="kind"]').value = change.kind;
        narrow(change);
      },
    });

    // ---- the list

    function fill(element, line) {
      if (line.type === "head") return yiping.deskRows.fillHead(element, line);
      const view = {
        now: now(), me: here.me, called: acts.called, current: selection.current(), isMarked: selection.isMarked, isGone: queue.isGone,
        position: lineOf(line.ids ? line.ids[0] : line.id).position, total: spots.total, of: line.of,
      };
      if (line.type === "alarm") return yiping.deskRows.fillAlarm(element, queue.get(line.id), view);
      const members = line.ids.map((id) => queue.get(id));
      if (line.type === "event") return yiping.deskRows.fillEvent(element, line, members, view);
      line.unacked = members.filter(yiping.deskQueue.isUnacked).length;
      return yiping.deskRows.fillGroup(element, line, members[0], view);
    }

    const pace = yiping.createPace(draw, {
      now: () => performance.now(), nextFrame: requestAnimationFrame.bind(window), setTimeout: setTimeout.bind(window),
    });

    function redraw(anew = false) {
      stale = stale || anew;
      pace.atOnce();
    }

    function draw() {
      if (!known) return;
      if (stale || shape !== queue.shape()) {
        stale = false;
        shape = queue.shape();
        const lines = queue.lines(), before = list.keyAt(0), of = whole(detail.open());
        place(lines);
        list.show(lines, (lineOf(selection.current()).line || {}).key || before);
        if (whole(detail.open()) !== of) detail.show(detail.open()); // one more has joined the event, or it was unfolded
      } else list.drawNow();
      drawAround();
    }

    /** Which line each alarm is in: its own, else the folded one that stands for it. */
    function place(lines) {
      spots = new Map();
      spots.total = 0;
      for (const line of lines) {
        if (line.type === "head" || (line.ids && line.open)) continue;
        spots.total += 1;
        for (const id of line.ids || [line.id]) spots.set(id, { line, position: spots.total });
      }
    }

    const lineOf = (id) => spots.get(id) || {};

    /** The folded line that is current. */
    function folded() {
      const { line } = lineOf(selection.current());
      return line && line.ids ? line : undefined;
    }

    /** For how many alarms the actions on `id` are: all of a folded event. */
    function whole(id) {
      const { line } = lineOf(id);
      return line && line.type === "event" ? line.ids.filter((one) => queue.get(one).state !== "closed").length : 1;
    }

    function drawAround() {
      if (!known) return; // never "none" before it is known
      const { views, kinds, oldest } = queue.counts(), waiting = queue.waiting().length, marked = selection.marked();
      for (const chip of root.querySelectorAll("[data-view-count]")) yiping.deskRows.setText(chip, views[chip.dataset.viewCount] ? figure(views[chip.dataset.viewCount]) : "");
      for (const chip of root.querySelectorAll("[data-rare]")) chip.hidden = !views[chip.dataset.view] && filter.view !== chip.dataset.view;
      const { line } = lineOf(selection.current()), active = line && list.element(line.key); // what is scrolled away has none
      if (active) box.setAttribute("aria-activedescendant", active.id);
      else box.removeAttribute("aria-activedescendant");
      pill.hidden = !waiting;
      yiping.deskRows.setText(slot(pill, "waiting"), t("{n} 条新告警", { n: waiting }));
      byId("desk-bulk").hidden = marked.length < 2;
      const worse = queue.graver(selection.current()), notice = byId("desk-graver");
      notice.hidden = !worse;
      if (worse) yiping.deskRows.setText(slot(notice, "graver"), `${yiping.deskRows.title(worse)} · ${worse.place}`);
      yiping.deskRows.setText(slot(byId("desk-bulk"), "marked"), t("已选 {n} 条", { n: marked.length }));
      const none = byId("desk-none");
      none.hidden = list.lines().length > 0;
      yiping.deskRows.setText(slot(none, "none"), filter.q || filter.kind || filter.severity ? t("没有符合条件的告警") : t("没有需要处理的告警"));
      const strip = byId("desk-strip"), unacked = slot(strip, "unacked");
      if (unacked) {
        yiping.deskRows.setText(unacked, t("{n} 条", { n: figure(views.unacked) }));
        yiping.deskRows.setText(slot(strip, "oldest"), oldest === null ? "" : t("重要以上最久 {age}", { age: yiping.display.age(now() - oldest, t) }));
      }
      offerKinds(kinds);
      const state = yiping.live.state(), rest = state ? state.alarmsTotal - views.all : 0;
      yiping.deskRows.setText(slot(root, "rest"), rest > 0 ? t("另有 {n} 条没有列出", { n: rest }) : "");
    }

    function offerKinds(kinds) {
      const select = root.querySelector('[data-filter="kind"]'), wanted = Object.keys(kinds).sort();
      if (filter.kind && !wanted.includes(filter.kind)) wanted.push(filter.kind);
      if (select.dataset.kinds === wanted.join()) return;
      select.dataset.kinds = wanted.join();
      select.replaceChildren(select.options[0], ...wanted.map((kind) => new Option(yiping.word("alarm", kind), kind)));
      select.value = filter.kind;
    }

    function settle() {
      queue.settle();
      queue.forget(now());
      selection.keep((id) => !queue.isGone(id));
      redraw(true);
    }

    // ---- what is current

    /** What an action is for: what is marked, else all of the event whose folded line is current unless `alone`, else what is current. */
    function targets(alone = false) {
      const line = folded(), all = !alone && !selection.marked().length && line && line.type === "event";
      return (all ? line.ids : selection.targets()).map((id) => queue.get(id)).filter((a) => a && a.state !== "closed");
    }

    function go(id, { reveal = true } = {}) {
      if (id === null || id === undefined) return;
      selection.go(id);
      after(reveal);
    }

    function after(reveal) {
      const id = selection.current();
      if (id === null) return;
      if (reveal) list.reveal((lineOf(id).line || {}).key);
      detail.show(id);
      keepAddress();
      redraw();
    }

    function onShown(answer) {
      document.title = `${answer.title} · ${t("告警")}`;
      tick();
      yiping.deskOfficer.shown(answer);
    }

    function enter(on) {
      document.documentElement.classList.toggle("is-detail", on);
      if (!on) box.focus({ preventScroll: true });
    }

    /** Fold or unfold; what was current among what is folded stays so in its line. */
    function toggleLine(key) {
      if (!key) return;
      queue.toggle(key);
      draw();
      list.reveal((lineOf(selection.current()).line || {}).key);
    }

    /** One alarm by its number. Of a folded event it may be any: it is unfolded, so that actions are for this one. */
    function goTo(id) {
      const { line } = lineOf(id);
      if (line && line.ids && line.ids[0] !== id) toggleLine(line.key);
      go(id);
    }

    function keepAddress() {
      const url = new URL(location.href), put = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
      put("id", selection.current());
      put("view", filter.view === "open" ? "" : filter.view);
      put("severity", filter.severity || "");
      put("kind", filter.kind);
      put("q", filter.q);
      if (url.href !== location.href) history.replaceState(history.state, "", url);
    }

    function narrow(change) {
      Object.assign(filter, change);
      for (const chip of root.querySelectorAll("[data-view]")) chip.setAttribute("aria-pressed", String(chip.dataset.view === filter.view));
      selection.clear();
      queue.setFilter({ ...filter });
      box.scrollTop = 0;
      keepAddress();
      redraw(true);
    }

    // ---- keys and hands

    const MOVES = { next: 1, previous: -1, first: -1e9, last: 1e9, pageDown: () => list.perPage(), pageUp: () => -list.perPage() };
    const OWN = {
      mark: () => selection.current() !== null && (selection.toggle(selection.current(), list.lines()), redraw()),
      markAll: () => (selection.markAll(list.lines()), redraw()),
      open: () => (folded() && (folded().type === "group" || innerWidth >= SIDE_BY_SIDE_PX) ? toggleLine(folded().key) : enter(true)),
      unfoldLine: () => folded() && toggleLine(folded().key),
      foldLine: () => toggleLine((lineOf(selection.current()).line || {}).of),
      search: () => byId("desk-search").focus(),
      settle,
      leave,
      graver() {
        const worse = queue.graver(selection.current());
        if (!worse) return;
        const { line } = lineOf(worse.alarm_id);
        enter(true);
        go(line && line.ids ? line.ids[0] : worse.alarm_id);
      },
      unfold: () => flood.toggle(),
      sameCause: () => flood.sameCause(),
      reinforce: () => flood.reinforce(),
      place() {
        const on = document.documentElement.classList.toggle("is-place");
        for (const button of root.querySelectorAll('[data-action="place"]')) button.setAttribute("aria-expanded", String(on));
        if (on) byId("desk-context").focus({ preventScroll: true });
      },
      step() {
        const button = detailBox.querySelector(".desk-guide .is-now [data-tick]");
        if (button) button.click();
      },
      siblings() {
        const first = detailBox.querySelector("[data-go]");
        if (first) first.focus();
      },
      video() {
        const camera = byId("desk-context").querySelector("[data-camera]");
        if (camera) yiping.video.open({ code: camera.dataset.camera, name: camera.dataset.cameraName }, document.body);
      },
    };

    function leave() {
      if (document.activeElement === byId("desk-search")) box.focus();
      else if (document.documentElement.classList.contains("is-place")) OWN.place();
      else if (document.documentElement.classList.contains("is-detail")) enter(false);
      else if (selection.clear()) redraw();
    }

    function run(action, more = {}) {
      touchedAt = performance.now();
      if (action in MOVES) {
        const step = typeof MOVES[action] === "function" ? MOVES[action]() : MOVES[action];
        selection.move(list.lines(), step, more.extend, (id) => queue.get(id).state === "closed");
        after(true);
      } else if (action in OWN) OWN[action]();
      else acts.run(action, more);
    }

    function whereIs(target) {
      if (yiping.deskDialogs.isOpen()) return "dialog";
      if (target.closest(".video-player")) return "dialog";
      if (target.closest("dialog:not([open])")) return "list"; // one just closed keeps the focus for a frame
      if (target.matches("input, textarea, select")) return "field";
      return target.closest("button, a, summary, .near-map") ? "button" : "list";
    }

    document.addEventListener("keydown", (event) => {
      const found = yiping.deskKeys.actionOf(event, whereIs(event.target));
      if (!found || event.isComposing) return;
      event.preventDefault();
      run(found.action, found);
    });

    box.addEventListener("click", (event) => {
      const row = event.target.closest(".desk-row");
      if (!row) return;
      touchedAt = performance.now();
      if (row.matches(".is-group, .is-event.is-open") || event.target.closest("[data-fold]")) {
        toggleLine(row.dataset.group);
        return;
      }
      const id = Number(row.dataset.id);
      if (event.shiftKey) selection.extend(list.lines(), id);
      else if (event.ctrlKey || event.metaKey || event.target.closest(".sv")) selection.toggle(id, list.lines());
      else selection.go(id);
      after(false);
      if (!event.shiftKey && !event.ctrlKey && !event.metaKey && !event.target.closest(".sv")) enter(true);
    });
    box.addEventListener("pointermove", () => (touchedAt = performance.now()), { passive: true });
    box.addEventListener("wheel", () => (touchedAt = performance.now()), { passive: true });
    box.addEventListener("scroll", detail.hold, { passive: true });
    pill.addEventListener("click", () => {
      settle();
      box.scrollTop = 0;
      box.focus();
    });

    root.addEventListener("click", (event) => {
      const target = event.target.closest("[data-action], [data-view], [data-go], [data-tick], [data-call], [data-camera], [data-reveal]");
      if (!target || target.closest("dialog")) return;
      const { action, what, view, go: to, tick: step, tickText, call, camera, cameraName, reveal, revealName } = target.dataset;
      if (action) run(action, what ? { what } : {});
      else if (view) narrow({ view });
      else if (to) goTo(Number(to));
      else if (step) acts.run("tick", { step, text: tickText });
      else if (call) acts.run("call", { n: [...byId("desk-context").querySelectorAll("[data-call]")].indexOf(target) + 1 });
      else if (reveal) acts.run("reveal", { person: Number(reveal), who: revealName });
      else if (camera) yiping.video.open({ code: camera, name: cameraName }, document.body);
    });
    root.addEventListener("change", (event) => {
      if ("areas" in event.target.dataset) {
        const url = new URL(location.href);
        url.searchParams.set("area", event.target.value);
        url.searchParams.delete("id");
        location.assign(url);
        return;
      }
      const { filter: name } = event.target.dataset;
      if (name) narrow({ [name]: name === "severity" ? Number(event.target.value) : event.target.value });
    });
    byId("desk-search").addEventListener("input", (event) => narrow({ q: event.target.value.trim() }));
    byId("desk-search").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      box.focus();
      run("next");
    });

    // ---- what comes in

    /** The alarm that the address names; else the one that waits, or the first. */
    function opened() {
      const wanted = Number(asked.get("id"));
      if (wanted) {
        enter(true);
        go(wanted);
      } else if (!openWaiting() && innerWidth >= SIDE_BY_SIDE_PX) run("first");
    }

    /** Where list and alarm stand side by side and nothing is open: the first that nobody has looked at. Whether there is one. */
    function openWaiting() {
      if (innerWidth < SIDE_BY_SIDE_PX || detail.open() !== null) return false;
      const stops = list.lines().filter((line) => line.type !== "head").map((line) => line.ids || [line.id]);
      const waits = stops.find((ids) => ids.some((id) => yiping.deskQueue.isUnacked(queue.get(id))));
      if (waits) go(waits[0]);
      return Boolean(waits);
    }

    const due = { own: 0, beside: 0 };
    /** The open alarm, or one beside it, is another now: read it anew, once for what comes in one go. */
    function told(whose) {
      due[whose] = due[whose] || setTimeout(() => {
        due[whose] = 0;
        detail.refresh();
      }, whose === "own" ? TOLD_MS : BESIDE_MS);
    }

    function concerns(event) {
      const open = detail.open();
      if (event.alarm_id === open) told("own");
      else if (open !== null && yiping.deskQueue.isBeside(queue.get(open), event)) told("beside");
    }

    /** Other thresholds may be those of the open alarm's chart. */
    function touches(rules) {
      const open = queue.get(detail.open());
      if (open && (rules.device_id === null || rules.device_id === open.device_id)) told("beside");
    }

    yiping.live.subscribe((state, event) => {
      if (!event) {
        const first = !known;
        queue.load(Object.values(state.alarms), known);
        known = true;
        root.classList.add("is-known");
        flood.weigh();
        stale = true;
        draw();
        windows.draw(yiping.reducer.windows(state));
        acts.duty();
        if (first) opened();
        else told("own");
        return;
      }
      if (event.type === "flood.changed") flood.weigh();
      if (event.type === "window.changed") windows.draw(yiping.reducer.windows(state));
      if (event.type === "duty.changed") acts.duty(event);
      if (event.type === "rules.changed") touches(event);
      if (event.type !== "alarm.changed") return;
      const isNew = queue.apply(event);
      if (isNew) {
        if (event.severity >= 4) stale = true;
        acts.heard(event);
      }
      concerns(event);
      pace.soon();
    });

    // ---- clocks

    function tick() {
      const a = queue.get(selection.current()), ring = detailBox.querySelector('[data-clock="ring"]');
      if (!a || !ring) return;
      const part = (name) => detailBox.querySelector(`[data-clock="${name}"]`), left = yiping.deskQueue.lookLeft(a, now()), due = yiping.deskQueue.lookDue(a);
      const { age } = yiping.display, past = age(now() - yiping.deskQueue.raisedMs(a), t);
      yiping.deskRows.ring(ring, left);
      yiping.deskRows.setText(part("name"), due === null ? t("已持续") : due > now() ? t("首次确认剩余") : t("确认已超时"));
      yiping.deskRows.setText(part("left"), due === null ? past : age(Math.abs(due - now()), t));
      yiping.deskRows.setText(part("age"), due === null ? "" : t("已持续 {age}", { age: past }));
    }

    function drawStrip() {
      const area = yiping.here.code, lang = document.body.dataset.lang === "en" ? "&lang=en" : "";
      fetch(`/desk/strip?area=${encodeURIComponent(area)}${lang}`).then((answer) => answer.json()).then((body) => {
        if (!body.html) return;
        byId("desk-strip").innerHTML = body.html;
        drawAround();
      }, () => undefined); // the banner of a lost connection says it
    }

    setInterval(() => {
      if (document.hidden) return;
      if (performance.now() - touchedAt > IDLE_MS && queue.waiting().length) settle();
      if (known) flood.weigh();
      yiping.deskFlood.doubt();
      acts.seats();
      redraw();
      if (known) openWaiting(); // into a list that was empty
      tick();
    }, 1000);
    setInterval(() => document.hidden || drawStrip(), STRIP_MS);
    setInterval(() => document.hidden || detail.refresh(), REREAD_MS);
    root.querySelector('[data-filter="severity"]').value = filter.severity || "";
    drawStrip();
    return { queue, selection, list, go, run, detail };
  }

  /** Called by Dash when the frame is in the page: the painted desk, which works already, moves over. */
  function built() {
    const first = byId("first-paint"), frame = document.querySelector("#react-entry-point #desk");
    if (!first || !frame) return "";
    const list = byId("desk-list"), { scrollTop } = list, held = document.activeElement;
    frame.replaceChildren(...first.querySelector("#desk").childNodes);
    first.remove();
    list.scrollTop = scrollTop;
    if (held && held.isConnected && held !== document.body) held.focus({ preventScroll: true });
    return "";
  }

  yiping.desk = { built };

  const painted = document.querySelector("#first-paint .desk-body");
  if (!painted) return;
  queueMicrotask(() => Object.assign(yiping.desk, start(painted))); // after the later files of this script
})();
