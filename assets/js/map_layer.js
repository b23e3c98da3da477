// The canvas layer above the choropleth: sensors, cameras, incidents and alarms. Its pane is above Leaflet's overlay
// pane (400). It draws a padded picture of the view; panning moves that picture, and only what changed is redrawn.
// It holds no state of its own but the picture: points belong to PointSets, alarms to the page's live state.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const PADDING = 0.1; // of the view's size, on each side
  const REST_MS = 400;
  const MAX_DIRTY = 120; // rectangles; beyond that one whole redraw is cheaper

  function define(L) {
    return L.Layer.extend({
      ...yiping.mapPaint,
      ...yiping.mapAlarms.paint,

      initialize(sets) {
        this.sets = sets; // { devices, cameras, incidents, resources, workers }: PointSets
        this.shown = { alarms: true };
        this.alarms = []; // groups of map_alarms.js, mildest first
        this.alarmsWhole = true; // every open alarm is among them
        this.focused = null; // alarm id under the keyboard
        this.labels = []; // boxes of the area names in layer pixels, centred
        this._dirty = [];
        this._pulses = [];
        this._marks = []; // what is drawn on top, for hit tests: { x, y, r, w, h, alarm | pile } in layer pixels
        this._pillBoxes = []; // abnormal bins, and with the marks what labels keep clear of
        this._obstacles = [];
        this.onObstacles = () => {};
        this.stats = { frames: 0, full: 0 };
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

      // Names have moved: only counts that give way to them are drawn anew.
      placeLabels(boxes) {
        this.labels = boxes;
        const yielding = this._binned && ["incidents", "resources", "workers"].some((name) => this.shown[name] && this._binned[name]);
        if (!yielding) return;
        this._pointsDirty = true;
        this._request();
      },

      redrawAlarms() {
        this._alarmsDirty = true;
        this._request();
      },

      // Point i of a set changed; its surroundings are drawn anew in the next frame.
      touch(set, i) {
        if (this._whole || !this.shown.devices || !this._binned) return;
        const parted = set.rank[i] > 0 && this._zoom >= yiping.mapPoints.SPREAD_ZOOM; // drawn elsewhere than it stands
        if (this._pills || parted || this._dirty.length > MAX_DIRTY) this._pointsDirty = true;
        else this._dirty.push(set.x[i], set.y[i]);
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
          this._tellObstacles();
          this.stats.full++;
        } else {
          const moved = this._pointsDirty || this._alarmsDirty;
          if (this._pointsDirty) this._drawAllPoints();
          else if (this._dirty.length) this._redrawDirty();
          if (this._alarmsDirty) this._drawAlarms();
          this._alarmsDirty = false;
          if (moved) this._tellObstacles();
        }
        if (!this._after) return;
        const after = this._after;
        this._after = null;
        for (const fn of after) fn();
      },

      // Labels are told what they must keep clear of, when that has changed.
      _tellObstacles() {
        const all = [...this._obstacles, ...this._pillBoxes];
        const key = `${this._zoom}|${all.map((b) => `${Math.round(b.x)},${Math.round(b.y)},${Math.round(b.w)}`).join("|")}`;
        if (key === this._obstaclesKey) return;
        this._obstaclesKey = key;
        this.onObstacles(all);
      },

      // Alarms drawn in the present view, worst first: what the keyboard walks through.
      alarmsInView() {
        const view = this._viewBounds(0), seen = this._marks.filter((m) => m.alarm && view.contains(L.point(m.x, m.y)));
        return seen.reverse().flatMap((m) => m.alarm.members);
      },

      // What is under a layer point: { kind: "alarm", alarm: a group }, { kind: "pile", at }, or a point of a set:
      // { kind: its name, i }.
      hit(point, slack) {
        for (let k = this._marks.length - 1; k >= 0; k--) {
          const m = this._marks[k];
          if (Math.hypot(point.x - m.x, point.y - m.y) > m.r + slack) continue;
          return m.alarm ? { kind: "alarm", alarm: m.alarm } : { kind: "pile", at: L.point(m.x, m.y) };
        }
        const size = this.stamps.tokens.size, glyph = size.glyph / 2;
        for (const [kind, r] of [
          ["cameras", glyph], ["incidents", glyph], ["resources", glyph], ["workers", glyph], ["devices", size.dot + 3],
        ]) {
          if (!this.shown[kind] || !this._binned || this._binned[kind]) continue;
          const i = this._nearest(kind, point.subtract(this._bounds.min), r + slack);
          if (i >= 0) return { kind, i };
        }
        return null;
      },

      _nearest(kind, at, reach) {
        const set = this.sets[kind], wide = reach + (this._zoom >= yiping.mapPoints.SPREAD_ZOOM ? 60 : 0);
        let best = -1, nearest = reach;
        set.each(...this._world(at.x - wide, at.y - wide, at.x + wide, at.y + wide), (i) => {
          const [x, y] = this._spot(set, i);
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

  yiping.mapLayer = { define };
})();
