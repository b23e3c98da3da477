// Alarms on the map: those of one building are one symbol with a count, and how symbols, rings and names are painted.
// `paint` are methods of the layer in map_layer.js.
(function () {
  "use strict";

  const CROWDED_ABOVE = 150; // symbols in view; beyond that mild ones of one spot share a pill
  const CELL = 64; // px
  const MAX_PULSES = 60;
  const MAX_NAMED = 3; // critical places, and those that are no spot, are named beside their symbol
  const WORDS = ["normal", "warning", "minor", "major", "critical"];

  // What stands comes before what only waits for a look, then the worst, then the newest.
  const urgency = (a, b) => Number(a.cleared) - Number(b.cleared) || b.severity - a.severity || b.raised - a.raised;

  // Alarms by building, each group drawn as its most urgent member, mildest group first. Alarms without a building
  // stay alone; those of different buildings are never one.
  function group(alarms) {
    const groups = new Map();
    for (const alarm of alarms) {
      const key = alarm.building === null || alarm.building === undefined ? `alarm/${alarm.id}` : `building/${alarm.building}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(alarm);
    }
    return [...groups]
      .map(([key, members]) => {
        members.sort(urgency);
        return {
          ...members[0], key, members, count: members.length,
          device: members.length === 1 ? members[0].device : null,
          unacked: members.some((m) => m.severity === members[0].severity && m.unacked && m.cleared === members[0].cleared),
        };
      })
      .sort((a, b) => -urgency(a, b));
  }

  const paint = {
    // Alarms in view, each building its own symbol; when very many stand together the mild ones share a pill.
    _drawAlarms() {
      const size = this._bounds.getSize(), o = this._origin, s = this._scale;
      this._pen.alarms.clearRect(0, 0, size.x, size.y);
      this._marks.length = this._obstacles.length = this._pulsing = this._inView = 0;
      if (this.shown.alarms) this._drawEach(size, o, s);
      this._canvas.alarms.style.display = this._inView ? "" : "none"; // an empty layer still costs its size
      for (let k = this._pulsing; k < this._pulses.length; k++) this._pulses[k].style.display = "none";
    },

    _drawEach(size, o, s) {
      const inView = [];
      for (const alarm of this.alarms) {
        const x = alarm.x * s - o.x, y = alarm.y * s - o.y;
        if (x > -40 && y > -40 && x < size.x + 40 && y < size.y + 40) inView.push([alarm, x, y]);
      }
      this._inView = inView.length;
      const crowded = inView.length > CROWDED_ABOVE, cells = new Map();
      for (const [alarm, x, y] of inView) {
        if (crowded && alarm.severity < 3) this._gatherCell(cells, alarm, x, y, s);
        else this._drawAlarm(alarm, ...this._alarmSpot(alarm, x, y));
      }
      for (const cell of cells.values()) {
        const x = cell.x / cell.n, y = cell.y / cell.n;
        if (cell.n === 1) this._drawAlarm(cell.alarm, x, y);
        else this._drawPile(cell, x, y);
      }
      const named = inView.filter(([a]) => a.whole || (a.severity === 4 && !a.cleared)).slice(-MAX_NAMED);
      for (const [alarm, x, y] of named) this._name(alarm, ...this._alarmSpot(alarm, x, y));
    },

    _alarmSpot(alarm, x, y) {
      const i = alarm.device === null ? -1 : this.sets.devices.at(alarm.device);
      return i >= 0 ? this._spot(this.sets.devices, i) : [x, y];
    },

    _gatherCell(cells, alarm, x, y, s) {
      const key = Math.floor((alarm.x * s) / CELL) * 1e7 + Math.floor((alarm.y * s) / CELL);
      const cell = cells.get(key) || { x: 0, y: 0, n: 0, count: 0, worst: 0, alarm };
      cell.x += x;
      cell.y += y;
      cell.n++;
      cell.count += alarm.count;
      cell.worst = Math.max(cell.worst, alarm.severity);
      cells.set(key, cell);
    },

    _drawPile(cell, x, y) {
      const stamp = this.stamps.pill(String(cell.count), WORDS[cell.worst] || "warning");
      this._stampAt(this._pen.alarms, stamp, x, y);
      this._mark({ pile: cell, x, y, r: stamp.h / 2, w: stamp.w, h: stamp.h });
    },

    _drawAlarm(alarm, x, y) {
      const t = this.stamps.tokens, word = WORDS[alarm.severity] || "warning", diameter = t.size[word];
      const pulsing = alarm.severity === 4 && alarm.unacked && !alarm.cleared && this._pulsing < MAX_PULSES;
      const pen = this._pen.alarms, r = diameter / 2, stamp = this.stamps.shape(word, diameter);
      const standing = alarm.severity === 4 && !alarm.cleared, focused = alarm.members.some((m) => m.id === this.focused);
      if (standing) this._ring(pen, x, y, r * 2, t["text-3"], 1.2);
      if (focused) this._ring(pen, x, y, r + 6, t.accent, 3);
      pen.globalAlpha = alarm.cleared ? 0.55 : 1;
      if (pulsing) this._pulse(stamp, x, y);
      else this._stampAt(pen, stamp, x, y);
      const side = standing ? diameter * 2 : diameter + 6;
      const mark = { alarm, x, y, r: r + 2, w: side, h: side, core: diameter + 6 };
      if (alarm.count > 1) {
        const badge = this.stamps.pill(String(alarm.count), null), at = x + r + badge.w / 2 - 2;
        this._stampAt(pen, badge, at, y - r * 0.75);
        this._obstacle(at, y - r * 0.75, badge.w, badge.h);
      }
      pen.globalAlpha = 1;
      this._mark(mark);
    },

    // The place of a critical alarm beside its symbol, on the side with room: a wall is read from afar.
    _name(alarm, x, y) {
      const view = this._bounds.getSize(), tag = this.stamps.tag(alarm.place), reach = this.stamps.tokens.size.critical * 1.1 + 4;
      const right = x + reach + tag.w < view.x * 0.92, at = right ? x + reach + tag.w / 2 : x - reach - tag.w / 2;
      if (this._obstacles.some((b) => this._hits(b, at, y, tag))) return;
      this._stampAt(this._pen.alarms, tag, at, y);
      this._obstacle(at, y, tag.w, tag.h);
    },

    _hits(b, x, y, { w, h }) {
      const box = { x: x + this._bounds.min.x, y: y + this._bounds.min.y, w, h };
      return window.yiping.mapGeometry.overlap(b, box);
    },

    // Remembers what was drawn in layer pixels: for hit tests and for labels to keep clear of.
    _mark(mark) {
      mark.x += this._bounds.min.x;
      mark.y += this._bounds.min.y;
      this._marks.push(mark);
      this._obstacles.push(mark);
    },

    _obstacle(x, y, w, h) {
      this._obstacles.push({ x: x + this._bounds.min.x, y: y + this._bounds.min.y, w, h });
    },

    // An unacknowledged critical one breathes: a small element of its own, animated by the style sheet.
    _pulse(stamp, x, y) {
      let e = this._pulses[this._pulsing++];
      if (!e) {
        this._pulses.push((e = document.createElement("canvas")));
        e.className = "map-pulse";
        this._boxes[1].append(e);
      }
      if (e.stamp !== stamp) {
        e.stamp = stamp;
        e.width = stamp.canvas.width;
        e.height = stamp.canvas.height;
        e.style.width = stamp.w + "px";
        e.style.height = stamp.h + "px";
        e.getContext("2d").drawImage(stamp.canvas, 0, 0);
      }
      e.style.display = "";
      e.style.translate = `${Math.round(x - stamp.w / 2)}px ${Math.round(y - stamp.h / 2)}px`;
    },

    _ring(pen, x, y, r, colour, width) {
      pen.beginPath();
      pen.arc(x, y, r, 0, 2 * Math.PI);
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.stroke();
    },
  };

  const api = { group, paint };
  if (typeof module !== "undefined") module.exports = api;
  if (typeof window !== "undefined") (window.yiping = window.yiping || {}).mapAlarms = api;
})();
