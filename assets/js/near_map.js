// The small map of one spot, beside an alarm or a case: grids, houses and base map as on the overview, upon them the
// spot itself and what lies within reach. What comes in changes its marks and never its view: only another spot moves it.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const GLYPHS = ["incident", "warning", "minor", "major", "critical"]; // by severity; 0 is a case
  const RINGS_M = [50, 100, 200, 400];
  const SEEN = 7; // the nearest things that the first view shows for sure
  const ZOOM = { min: 15, max: 19, first: 18 };
  const LEFT_TOP = [12, 12];
  const APART = 25; // a mark a finger's breadth from the next: smaller ones would have to be hit by luck
  const ASIDE_PX = [26, 46, 66]; // how far a mark moves from what stands on the same spot

  function make(tag, className, text = "") {
    const e = document.createElement(tag);
    e.className = className;
    e.textContent = text;
    return e;
  }

  /** Places to try for a mark, its own first: once around it, then in wider circles. */
  function offsets() {
    const found = [[0, 0]];
    for (const r of ASIDE_PX) for (let k = 0; k < 8; k += 1) found.push([r * Math.sin((k * Math.PI) / 4), -r * Math.cos((k * Math.PI) / 4)]);
    return found;
  }

  /** Metres of the ring that holds the `SEEN` nearest of `points`. */
  function ringOf({ lng, lat, points }) {
    const east = Math.cos((lat * Math.PI) / 180) * 111320;
    const far = points.map((p) => Math.hypot((p.lng - lng) * east, (p.lat - lat) * 111320)).sort((a, b) => a - b);
    const seen = far[Math.min(SEEN, far.length) - 1] || 0;
    return RINGS_M.find((r) => r >= seen) || RINGS_M[RINGS_M.length - 1];
  }

  const NOTHING = { isLeaf: () => false, has: () => false, first: () => null }; // no place has its own shapes here

  class NearMap {
    constructor(L) {
      this.L = L;
      this.key = null;
      this.marks = [];
      this.frame = make("div", "map-frame near-frame");
      this.ground = make("div", "map");
      this.back = make("button", "near-back");
      this.back.type = "button";
      this.back.append(make("span", "ic ic-pin"));
      this.back.title = t("回到现场");
      this.back.setAttribute("aria-label", this.back.title);
      this.frame.append(this.ground, this.back, make("p", "map-credit"), make("p", "map-basemap-failed", t("底图暂不可用，其余照常")));
    }

    /** Leaflet measures what it is put into: made once the frame is in the page. */
    _start(data) {
      const { L } = this;
      this.map = L.map(this.ground, {
        center: [data.lat, data.lng], zoom: 17, minZoom: ZOOM.min, maxZoom: ZOOM.max, zoomSnap: 0.1, zoomDelta: 0.5,
        attributionControl: false, scrollWheelZoom: false, zoomAnimation: true,
      });
      L.control.scale({ imperial: false, position: "bottomright" }).addTo(this.map);
      this.names = new yiping.mapNames.Names(L, this.map);
      this.around = new yiping.mapAround.Around(L, this.map, NOTHING, this.names, { from: ZOOM.min, names: 17 });
      this.basemap = new yiping.mapBasemap.BaseMap(L, this.map, this.frame);
      this.group = L.layerGroup().addTo(this.map);
      this.map.on("zoomend", () => this._arrange());
      // The wheel scrolls the column past the map, until somebody has turned to the map.
      this.ground.addEventListener("focusin", () => this.map.scrollWheelZoom.enable());
      this.ground.addEventListener("focusout", () => this.map.scrollWheelZoom.disable());
      this.back.addEventListener("click", () => this._fit(true));
      new ResizeObserver(() => this._sized()).observe(this.ground);
      new MutationObserver(() => this._restyle()).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
      this._ink();
    }

    show(data, name) {
      if (!this.map) this._start(data);
      const another = data.key !== this.key, said = JSON.stringify(data);
      if (said === this.said) return;
      Object.assign(this, { data, said, key: data.key });
      this.ground.setAttribute("role", "group");
      this.ground.setAttribute("aria-label", name);
      this.around.unnamed = data.place;
      this._draw();
      if (another) this._fit(false);
      this._arrange();
    }

    /** A hidden map has no size; the view of its spot is taken when it has one. */
    _sized() {
      const had = this.map.getSize();
      this.map.invalidateSize({ pan: false, debounceMoveend: true });
      if (this.unfitted && this.map.getSize().x) this._fit(false);
      else if (had.x !== this.map.getSize().x) this._arrange();
    }

    _fit(animate) {
      this.unfitted = !this.map.getSize().x;
      if (this.unfitted || !this.data) return;
      const still = !animate || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      const ring = this.L.latLng(this.data.lat, this.data.lng).toBounds(2 * ringOf(this.data));
      this.map.fitBounds(ring, { paddingTopLeft: LEFT_TOP, paddingBottomRight: LEFT_TOP, maxZoom: ZOOM.first, animate: !still });
      this.around.look();
    }

    // ---- marks

    _draw() {
      const { L, data, group } = this, held = this.ground.contains(document.activeElement) ? document.activeElement.dataset.mark : null;
      group.clearLayers();
      const ring = ringOf(data), lean = (ring / 111320) * Math.SQRT1_2;
      L.circle([data.lat, data.lng], { radius: ring, className: "near-ring", interactive: false }).addTo(group);
      this.scale = this._label([data.lat + lean, data.lng + lean / Math.cos((data.lat * Math.PI) / 180)], t("{n} 米", { n: ring }), "near-ring-name");
      this.marks = data.points.map((point) => this._mark(point));
      this.own = L.marker([data.lat, data.lng], { icon: this._icon(GLYPHS[data.severity] || GLYPHS[0], "is-own"), interactive: false, keyboard: false, zIndexOffset: 1000 }).addTo(group);
      this.name = this._label([data.lat, data.lng], data.place, "near-name");
      this._ink();
      if (held) this.ground.querySelector(`[data-mark="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
    }

    _icon(glyph, more = "") {
      const own = make("span", "map-glyph");
      own.dataset.glyph = glyph;
      return this.L.divIcon({ className: `near-mark ${more}`, html: own, iconSize: null });
    }

    _label(at, text, className) {
      const icon = this.L.divIcon({ className, html: make("span", "", text), iconSize: null });
      return this.L.marker(at, { icon, interactive: false, keyboard: false, zIndexOffset: 900 }).addTo(this.group);
    }

    _mark(point) {
      const plays = "camera" in point, marker = this.L.marker([point.lat, point.lng], { icon: this._icon(point.kind), riseOnHover: true, keyboard: true });
      const tip = make("span", "");
      tip.append(make("b", "", point.name), make("span", "", point.said));
      marker.bindTooltip(tip, { className: "near-tip", direction: "auto", offset: [0, 0], opacity: 1 });
      if (plays) marker.on("click", () => yiping.video.open({ code: point.camera, name: point.name }, document.body));
      marker.addTo(this.group);
      const element = marker.getElement();
      element.dataset.mark = `${point.kind} ${point.name}`;
      element.setAttribute("aria-label", `${plays ? `${t("打开视频")} ` : ""}${point.name} ${point.said}`);
      if (plays) element.addEventListener("keydown", (e) => e.key === "Enter" && marker.fire("click"));
      else element.setAttribute("role", "img");
      return marker;
    }

    /** Marks keep clear of the spot and of each other, names of houses of all of them. */
    _arrange() {
      if (!this.data || !this.map.getSize().x) return;
      const at = (marker) => this.map.latLngToLayerPoint(marker.getLatLng());
      const own = at(this.own), label = this.name.getElement(), w = label.offsetWidth, h = label.offsetHeight;
      const scale = at(this.scale), much = this.scale.getElement();
      const taken = [
        { x: own.x, y: own.y, w: 26, h: 26 }, { x: own.x, y: own.y + 16 + h / 2, w, h },
        { x: scale.x + much.offsetWidth / 2, y: scale.y - much.offsetHeight / 2, w: much.offsetWidth, h: much.offsetHeight },
      ];
      const boxes = this.marks.map((marker) => ({ ...at(marker), w: APART, h: APART, room: 1000, offsets: offsets() }));
      const found = yiping.mapGeometry.declutter(boxes, taken);
      this.marks.forEach((marker, i) => {
        const [dx, dy] = found[i] || [0, 0], { style } = marker.getElement();
        style.setProperty("--dx", `${Math.round(dx)}px`);
        style.setProperty("--dy", `${Math.round(dy)}px`);
        taken.push({ ...boxes[i], x: boxes[i].x + dx, y: boxes[i].y + dy });
      });
      this.around.avoid(taken);
    }

    _ink() {
      this.stamps = new yiping.mapShapes.Stamps(document.documentElement, window.devicePixelRatio || 1);
      yiping.mapShapes.paintLegend(this.ground, this.stamps);
    }

    _restyle() {
      this._ink();
      this.names.restyle();
      this.around.restyle();
      this.basemap.restyle();
    }
  }

  let map = null; // one a page

  /** The map in the place that asks for one below `root`. It stays the same map when that place is made anew. */
  function draw(root) {
    const place = root.querySelector("[data-map]");
    if (!place || !window.L) return;
    map = map || new NearMap(window.L);
    if (map.frame.parentNode !== place) place.replaceChildren(map.frame);
    map.show(JSON.parse(place.dataset.map), place.dataset.mapName);
  }

  document.addEventListener("yiping:scripts", () => draw(document)); // Leaflet may come after the first alarm is open

  yiping.nearMap = { draw, map: () => map };
})();
