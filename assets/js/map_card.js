// The card beside a point of the map: what it is, where, its newest values, when, and the way to its building.
// Hovering shows it, a click or tap pins it; Escape, its close button or a click elsewhere closes it.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const clock = new Intl.DateTimeFormat("zh-CN", {
    timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });

  const LISTED = 8; // lines of alarms of one building on a card
  const t = (source, values) => yiping.t(source, values);

  function time(at) {
    if (at === null || at === undefined) return "—";
    const date = new Date(at);
    if (Number.isNaN(date.getTime())) return "—";
    const p = Object.fromEntries(clock.formatToParts(date).map((x) => [x.type, x.value]));
    return `${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
  }

  function element(tag, className, text) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined && text !== null) e.textContent = text;
    return e;
  }

  // What the card says of each kind of thing: { glyph, title, lines: [[label, value]], list, building }.
  function ofAlarm(a) {
    const lines = [[t("位置"), a.place], [t("状态"), yiping.word("alarmState", a.state)]];
    if (a.value !== null && a.value !== undefined) lines.push([t("数值"), `${a.value}${a.unit ? " " + a.unit : ""}`]);
    lines.push([t("发生"), time(a.raised_at)], [t("最近"), time(a.last_at)]);
    if (a.source === "replay") lines.push([t("来源"), `${t("回放")} ${a.run || ""}`]);
    const many = a.occurrences > 1 ? ` ×${a.occurrences}` : "";
    return {
      glyph: ["normal", "warning", "minor", "major", "critical"][a.severity],
      alarm: a.alarm_id,
      title: `${yiping.word("severity", a.severity)} · ${yiping.word("alarm", a.kind)}${many}`,
      lines,
      device: a.device_id,
    };
  }

  // The open alarms of one building, most urgent first, those of one kind on one line.
  function ofGroup(alarms) {
    const { merged, times } = yiping.display;
    const shapes = ["normal", "warning", "minor", "major", "critical"], all = merged(alarms);
    const list = all.slice(0, LISTED).map((line) => ({
      glyph: shapes[line.lead.severity], text: [yiping.word("alarm", line.lead.kind), times(line, t)].filter(Boolean).join(" "),
      note: `${time(line.since).slice(6)} ${yiping.panelAlarms.stateOf(line)}`, id: line.lead.alarm_id,
    }));
    const rest = all.slice(LISTED).reduce((n, line) => n + line.members.length, 0);
    const lines = rest ? [["", t("另有 {n} 条", { n: rest })]] : [];
    const title = t("{place} · {n} 条告警", { place: alarms[0].place, n: alarms.length });
    return { glyph: shapes[alarms[0].severity], title, list, lines };
  }

  function ofResource([, , , kind, name]) {
    return { glyph: "resource", title: name, lines: [[t("资源"), yiping.word("resource", kind)]] };
  }

  // Nobody knows where a grid worker is now: the card names the grid he answers for, never a position.
  function ofWorker([, , , name, area, areaEn]) {
    const grid = document.body.dataset.lang === "en" ? areaEn || area : area;
    return { glyph: "worker", title: `${t("网格员")} ${name}`, lines: [[t("责任网格"), grid]] };
  }

  function ofDevice(d) {
    const lines = [[t("终端"), yiping.word("device", d.kind)], [t("位置"), d.place]];
    for (const [key, { value, unit }] of Object.entries(d.values)) {
      lines.push([yiping.word("metric", key), `${value}${unit ? " " + unit : ""}`]);
    }
    lines.push([t("更新"), time(d.last_ts ?? d.last_seen)]);
    return { title: d.name, lines, building: d.building_code };
  }

  function ofIncident(row) {
    return { glyph: "incident", title: row.title, lines: [[t("编号"), row.code], [t("阶段"), yiping.word("stage", row.stage)]] };
  }

  class Card {
    constructor(map, frame, stamps, goToBuilding) {
      this.map = map;
      this.frame = frame;
      this.stamps = stamps;
      this.goToBuilding = goToBuilding;
      this.onItem = () => {}; // a line of a list was chosen
      this.box = element("div", "map-card");
      this.box.hidden = true;
      frame.append(this.box);
      map.on("move zoom zoomend moveend", () => this._place());
    }

    get open() {
      return !this.box.hidden;
    }

    // Shows `what` (see above) at a place. A pinned card stays until closed and has its actions.
    show(key, latlng, what, { pinned = false } = {}) {
      this.key = key;
      this.what = what;
      this.at = latlng;
      this.pinned = pinned;
      this.box.classList.toggle("is-pinned", pinned);
      this.box.setAttribute("role", pinned ? "dialog" : "status");
      this.box.setAttribute("aria-label", what.title);
      const head = element("div", "map-card-head");
      if (what.glyph) {
        const glyph = element("span", "map-glyph");
        glyph.dataset.glyph = what.glyph;
        head.append(glyph);
      }
      head.append(element("b", "", what.title));
      if (pinned) {
        const close = element("button", "map-card-close", "×");
        close.type = "button";
        close.setAttribute("aria-label", t("关闭"));
        close.addEventListener("click", () => this.close());
        head.append(close);
      }
      const list = element("dl", "map-card-lines");
      for (const [label, value] of what.lines) {
        if (value === "" || value === null || value === undefined) continue;
        list.append(element("dt", "", label), element("dd", "", value));
      }
      this.box.replaceChildren(head, ...(what.list ? [this._list(what.list, pinned)] : []), list);
      if (pinned && what.alarm && !document.documentElement.classList.contains("wall")) {
        const link = element("a", "map-card-link", t("去处置"));
        link.href = yiping.deskAddress(what.alarm);
        this.box.append(link);
      }
      if (pinned && what.building) {
        const link = element("button", "map-card-link", t("查看楼栋"));
        link.type = "button";
        link.addEventListener("click", () => this.goToBuilding(what.building));
        this.box.append(link);
      }
      this.box.hidden = false;
      yiping.mapShapes.paintLegend(this.box, this.stamps());
      this._place();
    }

    // Several things in one place: each a line, on a pinned card a button that opens its own card.
    _list(items, pinned) {
      const list = element("ul", "map-card-list");
      for (const item of items) {
        const line = element("li"), row = element(pinned ? "button" : "span", "map-card-row");
        if (pinned) {
          row.type = "button";
          row.addEventListener("click", () => this.onItem(item.id));
        }
        const glyph = element("span", "map-glyph");
        glyph.dataset.glyph = item.glyph;
        row.append(glyph, element("b", "", item.text), element("span", "", item.note));
        line.append(row);
        list.append(line);
      }
      return list;
    }

    close() {
      this.box.hidden = true;
      this.key = null;
      this.pinned = false;
    }

    // Beside its point, on the side with room, always inside the frame.
    _place() {
      if (this.box.hidden || !this.at) return;
      const own = this.map.getContainer(), p = this.map.latLngToContainerPoint(this.at);
      const x = p.x + own.offsetLeft, y = p.y + own.offsetTop, w = this.box.offsetWidth, h = this.box.offsetHeight;
      const left = x + 18 + w < this.frame.clientWidth ? x + 18 : x - 18 - w;
      const top = Math.min(Math.max(8, y - h / 2), this.frame.clientHeight - h - 8);
      this.box.style.transform = `translate(${Math.round(Math.max(8, left))}px, ${Math.round(top)}px)`;
    }
  }

  yiping.mapCard = { Card, ofAlarm, ofDevice, ofGroup, ofIncident, ofResource, ofWorker, time };
})();
