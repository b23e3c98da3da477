// The canvas layer above the choropleth: sensors, cameras, incidents and alarms. Its pane is above Leaflet's overlay
// pane (400). It draws a padded picture of the view; panning moves that picture, and only what changed is redrawn.
// It holds no state of its own but the picture: points belong to PointSets, alarms to the page's live state.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const PADDING = 0.1; // of the view's size, on each side
  const BIN_ABOVE = 5000; // sensors visible; cameras and incidents are larger glyphs and bin sooner
  const GLYPHS_ABOVE = 100;
  const ALARMS_ABOVE = 150;
  const BIN_LABELS = 7; // the side of a bin, in heights of its label
  const SPREAD_ZOOM = 17.5;
  const REST_MS = 400;
  const MAX_PULSES = 60;
  const MAX_DIRTY = 120; // rectangles; beyond that one whole redraw is cheaper
  const WORDS = ["normal", "warning", "minor", "major", "critical", "offline", "unseen"];

  function compact(n) {
    if (n < 10000) return String(n);
    return document.body.dataset.lang === "en" ? `${(n / 1000).toFixed(n < 100000 ? 1 : 0)}k` : `${(n / 10000).toFixed(1)}万`;
  }

  function define(L) {
    return L.Layer.extend({
      initialize(sets) {
        this.sets = sets; // { devices, cameras, incidents }: PointSets
        this.shown = { devices: true, cameras: true, incidents: true, alarms: true };
        this.alarms = []; // [{ id, x, y, severity, unacked, cleared, device }], mildest first
        this.focused = null; // alarm id under the keyboard
        this.labels = []; // boxes of the area names in layer pixels, centred
        this._dirty = [];
        this._pulses = [];
        this._marks = []; // what is drawn on top, for hit tests: { x, y, r, kind, … } in layer pixels
        this.stats = { frames: 0, full: 0, drawn: 0, binned: false };
      },

      onAdd(map) {
        this._canvas = {};
        this._pen = {};
        this._boxes = [];
        this._panel(map, "points", 450, ["points"]);
        this._panel(map, "alarms", 460, ["alarms"]); // names of areas lie between the two
        this.restyle();
      },

      _panel(map, name, zIndex, canvases) {
        const pane = map.getPane(name) || map.createPane(name);
        pane.style.zIndex = zIndex;
        pane.style.pointerEvents = "none";
        const box = L.DomUtil.create("div", "map-canvases leaflet-zoom-animated", pane);
        this._boxes.push(box);
        for (const each of canvases) {
          const canvas = L.DomUtil.create("canvas", `map-canvas is-${each}`, box);
          canvas.setAttribute("aria-hidden", "true");
          this._canvas[each] = canvas;
          this._pen[each] = canvas.getContext("2d");
        }
      },

      onRemove() {
        cancelAnimationFrame(this._frame);
        clearTimeout(this._frame);
        clearTimeout(this._resting);
        for (const box of this._boxes) box.remove();
      },

      getEvents() {
        return {
          viewreset: this._reset, zoom: this._onZoom, moveend: this._onMove, zoomend: this._reset, resize: this._reset,
          zoomanim: (e) => this._transform(e.center, e.zoom), move: this._onMove,
        };
      },

      // Reads the theme again: after a change of theme, surface or pixel ratio.
      restyle() {
        this.stamps = new yiping.mapShapes.Stamps(document.documentElement, window.devicePixelRatio || 1);
        this._reset();
      },

      // Everything is drawn anew in the next frame.
      redraw() {
        this._whole = true;
        this._request();
      },

      redrawAlarms() {
        this._alarmsDirty = true;
        this._request();
      },

      // Point i of a set changed; its surroundings are drawn anew in the next frame.
      touch(set, i) {
        if (this._whole || !this.shown.devices || !this._binned) return;
        if (this._binned.devices || this._dirty.length > MAX_DIRTY) this._pointsDirty = true;
        else this._dirty.push(set.x[i], set.y[i], set.rank[i]);
        this._request();
      },

      // Calls back after the next frame has been drawn; draws in the background where no frames come.
      afterDraw(fn) {
        (this._after = this._after || []).push(fn);
        this._request();
      },

      _request() {
        if (this._frame || !this._map) return;
        if (document.hidden) this._frame = setTimeout(() => this._draw(), 100);
        else this._frame = requestAnimationFrame(() => this._draw());
      },

      // Hidden pages get no frames: what is waiting goes on by a timer, and everything is drawn when seen again.
      visibility() {
        cancelAnimationFrame(this._frame);
        clearTimeout(this._frame);
        this._frame = 0;
        this.redraw();
      },

      // While the padded picture covers the view, panning only moves it; it is centred again when the hand rests.
      _onMove() {
        clearTimeout(this._resting);
        if (!this._bounds || this._zooming()) return;
        if (this._bounds.contains(this._viewBounds(0))) this._resting = setTimeout(() => this._reset(), REST_MS);
        else this._reset();
      },

      _onZoom() {
        this._transform(this._map.getCenter(), this._map.getZoom());
      },

      _zooming() {
        return this._map.getZoom() !== this._zoom;
      },

      _viewBounds(padding) {
        const size = this._map.getSize(), min = this._map.containerPointToLayerPoint(size.multiplyBy(-padding)).round();
        return L.bounds(min, min.add(size.multiplyBy(1 + padding * 2)).round());
      },

      _transform(center, zoom) {
        if (this._zoom === undefined) return;
        const scale = this._map.getZoomScale(zoom, this._zoom);
        const corner = this._map.project(this._map.unproject(this._origin, this._zoom), zoom);
        const at = corner.subtract(this._map._getNewPixelOrigin(center, zoom));
        for (const box of this._boxes) L.DomUtil.setTransform(box, at, scale);
      },

      // Places the picture over the present view and asks for a whole redraw.
      _reset() {
        const map = this._map;
        if (!map || !map._loaded || map._animatingZoom) return;
        clearTimeout(this._resting);
        this._bounds = this._viewBounds(PADDING);
        this._zoom = map.getZoom();
        this._origin = this._bounds.min.add(map.getPixelOrigin()); // world pixels of the picture's corner
        this._scale = map.options.crs.scale(this._zoom);
        this._placed = false;
        this.redraw();
      },

      _place() {
        const size = this._bounds.getSize(), ratio = this.stamps.ratio;
        for (const [name, canvas] of Object.entries(this._canvas)) {
          const w = Math.round(size.x * ratio), h = Math.round(size.y * ratio);
          if (canvas.width !== w || canvas.height !== h) {
            canvas.width = w;
            canvas.height = h;
            canvas.style.width = size.x + "px";
            canvas.style.height = size.y + "px";
          }
          this._pen[name].setTransform(ratio, 0, 0, ratio, 0, 0);
        }
        for (const box of this._boxes) L.DomUtil.setTransform(box, this._bounds.min, 1);
        this._placed = true;
      },

      // The world box that a rectangle of the picture (in its pixels) covers.
      _world(x0, y0, x1, y1) {
        const o = this._origin, s = this._scale;
        return [(o.x + x0) / s, (o.y + y0) / s, (o.x + x1) / s, (o.y + y1) / s];
      },

      _draw() {
        this._frame = 0;
        if (!this._map || !this._bounds) return;
        this.stats.frames++;
        if (this.beforeDraw) this.beforeDraw();
        if (this._whole || !this._placed) {
          this._place();
          this._whole = this._alarmsDirty = false;
          this._choose();
          this._drawAllPoints();
          this._drawAlarms();
          this.stats.full++;
        } else {
          if (this._pointsDirty) this._drawAllPoints();
          else if (this._dirty.length) this._redrawDirty();
          if (this._alarmsDirty) this._drawAlarms();
          this._alarmsDirty = false;
        }
        if (!this._after) return;
        const after = this._after;
        this._after = null;
        for (const fn of after) fn();
      },

      // Bins or symbols: decided by how many are in view, once for the whole picture.
      _choose() {
        const size = this._bounds.getSize(), box = this._world(0, 0, size.x, size.y);
        this._binned = {};
        for (const [name, set] of Object.entries(this.sets)) {
          const limit = name === "devices" ? BIN_ABOVE : GLYPHS_ABOVE;
          this._binned[name] = set.countNear(...box) > limit;
          if (this._binned[name]) set.bins(this._scale, this._binSize() * (name === "devices" ? 1 : 2));
        }
        this.stats.binned = this._binned.devices;
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

      _redrawDirty() {
        const d = this._dirty, pen = this._pen.points, o = this._origin, size = this._bounds.getSize();
        const reach = this.stamps.tokens.size.major + 8;
        const done = new Set();
        for (let k = 0; k < d.length; k += 3) {
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
        let drawn = 0;
        set.each(...this._world(x0 - reach, y0 - reach, x1 + reach, y1 + reach), (i) => {
          drawn++;
          if (set.category[i]) later.push(i);
          else this._stampPoint(pen, stamps[0], set, i);
        });
        later.sort((a, b) => set.category[a] % 5 - set.category[b] % 5);
        for (const i of later) this._stampPoint(pen, stamps[set.category[i]], set, i);
        this.stats.drawn = drawn;
      },

      _diameter(category) {
        const size = this.stamps.tokens.size;
        if (category >= 1 && category <= 4) return size.warning;
        return category === 0 ? size.dot * 2 : size.warning * 0.85;
      },

      _stampPoint(pen, stamp, set, i) {
        let x = set.x[i] * this._scale - this._origin.x, y = set.y[i] * this._scale - this._origin.y;
        if (set.rank[i] && this._zoom >= SPREAD_ZOOM) {
          const [dx, dy] = yiping.mapPoints.spread(set.rank[i], this.stamps.tokens.size.warning);
          x += dx;
          y += dy;
        }
        this._stampAt(pen, stamp, x, y);
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
        for (const [alarm, x0, y0] of inView) {
          let x = x0, y = y0;
          if (crowded && alarm.severity < 3) {
            const key = Math.floor((alarm.x * s) / 64) * 1e7 + Math.floor((alarm.y * s) / 64);
            const cell = cells.get(key) || { x: 0, y: 0, count: 0, worst: 0, members: [] };
            cell.x += x;
            cell.y += y;
            cell.count++;
            cell.worst = Math.max(cell.worst, alarm.severity);
            cells.set(key, cell);
            continue;
          }
          const i = alarm.device === null ? -1 : this.sets.devices.at(alarm.device);
          if (i >= 0 && this._zoom >= SPREAD_ZOOM) {
            const [dx, dy] = yiping.mapPoints.spread(this.sets.devices.rank[i], t.size.warning);
            x += dx;
            y += dy;
          }
          this._drawAlarm(alarm, x, y);
        }
        for (const cell of cells.values()) {
          const x = cell.x / cell.count, y = cell.y / cell.count;
          this._stampAt(this._pen.alarms, this.stamps.pill(String(cell.count), WORDS[cell.worst] || "warning"), x, y);
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
        if (!e) this._pulses.push((e = L.DomUtil.create("canvas", "map-pulse", this._boxes[1])));
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

      // Alarms drawn in the present view, worst first: what the keyboard walks through.
      alarmsInView() {
        const view = this._viewBounds(0);
        return this._marks.filter((m) => view.contains(L.point(m.x, m.y))).reverse().map((m) => m.alarm);
      },

      // What is under a layer point: { kind: "alarm", alarm } or { kind: "devices" | "cameras" | "incidents", i }.
      hit(point, slack) {
        for (let k = this._marks.length - 1; k >= 0; k--) {
          const m = this._marks[k];
          if (Math.hypot(point.x - m.x, point.y - m.y) <= m.r + slack) return { kind: "alarm", alarm: m.alarm };
        }
        const size = this.stamps.tokens.size;
        for (const [kind, r] of [["cameras", size.glyph / 2], ["incidents", size.glyph / 2], ["devices", size.dot + 3]]) {
          if (!this.shown[kind] || !this._binned || this._binned[kind]) continue;
          const i = this._nearest(kind, point.subtract(this._bounds.min), r + slack);
          if (i >= 0) return { kind, i };
        }
        return null;
      },

      _nearest(kind, at, reach) {
        const set = this.sets[kind], wide = reach + (this._zoom >= SPREAD_ZOOM ? 60 : 0);
        let best = -1, nearest = reach;
        set.each(...this._world(at.x - wide, at.y - wide, at.x + wide, at.y + wide), (i) => {
          let x = set.x[i] * this._scale - this._origin.x, y = set.y[i] * this._scale - this._origin.y;
          if (set.rank[i] && this._zoom >= SPREAD_ZOOM) {
            const [dx, dy] = yiping.mapPoints.spread(set.rank[i], this.stamps.tokens.size.warning);
            x += dx;
            y += dy;
          }
          const distance = Math.hypot(x - at.x, y - at.y);
          if (distance < nearest) {
            nearest = distance;
            best = i;
          }
        });
        return best;
      },
    });
  }

  yiping.mapLayer = { define, WORDS };
})();
