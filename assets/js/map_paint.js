// How the canvas layer paints points, bins and glyphs. Methods of the layer in map_layer.js, apart from where the
// picture lies and when it is painted; alarms are painted in map_alarms.js.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const BIN_ABOVE = 5000; // sensors visible; cameras and incidents are larger glyphs and bin sooner
  const GLYPHS_ABOVE = 100;
  const GLYPHS_NEAR = 400; // close by each has its place, and what a camera sees is what one wants to know
  const FAINT_ABOVE = 400; // sensors visible: normal ones are a texture then, not things to count
  const FAINT = 0.3;
  const GLYPHS = {
    incidents: ["incident"], resources: ["resource"], workers: ["worker"], cameras: ["camera", "camera-off"],
  };
  const NEAR_ZOOM = 16.4; // from here on a hydrant is more than one dot among many
  const BIN_LABELS = 7; // the side of a bin, in heights of its label
  const WORDS = ["normal", "warning", "minor", "major", "critical", "offline", "unseen"];

  function compact(n) {
    if (n < 10000) return String(n);
    return document.body.dataset.lang === "en" ? `${(n / 1000).toFixed(n < 100000 ? 1 : 0)}k` : `${(n / 10000).toFixed(1)}万`;
  }

  yiping.mapPaint = {
    // Bins or symbols: decided by how many are in view, once for the whole picture.
    _choose() {
      const size = this._bounds.getSize(), box = this._world(0, 0, size.x, size.y);
      const glyphs = this._zoom >= NEAR_ZOOM ? GLYPHS_NEAR : GLYPHS_ABOVE;
      this._binned = {};
      for (const [name, set] of Object.entries(this.sets)) {
        const limit = name === "devices" ? BIN_ABOVE : glyphs;
        const near = set.countNear(...box);
        this._binned[name] = near > limit;
        if (name === "devices") this._faint = near > FAINT_ABOVE;
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
      this._pillBoxes.length = 0;
      this._pen.points.clearRect(0, 0, size.x, size.y);
      this._drawPoints(0, 0, size.x, size.y);
      this._drawPills(size);
      const close = this._zoom >= yiping.mapPoints.SPREAD_ZOOM; // from afar cameras are under the names of areas
      for (const name of Object.keys(GLYPHS)) if (close || name !== "cameras") this._keepClear(name, size);
    },

    // Names keep clear of the single glyphs of overlays that were switched on.
    _keepClear(name, size) {
      if (!this.shown[name] || this._binned[name]) return;
      const side = this.stamps.tokens.size.glyph, { x: left, y: top } = this._bounds.min;
      this.sets[name].each(...this._world(0, 0, size.x, size.y), (i) => {
        const [x, y] = this._spot(this.sets[name], i);
        this._pillBoxes.push({ x: x + left, y: y + top, w: side, h: side });
      });
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
      for (const [name, glyphs] of Object.entries(GLYPHS)) {
        if (this.shown[name] && !this._binned[name]) this._drawGlyphs(name, glyphs, x0, y0, x1, y1);
      }
    },

    // The bins in view. Where all is normal there is nothing to see: sensors stand out where some are abnormal and no
    // alarm says so already, cameras only as single glyphs. What was switched on by hand keeps its counts; they give
    // way to alarms, to the names of areas and to each other.
    _drawPills(size) {
      const urgent = this._pillsOf("devices", size, 0, (worst) => this._standsOut(worst));
      for (const p of urgent) {
        this._stampAt(this._pen.points, p.stamp, p.x, p.y);
        this._pillBoxes.push({ ...p, x: p.x + this._bounds.min.x, y: p.y + this._bounds.min.y });
      }
      const { x: left, y: top } = this._bounds.min, { overlap } = yiping.mapGeometry;
      const taken = [...this.labels.map((l) => ({ ...l, x: l.x - left, y: l.y - top })), ...urgent];
      const quiet = [["incidents", -1.4], ["resources", 0], ["workers", 1.4]];
      for (const p of quiet.flatMap(([name, lift]) => this._pillsOf(name, size, lift, () => true))) {
        const at = [p, { ...p, y: p.y + 1.5 * p.h }].find((one) => !taken.some((b) => overlap(one, b)));
        if (!at) continue;
        taken.push(at);
        this._stampAt(this._pen.points, at.stamp, at.x, at.y);
      }
    },

    _standsOut(worst) {
      const { NORMAL, OFFLINE, UNSEEN } = yiping.mapPoints;
      if (worst === NORMAL || worst === UNSEEN) return false;
      return worst === OFFLINE || !this.shown.alarms || !this.alarmsWhole;
    },

    // `lift` sets the pills of a kind beside those of another in the same bin, in heights of a pill.
    _pillsOf(name, size, lift, wanted) {
      const found = [];
      if (!this.shown[name] || !this._binned[name]) return found;
      const glyph = name === "devices" ? null : GLYPHS[name][0], reach = 2 * this._binSize();
      const o = this._origin, s = this._scale;
      this.sets[name].eachBin(...this._world(-reach, -reach, size.x + reach, size.y + reach), (x, y, count, worst, many) => {
        if (!wanted(worst)) return;
        const stamp = this.stamps.pill(compact(glyph ? count : many), glyph || WORDS[worst], Boolean(glyph));
        found.push({ x: x * s - o.x, y: y * s - o.y + lift * stamp.h, w: stamp.w, h: stamp.h, stamp });
      });
      return found;
    },

    _drawDevices(x0, y0, x1, y1) {
      const set = this.sets.devices, pen = this._pen.points, reach = this.stamps.tokens.size.critical;
      const stamps = WORDS.map((word, k) => this.stamps.shape(word, this._diameter(k)));
      const later = []; // abnormal ones go on top of normal ones, hydrants between
      const close = this._zoom >= NEAR_ZOOM, hydrants = [];
      if (this._faint) pen.globalAlpha = FAINT;
      set.each(...this._world(x0 - reach, y0 - reach, x1 + reach, y1 + reach), (i) => {
        if (set.category[i]) later.push(i);
        else if (close && set.kind[i] === yiping.mapPoints.HYDRANT) hydrants.push(i);
        else this._stampPoint(pen, stamps[0], set, i);
      });
      pen.globalAlpha = 1;
      for (const i of hydrants) this._stampPoint(pen, this.stamps.shape("hydrant", this.stamps.tokens.size.glyph), set, i);
      later.sort((a, b) => set.category[a] % 5 - set.category[b] % 5);
      for (const i of later) this._stampPoint(pen, stamps[set.category[i]], set, i);
    },

    _diameter(category) {
      const size = this.stamps.tokens.size;
      if (category >= 1 && category <= 4) return size.warning;
      return category === 0 ? size.dot * 2 : size.warning * 0.85;
    },

    // Where point i of a set is in the picture; points of one place part when there is room for them, and cameras stand
    // above the building they hang on, whose name is below it.
    _spot(set, i) {
      const lift = set === this.sets.cameras && this._zoom >= yiping.mapPoints.SPREAD_ZOOM ? this.stamps.tokens.size.glyph * 1.15 : 0;
      const x = set.x[i] * this._scale - this._origin.x, y = set.y[i] * this._scale - this._origin.y - lift;
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
  };
})();
