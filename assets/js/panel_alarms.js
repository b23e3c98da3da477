// The live list of alarms: one line for those of one kind in one building, changed in place and left where it is while
// somebody points at it. panels.js says what is open and when to draw.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const { age, figure, isCleared, merged, times } = yiping.display;
  const t = (source, values) => yiping.t(source, values);
  const MAX_ROWS = 60;
  const HOLD_MS = 10_000; // how long a resting pointer keeps the list still
  const SHAPES = { 4: "critical", 3: "major", 2: "minor", 1: "warn" };

  const byId = (id) => document.getElementById(id);
  const wall = () => document.documentElement.classList.contains("wall");

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

  // Words of another length are new ones: set at the right, old ones would count as moved.
  function setAge(node, text) {
    if (node.textContent.length === text.length) setText(node, text);
    else node.replaceChildren(text);
  }

  function shape(severity) {
    const mark = element("span", `sv sv-${SHAPES[severity] || "warn"}`);
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", yiping.word("severity", severity));
    return mark;
  }

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

  /** The state of a line: of several, how many nobody has looked at when others are known. */
  function stateOf({ lead, members, unseen }) {
    const word = yiping.word("alarmState", lead.state);
    return unseen && unseen < members.length ? `${yiping.word("alarmState", "active_unacked")} ${unseen}/${members.length}` : word;
  }

  class AlarmList {
    /** `after` is called when the list has another size and what lies below it must be counted anew. */
    constructor(after) {
      this._after = after;
      this.rows = new Map(); // key of a line → what it is made of
      this._shown = new Set(); // ids of the alarms whose line is in the page
      this._page = 0;
      this._pointedAt = 0;
      this._fits = 0; // lines that a scrolling list shows whole
      this._sized = new ResizeObserver(() => {
        this._fits = 0;
        this._after();
      });
      document.addEventListener("pointermove", () => (this._pointedAt = performance.now()), { passive: true });
    }

    has(alarmId) {
      return this._shown.has(alarmId);
    }

    /** Shows `open` (in the list's order); `total` may be more than are listed, `today` is how many there were. */
    render(open, total, today, at) {
      const list = byId("live-alarms");
      if (!list) return;
      this._measure(list);
      const lines = merged(open), held = this._isHeld(list);
      const shown = held ? lines.filter((line) => this.rows.has(line.key)) : this._inView(lines);
      list.classList.remove("is-loading");
      this._leave(new Set(shown.map((line) => line.key)), held);
      let before = null, place = 0;
      for (const line of shown) {
        let row = this.rows.get(line.key);
        if (!row) this.rows.set(line.key, (row = this._made()));
        this._fill(row, line);
        setAge(row.age, age(at - row.raised, t));
        if (held) continue;
        const next = before ? before.nextSibling : list.firstChild;
        if (next !== row.item) list.insertBefore(row.item, next);
        if (row.place !== place) row.item.style.setProperty("--place", (row.place = place));
        before = row.item;
        place += 1;
      }
      this._shown = new Set(shown.flatMap((line) => line.members.map((a) => a.alarm_id)));
      this._none(list, open, today);
      const seen = wall() ? shown : shown.slice(0, this._fits);
      this._rest(total - seen.reduce((n, line) => n + line.members.length, 0));
    }

    /** How many lines the list shows whole, and how high each is then; asked for again only when its size changes. */
    _measure(list) {
      this._sized.observe(list);
      if (this._fits) return;
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      const least = rem * parseFloat(getComputedStyle(list).getPropertyValue("--least"));
      this._fits = Math.max(1, Math.floor(list.clientHeight / least));
      list.style.setProperty("--row", `${Math.floor(Math.max(least, list.clientHeight / this._fits))}px`);
    }

    /** Ages go on; true when lines have gone that only waited for the pointer to leave. */
    tick(at) {
      let waiting = false;
      for (const row of this.rows.values()) {
        if (at !== null) setAge(row.age, age(at - row.raised, t));
        waiting ||= row.item.classList.contains("is-gone");
      }
      return waiting;
    }

    turnPage() {
      this._page += 1;
    }

    clear() {
      this.rows.forEach((row) => row.item.remove());
      this.rows.clear();
      this._shown.clear();
    }

    /** On a wall: the grave ones stay, the rest pages. Elsewhere: all, up to the limit. */
    _inView(lines) {
      if (!wall() || !lines.length) return lines.slice(0, MAX_ROWS);
      const fit = this._fits;
      if (lines.length <= fit) return lines;
      const kept = lines.filter(({ lead }) => lead.severity >= 3 && !isCleared(lead)).slice(0, fit);
      const rest = lines.filter((line) => !kept.includes(line));
      const room = fit - kept.length;
      if (room <= 0) return kept;
      const pages = Math.ceil(rest.length / room);
      const first = Math.min((this._page % pages) * room, rest.length - room); // the last page is a full one
      return kept.concat(rest.slice(first, first + room));
    }

    _isHeld(list) {
      if (wall() || !this.rows.size) return false;
      const resting = performance.now() - this._pointedAt < HOLD_MS;
      return resting && (list.matches(":hover") || list.contains(document.activeElement));
    }

    _leave(wanted, held) {
      for (const [key, row] of this.rows) {
        if (wanted.has(key)) continue;
        if (held) {
          row.item.classList.add("is-gone"); // fades; leaves when the pointer does
          continue;
        }
        row.item.remove();
        this.rows.delete(key);
      }
    }

    _made() {
      const item = element("div", "alarm");
      item.setAttribute("role", "listitem");
      const button = element("button", "alarm-go");
      button.type = "button";
      const row = {
        item, button, handle: element("a", "alarm-handle"), mark: null, severity: 0, drawn: "", place: -1,
        title: element("span", "alarm-title"), age: element("span", "alarm-age"),
        where: element("span", "alarm-place"), state: element("span", "alarm-state"),
      };
      button.append(row.title, row.age, row.where, row.state);
      row.handle.append(element("span", "ic ic-chev"));
      item.append(button, row.handle);
      return row;
    }

    _fill(row, line) {
      const drawn = `${document.body.dataset.lang} ${line.drawn}`, a = line.lead;
      if (row.drawn === drawn) return;
      row.drawn = drawn;
      row.button.dataset.alarm = a.alarm_id;
      if (row.severity !== a.severity) {
        const mark = shape(a.severity);
        if (row.mark) row.mark.replaceWith(mark);
        else row.button.prepend(mark);
        row.mark = mark;
        row.severity = a.severity;
      }
      const more = [times(line, t), a.run === null ? "" : t("回放")].filter(Boolean).join(" ");
      row.title.replaceChildren(element("span", "alarm-name", title(a)), element("i", "alarm-times", more)); // new words, not old ones that move
      const parent = parentOf(a); // gives way to the building where there is no room for both
      if (parent && a.place && parent !== a.place) row.where.replaceChildren(element("span", "alarm-in", `${parent}\u00a0·\u00a0`), a.place);
      else setText(row.where, where(a));
      row.handle.href = yiping.deskAddress(a.alarm_id);
      row.handle.title = t("去处置");
      row.handle.setAttribute("aria-label", `${t("去处置")} ${title(a)} ${where(a)}`);
      row.state.replaceChildren(element("span", "", stateOf(line)));
      row.raised = Date.parse(line.since);
      row.item.classList.toggle("is-unacked", line.unseen > 0);
      row.item.classList.toggle("is-cleared", isCleared(a));
      row.item.classList.toggle("is-critical", a.severity >= 4);
      row.item.classList.toggle("is-replay", a.run !== null);
    }

    _none(list, open, today) {
      let none = list.querySelector(".alarms-none");
      if (open.length || this.rows.size) {
        if (none) none.remove();
        return;
      }
      if (!none) {
        none = element("div", "alarms-none");
        none.setAttribute("role", "listitem"); // a list without items is none to a screen reader
        none.append(element("span", "ic ic-check"), element("b", "", t("没有需要处理的告警")), element("span", "alarms-today"));
        list.append(none);
      }
      setText(none.querySelector(".alarms-today"), today === undefined ? "" : t("今日共 {n} 条", { n: figure(today) }));
    }

    _rest(count) {
      const more = byId("live-alarms-more");
      if (!more) return;
      const text = count > 0 ? `${t("另有 {n} 条", { n: figure(count) })} · ${t(wall() ? "紧急、重要常驻" : "向下滚动")}` : "";
      setText(more, text);
      more.classList.toggle("is-empty", !text);
    }
  }

  yiping.panelAlarms = { AlarmList, element, parentOf, setText, shape, stateOf, title, where, SHAPES };
})();
