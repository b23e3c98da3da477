// The map of the overview: gets hold of dash-leaflet's map, joins its parts, and listens to the page. The view moves
// only when the place changes or somebody asks for a spot; never because data arrived.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const METRICS = { population: "实有人口（人）", housing: "房屋（套）", incidents: "在办事件（件）" };
  const LAYERS = ["alarms", "cameras", "incidents", "devices", "resources", "workers", "heat"];
  const DEFAULT = { metric: "incidents", layers: "alarms,cameras,devices" };
  const REFRESH_MS = 60_000; // values of the choropleth; alarms and devices are live
  const AHEAD_MS = 5000;
  const YOUNG_MS = 5000; // outlines held longer are shown, and fetched again
  const AGAIN_MS = 1500; // …once the place stands
  const MOVE_S = 0.18;

  const SAME_PX = 4; // what rounding to pixels may have moved
  const SNAP = 0.1; // `zoomSnap` of components/map.py

  const query = () => new URLSearchParams(location.search);
  const layersAsked = () => new Set((query().get("layers") ?? DEFAULT.layers).split(",").filter((l) => LAYERS.includes(l)));

  // The view that the address asks for, lng,lat,zoom: a shared one. The whole of the place otherwise.
  function viewAsked() {
    const [lng, lat, zoom] = (query().get("at") || "").split(",").map(Number);
    return zoom && Math.abs(lat) < 85 && Math.abs(lng) <= 180 ? { lng, lat, zoom } : null;
  }

  // How the first view of a place lies in its frame: below the bar, with a little room around. The bar's height is
  // known from when it last changed: asked for while a place is being built, it costs a layout of the page.
  const heights = new WeakMap();
  function fitting(frame) {
    const bar = frame.querySelector(".map-bar"), top = (heights.get(bar) ?? bar.offsetHeight) + 12;
    return { top, right: 12, bottom: 24, left: 12, maxZoom: 19, snap: SNAP };
  }
  const probing = query().get("probe") === "1";

  // The URL is the state; what only the map reads is replaced in place.
  function remember(name, value, byDefault) {
    const url = new URL(location.href);
    if (value === byDefault) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    history.replaceState(history.state, "", url);
  }

  // What colours and sizes depend on.
  function looks() {
    const { dataset, classList } = document.documentElement;
    return [dataset.theme, classList.contains("wall"), classList.contains("night")].join();
  }

  // callbacks.js listens and changes the address
  const announce = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  class OverviewMap {
    constructor(map) {
      this.map = map;
      this.frame = map.getContainer().closest(".map-frame");
      const asked = query().get("metric");
      this.metric = asked in METRICS ? asked : DEFAULT.metric;
      this.layers = layersAsked();
      this.data = new yiping.mapData.MapData({
        layers: this.layers, probing, failed: (what, so) => this.frame.classList.toggle(`is-failed-${what}`, so),
      });
      this.layer = new (yiping.mapLayer.define(window.L))(this.data.sets);
      for (const name of LAYERS) this.layer.shown[name] = this.layers.has(name);
      this.names = new yiping.mapNames.Names(window.L, map);
      this.areas = new yiping.mapAreas.Areas(window.L, map, this.names, (code) => this._choose(code), (boxes) => {
        this.layer.placeLabels(boxes);
        this.around?.avoid(this.around.obstacles, boxes);
      });
      this.layer.addTo(map);
      this.heat = new (yiping.mapHeat.define(window.L))(this.frame).addTo(map);
      this.around = new yiping.mapAround.Around(window.L, map, this.areas, this.names);
      this.layer.onObstacles = (boxes) => {
        this.areas.avoid(boxes);
        this.around.avoid(boxes);
      };
      this.data.attach(this.layer);
      this.hand = new yiping.mapHand.MapHand(map, this.frame, this.layer, this.data, {
        act: (code) => this._choose(code), building: (code) => announce("yiping:building", { code }),
        near: (point, reach) => this.areas.buildingNear(point, reach) ?? this.around.buildingNear(point, reach),
      });
      this.cleanups = [];
      this.areas.select(query().get("building"));
      this.basemap = new yiping.mapBasemap.BaseMap(window.L, map, this.frame);
      this.search = new yiping.search.Search(this.frame.querySelector(".search"), (hit) => this.visit(hit));
      this._listen();
      this._paintControls();
      const at = viewAsked();
      remember("at", null, null); // it is where one begins
      if (document.body.dataset.area) this.go(document.body.dataset.area, at && (() => map.setView([at.lat, at.lng], at.zoom, { animate: false })));
    }

    _on(target, name, fn) {
      target.addEventListener(name, fn);
      this.cleanups.push(() => target.removeEventListener(name, fn));
    }

    _listen() {
      for (const name of ["yiping:area", "yiping:panels"]) this._on(document, name, (e) => this._follow(e.detail.code));
      this._on(document, "yiping:building", (e) => this.areas.select(e.detail.code));
      this._on(document, "yiping:focus", (e) => this.focus(e.detail));
      this._on(document, "yiping:home", () => this.home());
      this._on(document, "visibilitychange", () => this.layer.visibility());
      this._on(this.frame, "click", (e) => this._control(e));
      this.map.on("unload", () => this.destroy());
      let look = looks();
      const theme = new MutationObserver(() => {
        if (looks() === look) return; // that a page is on its way is a class too
        look = looks();
        this.layer.restyle();
        this.names.restyle();
        this.around.restyle();
        this.basemap.restyle();
        this.heat.draw();
        yiping.mapShapes.paintLegend(this.frame, this.layer.stamps);
      });
      theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
      this.size = this.map.getSize();
      this.map.on("moveend", () => {
        if (this.bounds && this.map.getSize().equals(this.size)) this.whole = !this.looksAt(); // Leaflet moves for another size too
      });
      const size = new ResizeObserver(() => this._resized());
      size.observe(this.map.getContainer());
      const card = new ResizeObserver(() => document.documentElement.classList.contains("wall") && this.around.declutter());
      card.observe(this.hand.card.box);
      const bars = new ResizeObserver(([{ target }]) => heights.set(target, target.offsetHeight));
      bars.observe(this.frame.querySelector(".map-bar"));
      const timer = setInterval(() => !document.hidden && this.code && this._loadAreas(), REFRESH_MS);
      this.cleanups.push(() => theme.disconnect(), () => size.disconnect(), () => card.disconnect(), () => bars.disconnect(), () => clearInterval(timer));
    }

    destroy() {
      yiping.video.close();
      this.hand.destroy();
      this.search.destroy();
      this.data.destroy();
      this.around.destroy();
      for (const undo of this.cleanups.splice(0)) undo();
      if (yiping.map === this) yiping.map = null;
    }

    // Shows the area `code`: fits the view once, then leaves it alone. `instead` of fitting may look closer.
    go(code, instead) {
      if (!code) return;
      if (code === this.code) return instead?.();
      const first = this.code === undefined;
      this.code = code;
      this.hand.reset();
      this.heat.show(this.layers.has("heat"), code);
      this.data.go(code, () => this._recallAreas(instead || ((bounds) => this._fit(bounds, first))));
    }

    // Goes to what a search found: an area, a building with its drawer, a device or camera with its card or picture.
    // The map starts at once, so that the address' own way there finds it on its way.
    visit(hit) {
      const building = hit.kind === "building" || hit.kind === "person" ? hit.building : null;
      this.go(hit.area, hit.kind === "area" || hit.lng === null ? undefined : () => {
        this.areas.select(building);
        this.focus({ lng: hit.lng, lat: hit.lat });
        if (hit.kind === "device") this.hand.openDevice(hit.id, [hit.lat, hit.lng], true);
        else if (hit.kind === "camera") yiping.video.open({ code: hit.code, name: hit.name }, this.frame);
      });
      announce("yiping:drill", { code: hit.area, building });
    }

    _loadAreas(then) {
      const read = (answer) => answer.json(), show = (found) => this._showAreas(found, then);
      return this.data.fetch("areas", this._outlines(), read, show, () => this._loadAreas(then));
    }

    // The outlines of the place from what is held of them, and again soon where that is not of this moment.
    _recallAreas(then) {
      const known = yiping.foresight.known(this._outlines()), { code } = this;
      if (!known) return this._loadAreas(then);
      if (known.age > YOUNG_MS) setTimeout(() => code === this.code && this._loadAreas(), AGAIN_MS);
      return this.data.use("areas", known.answer, (found) => this._showAreas(found, then), () => this._loadAreas(then));
    }

    _showAreas(found, then) {
      const bounds = this.areas.show(found);
      this.areas.legend(this.frame, yiping.t(METRICS[this.metric]));
      this.bounds = bounds;
      if (then && bounds) then(bounds);
      this.frame.dataset.drawn = this.code;
      this.around.look();
      if (yiping.mapEarly) this.layer.afterDraw(() => yiping.mapEarly?.remove());
    }

    _fits() {
      const { top, right, bottom, left, maxZoom } = fitting(this.frame);
      return { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom], maxZoom };
    }

    // Where somebody has moved the view, as the address says it (`at`); null for the whole of the place.
    looksAt() {
      const { map, bounds } = this, zoom = map.getZoom(), { lng, lat } = map.getCenter();
      const whole = bounds && map._getBoundsCenterZoom(bounds, this._fits());
      const moved = !whole || whole.zoom !== zoom || map.project(whole.center).distanceTo(map.project([lat, lng])) > SAME_PX;
      return moved ? `${lng.toFixed(5)},${lat.toFixed(5)},${zoom.toFixed(1)}` : null;
    }

    // Who saw the whole of the place sees it in another frame too: a tablet is turned, a list grows beside the map.
    _resized() {
      const bar = this.frame.querySelector(".map-bar");
      this.map.invalidateSize({ pan: false, debounceMoveend: true });
      heights.set(bar, bar.offsetHeight);
      this.size = this.map.getSize();
      if (this.whole) this._fit(this.bounds, true);
    }

    _fit(bounds, first) {
      const options = this._fits();
      if (first || still()) this.map.fitBounds(bounds, { ...options, animate: false });
      else this.map.flyToBounds(bounds, { ...options, duration: MOVE_S });
    }

    // Back to the whole of the present area.
    home() {
      this.hand.reset();
      this._loadAreas((bounds) => this._fit(bounds, false));
    }

    // Goes to a spot once; with `alarmId` the alarm there is marked and its card opened, `leading` its building too.
    focus({ lng, lat, alarmId, leading }) {
      const zoom = Math.max(this.map.getZoom(), 17);
      if (still()) this.map.setView([lat, lng], zoom, { animate: false });
      else this.map.flyTo([lat, lng], zoom, { duration: MOVE_S });
      if (alarmId !== undefined && alarmId !== null) this.hand.showAlarm(alarmId, leading);
    }

    // A shape was chosen. The map starts for its place at once; the page follows by way of the address.
    _choose(code) {
      if (this.areas.isBuilding(code) || this.around.isBuilding(code)) return announce("yiping:building", { code });
      announce("yiping:drill", { code });
      this.lead(code);
    }

    // The page is on its way to `code`; the map does not wait for it.
    lead(code) {
      this.ahead = { code, until: performance.now() + AHEAD_MS };
      this.go(code);
    }

    // Somebody may choose `code`: its outlines are at hand, with the places of their names.
    foresee(code, young, priority) {
      return yiping.foresight.ahead(this._outlines(code), young, priority).then(yiping.mapAreas.prepare);
    }

    _outlines(code = this.code) {
      return `/api/v1/map/areas.geojson?metric=${this.metric}&area=${encodeURIComponent(code)}`;
    }

    // The page is at `code`. Panels that were on their way when the map went ahead do not call it back.
    _follow(code) {
      this.areas.select(query().get("building"));
      if (this.ahead && code !== this.ahead.code && performance.now() < this.ahead.until) return;
      this.ahead = null;
      this.go(code);
    }

    _control(e) {
      const button = e.target.closest("[data-metric],[data-layer]");
      if (!button) return;
      if (button.dataset.metric) this._setMetric(button.dataset.metric);
      else this._toggle(button.dataset.layer);
      this._paintControls();
    }

    _setMetric(metric) {
      this.metric = metric;
      remember("metric", metric, DEFAULT.metric);
      this._loadAreas();
    }

    _toggle(name) {
      const on = !this.layers.has(name);
      if (on) this.layers.add(name);
      else this.layers.delete(name);
      this.layer.shown[name] = on;
      remember("layers", LAYERS.filter((l) => this.layers.has(l)).join(","), DEFAULT.layers);
      if (name === "heat") this.heat.show(on, this.code);
      else if (name === "incidents") this.data.loadIncidents();
      else if (name === "alarms" || name === "devices") this.layer.redraw();
      else this.data.loadRows(name);
    }

    _paintControls() {
      for (const b of this.frame.querySelectorAll("[data-metric]")) b.setAttribute("aria-pressed", String(b.dataset.metric === this.metric));
      for (const b of this.frame.querySelectorAll("[data-layer]")) b.setAttribute("aria-pressed", String(this.layers.has(b.dataset.layer)));
      for (const e of this.frame.querySelectorAll("[data-of]")) e.hidden = !this.layers.has(e.dataset.of);
      this.paintLegend();
    }

    // What was hidden had no size.
    paintLegend() {
      yiping.mapShapes.paintLegend(this.frame, this.layer.stamps);
    }

    // Device points that the map holds and shows.
    count() {
      return this.layers.has("devices") && this.data.feedCode === this.code ? this.data.sets.devices.n : 0;
    }
  }

  yiping.mapView = { fitting, layers: layersAsked, asked: viewAsked };

  function start(map) {
    yiping.map?.destroy();
    yiping.map = new OverviewMap(map);
    if (!probing) return;
    const probe = (window.__yiping = window.__yiping || {});
    probe.map = map;
    probe.count = () => (yiping.map ? yiping.map.count() : 0);
  }

  // dash-leaflet keeps its map to itself; Leaflet tells of each map it makes. Both come after this file; the map is made
  // later still, from an answer of the server.
  document.addEventListener("yiping:scripts", () => {
    if (!window.L) return; // a page without Dash
    window.L.Map.addInitHook(function () {
      if (this.getContainer().id === "map") this.whenReady(() => setTimeout(() => start(this)));
    });
  });
})();
