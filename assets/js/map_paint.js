// How the canvas layer paints: points or bins, glyphs, alarms. Methods of the layer in map_layer.js, apart from where
// the picture lies and when it is painted.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const BIN_ABOVE = 5000; // sensors visible; cameras and incidents are larger glyphs and bin sooner
  const GLYPHS_ABOVE = 100;
  const ALARMS_ABOVE = 150;
  const BIN_LABELS = 7; // the side of a bin, in heights of its label
  const MAX_PULSES = 60;
  const WORDS = ["normal", "warning", "minor", "major", "critical", "offline", "unseen"];

  function compact(n) {
    if (n < 10000) return String(n);
    return document.body.dataset.lang === "en" ? `${(n / 1000).toFixed(n < 100000 ? 1 : 0)}k` : `${(n / 10000).toFixed(1)}万`;
  }

  yiping.mapPaint = {
    // Bins or symbols: decided by how many are in view, once for the whole picture.
    _choose() {
      const size = this._bounds.getSize(), box = this._world(0, 0, size.x, size.y);
      this._binned = {};
      for (const [name, set] of Object.entries(this.sets)) {
        const limit = name === "devices" ? BIN_ABOVE : GLYPHS_ABOVE;
        this._binned[name] = set.countNear(...box) > limit;
        if (this._binned[name]) set.bins(this._scale, this._binSize() * (name === "devices" ? 1 : 2));
      }
      this._pills = Object.values(this._binned).some(Boolean);
    },

    _binSize() {
      return Math.round(this.stamps.tokens.size.label * BIN_LABELS);
    },

    _drawAllPoints() {
      const size = this._bounds.getSize();
      this._pointsDirty = false;
      this._dirty.length = 0;
      this._pen.points.clearRect(0, 0, size.x, size.y);
      this._drawPoints(0, 0, size.x, size.y);
      this._drawPills(size);
    },

    // Only where single points changed: tiles around them.
    _redrawDirty() {
      const d = this._dirty, pen = this._pen.points, o = this._origin, size = this._bounds.getSize();
      const reach = this.stamps.tokens.size.major + 8;
      const done = new Set();
      for (let k = 0; k < d.length; k += 2) {
        // whole tiles of the reach, each once, however many points changed in it
        const x = d[k] * this._scale - o.x, y = d[k + 1] * this._scale - o.y;
        if (x < -reach || y < -reach || x > size.x + reach || y > size.y + reach) continue;
        done.add(Math.floor(x / reach) * 65536 + Math.floor(y / reach) + 32768);
      }
      d.length = 0;
      for (const key of done) {
        const x = Math.floor(key / 65536) * reach - reach, y = ((key % 65536) - 32768) * reach - reach;
        pen.save();
        pen.beginPath();
        pen.rect(x, y, reach * 3, reach * 3);
        pen.clip();
        pen.clearRect(x, y, reach * 3, reach * 3);
        this._drawPoints(x, y, x + reach * 3, y + reach * 3);
        pen.restore();
      }
    },

    _drawPoints(x0, y0, x1, y1) {
      if (this.shown.devices && !this._binned.devices) this._drawDevices(x0, y0, x1, y1);
      if (this.shown.incidents && !this._binned.incidents) this._drawGlyphs("incidents", ["incident"], x0, y0, x1, y1);
      if (this.shown.cameras && !this._binned.cameras) this._drawGlyphs("cameras", ["camera", "camera-off"], x0, y0, x1, y1);
    },

    // The bins in view. One with something abnormal in it is always drawn; quiet ones give way to it, to the names
    // of areas and to each other.
    _drawPills(size) {
      const { x: left, y: top } = this._bounds.min, taken = this.labels.map((l) => ({ ...l, x: l.x - left, y: l.y - top }));
      const free = (p) => !taken.some((b) => Math.abs(p.x - b.x) * 2 < p.w + b.w && Math.abs(p.y - b.y) * 2 < p.h + b.h);
      const pills = [...this._pillsOf("devices", size, 0), ...this._pillsOf("incidents", size, -1.4), ...this._pillsOf("cameras", size, 1.4)];
      for (const p of pills.filter((each) => !each.quiet)) {
        taken.push(p);
        this._stampAt(this._pen.points, p.stamp, p.x, p.y);
      }
      for (const p of pills.filter((each) => each.quiet)) {
        const below = { ...p, y: p.y + 1.5 * p.h };
        const at = free(p) ? p : free(below) ? below : null;
        if (!at) continue;
        taken.push(at);
        this._stampAt(this._pen.points, at.stamp, at.x, at.y);
      }
    },

    // `lift` sets the pills of a kind beside those of another in the same bin, in heights of a pill.
    _pillsOf(name, size, lift) {
      const found = [];
      if (!this.shown[name] || !this._binned[name]) return found;
      const glyph = { devices: null, incidents: "incident", cameras: "camera" }[name], reach = 2 * this._binSize();
      const o = this._origin, s = this._scale;
      this.sets[name].eachBin(...this._world(-reach, -reach, size.x + reach, size.y + reach), (x, y, count, worst, many) => {
        const word = glyph || (worst === yiping.mapPoints.NORMAL ? null : WORDS[worst]), quiet = Boolean(glyph) || !word;
        const stamp = this.stamps.pill(compact(quiet ? count : many), word, quiet);
        found.push({ x: x * s - o.x, y: y * s - o.y + lift * stamp.h, w: stamp.w, h: stamp.h, stamp, quiet });
      });
      return found;
    },

    _drawDevices(x0, y0, x1, y1) {
      const set = this.sets.devices, pen = this._pen.points, reach = this.stamps.tokens.size.critical;
      const stamps = WORDS.map((word, k) => this.stamps.shape(word, this._diameter(k)));
      const later = []; // abnormal ones go on top of normal ones
      set.each(...this._world(x0 - reach, y0 - reach, x1 + reach, y1 + reach), (i) => {
        if (set.category[i]) later.push(i);
        else this._stampPoint(pen, stamps[0], set, i);
      });
      later.sort((a, b) => set.category[a] % 5 - set.category[b] % 5);
      for (const i of later) this._stampPoint(pen, stamps[set.category[i]], set, i);
    },

    _diameter(category) {
      const size = this.stamps.tokens.size;
      if (category >= 1 && category <= 4) return size.warning;
      return category === 0 ? size.dot * 2 : size.warning * 0.85;
    },

    // Where point i of a set is in the picture; points of one place part when there is room for them.
    _spot(set, i) {
      const x = set.x[i] * this._scale - this._origin.x, y = set.y[i] * this._scale - this._origin.y;
      if (!set.rank[i] || this._zoom < yiping.mapPoints.SPREAD_ZOOM) return [x, y];
      const [dx, dy] = yiping.mapPoints.spread(set.rank[i], this.stamps.tokens.size.warning);
      return [x + dx, y + dy];
    },

    _stampPoint(pen, stamp, set, i) {
      this._stampAt(pen, stamp, ...this._spot(set, i));
    },

    _stampAt(pen, stamp, x, y) {
      const r = this.stamps.ratio; // whole device pixels keep small shapes crisp
      pen.drawImage(stamp.canvas, Math.round((x - stamp.w / 2) * r) / r, Math.round((y - stamp.h / 2) * r) / r, stamp.w, stamp.h);
    },

    _drawGlyphs(name, glyphs, x0, y0, x1, y1) {
      const set = this.sets[name], pen = this._pen.points, size = this.stamps.tokens.size.glyph;
      set.each(...this._world(x0 - size, y0 - size, x1 + size, y1 + size), (i) => {
        this._stampPoint(pen, this.stamps.shape(glyphs[set.category[i] ? 1 : 0] || glyphs[0], size), set, i);
      });
    },

    // Alarms in view, each on its own; when very many stand together the mild ones share a pill. Critical never do.
    _drawAlarms() {
      const size = this._bounds.getSize(), o = this._origin, s = this._scale, t = this.stamps.tokens;
      this._pen.alarms.clearRect(0, 0, size.x, size.y);
      this._marks.length = this._pulsing = this._inView = 0;
      if (this.shown.alarms) this._drawEach(size, o, s, t);
      this._canvas.alarms.style.display = this._inView ? "" : "none"; // an empty layer still costs its size
      for (let k = this._pulsing; k < this._pulses.length; k++) this._pulses[k].style.display = "none";
    },

    _drawEach(size, o, s, t) {
      const inView = [];
      for (const alarm of this.alarms) {
        const x = alarm.x * s - o.x, y = alarm.y * s - o.y;
        if (x > -40 && y > -40 && x < size.x + 40 && y < size.y + 40) inView.push([alarm, x, y]);
      }
      this._inView = inView.length;
      const crowded = inView.length > ALARMS_ABOVE, cells = new Map();
      for (const [alarm, x, y] of inView) {
        if (crowded && alarm.severity < 3) {
          const key = Math.floor((alarm.x * s) / 64) * 1e7 + Math.floor((alarm.y * s) / 64);
          const cell = cells.get(key) || { x: 0, y: 0, count: 0, worst: 0, alarm };
          cell.x += x;
          cell.y += y;
          cell.count++;
          cell.worst = Math.max(cell.worst, alarm.severity);
          cells.set(key, cell);
          continue;
        }
        const i = alarm.device === null ? -1 : this.sets.devices.at(alarm.device);
        this._drawAlarm(alarm, ...(i >= 0 ? this._spot(this.sets.devices, i) : [x, y]));
      }
      for (const cell of cells.values()) {
        const x = cell.x / cell.count, y = cell.y / cell.count;
        if (cell.count === 1) this._drawAlarm(cell.alarm, x, y);
        else this._stampAt(this._pen.alarms, this.stamps.pill(String(cell.count), WORDS[cell.worst] || "warning"), x, y);
      }
    },

    _drawAlarm(alarm, x, y) {
      const t = this.stamps.tokens, word = WORDS[alarm.severity] || "warning", diameter = t.size[word];
      const pulsing = alarm.severity === 4 && alarm.unacked && !alarm.cleared && this._pulsing < MAX_PULSES;
      const pen = this._pen.alarms, r = diameter / 2, stamp = this.stamps.shape(word, diameter);
      if (alarm.severity === 4 && !alarm.cleared) this._ring(pen, x, y, r * 2, t["text-3"], 1.2);
      if (alarm.id === this.focused) this._ring(pen, x, y, r + 6, t.accent, 3);
      if (pulsing) this._pulse(stamp, x, y);
      else {
        pen.globalAlpha = alarm.cleared ? 0.55 : 1;
        this._stampAt(pen, stamp, x, y);
        pen.globalAlpha = 1;
      }
      this._marks.push({ alarm, x: x + this._bounds.min.x, y: y + this._bounds.min.y, r: r + 2 });
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
})();
