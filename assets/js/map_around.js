// What lies around a spot that is looked at from near, whatever area is on screen: the grids there with their names, the
// buildings with theirs. A fire seen from the whole district has its street corner then. It comes when the map rests,
// moves with it, and never moves the map itself.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const FROM_ZOOM = 16.4; // some 600 m to each side
  const NAMES_ZOOM = 16.9;
  const PADDING = 0.4; // of the view, on each side: a small step to the side asks for nothing new
  const REST_MS = 150;
  const WIDEST = 0.06; // degrees; the server answers no wider viewport, and a wall shows the middle of one
  const MAX_NAMED = 120; // houses, the nearest first

  // A house block on a canvas: hundreds of them cost a pan nothing there.
  function block(L) {
    return L.CircleMarker.extend({
      _updatePath() {
        const { _ctx: pen, _drawing: drawing } = this._renderer;
        if (!drawing || this._empty()) return;
        const { x, y } = this._point, w = Math.round(this._radius * 1.2), h = Math.round(this._radius * 0.8);
        pen.beginPath();
        pen.rect(x - w, y - h, 2 * w, 2 * h);
        this._renderer._fillStroke(pen, this);
      },
    });
  }

  // Nobody moves a wall's map by hand: what would lie half under something, or half outside, is not written there.
  const still = () => document.documentElement.classList.contains("wall");

  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const outline = () => ({ color: ink("--line-strong"), weight: 1.5, fill: false });
  const house = () => ({ color: ink("--data-1"), fillColor: ink("--data-2"), fillOpacity: 1, weight: 1.5 });

  // The middle of `box`, where it is wider than the server answers.
  function narrowed(box) {
    const { lat, lng } = box.getCenter(), half = (from, to) => Math.min((to - from) / 2, WIDEST / 2 - 1e-5);
    const x = half(box.getWest(), box.getEast()), y = half(box.getSouth(), box.getNorth());
    return window.L.latLngBounds([lat - y, lng - x], [lat + y, lng + x]);
  }

  class Around {
    // `areas` are the shapes of the place on screen: what they draw is not drawn twice. `pens` has the canvas and writes
    // the names. `from`, `names`: the zooms at which it begins, and at which houses have names.
    constructor(L, map, areas, pens, { from = FROM_ZOOM, names = NAMES_ZOOM } = {}) {
      Object.assign(this, { L, map, areas, pens, from });
      this.namesFrom = names;
      this.unnamed = null; // the house that somebody else names
      this.Block = block(L);
      this.group = L.layerGroup();
      this.outlines = [];
      this.houses = new Map(); // code → its footprint
      this.names = []; // each with the footprint it belongs to, if any
      this.obstacles = [];
      this.labels = []; // of areas
      this.box = null; // what has been fetched covers this
      map.on("moveend", () => this.look());
      map.on("resize", () => this.declutter());
    }

    destroy() {
      clearTimeout(this.resting);
      this.abort?.abort();
    }

    // The map rests, or shows another place.
    look() {
      clearTimeout(this.resting);
      if (this.of !== this.areas.first()) this.box = null; // another place draws other shapes itself
      this.of = this.areas.first();
      const close = this.map.getZoom() >= this.from, frame = this.map.getContainer().closest(".map-frame");
      if (close !== frame.classList.contains("is-near")) {
        frame.classList.toggle("is-near", close);
        yiping.map?.paintLegend();
      }
      if (close && !this.areas.isLeaf()) {
        const away = !this.map.hasLayer(this.group);
        if (away) this.group.addTo(this.map);
        if (!this.box || !this.box.contains(this.map.getBounds())) this.resting = setTimeout(() => this._load(), REST_MS);
        if (away || still() || this.zoom !== this.map.getZoom()) this.declutter(); // a pan takes everything along
      } else this.group.remove();
      this.pens.settle();
    }

    async _load() {
      if (this.map.getZoom() < this.from) return; // it has flown away meanwhile; where it comes to rest it looks again
      this.abort?.abort();
      this.abort = new AbortController();
      const box = narrowed(this.map.getBounds().pad(PADDING));
      const asked = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((v) => v.toFixed(5)).join(",");
      try {
        const answer = await fetch(`/api/v1/map/around.geojson?bbox=${asked}`, { credentials: "same-origin", signal: this.abort.signal });
        if (!answer.ok) return; // too far away, or not ours to see: the picture stays as it is
        this._show(await answer.json());
        this.box = box;
      } catch {
        // the next rest of the map asks again
      }
    }

    _show({ features }) {
      const { L } = this, rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      this.group.clearLayers();
      this.houses.clear();
      this.names.length = this.outlines.length = 0;
      for (const feature of features) {
        const p = feature.properties;
        if (this.areas.has(p.code)) continue;
        if (p.role === "building") this._house(feature, 0.5 * rem);
        else {
          const shape = L.geoJSON(feature, { renderer: this.pens.renderer, interactive: false, style: outline() });
          this.outlines.push(shape.addTo(this.group));
          this._label(yiping.mapGeometry.anchor(feature.geometry), yiping.mapAreas.nameOf(p), { bold: true, quiet: true });
        }
      }
      for (const { label } of this.names) label.addTo(this.group); // on top of the houses
      this.declutter();
      this.pens.settle();
    }

    _house({ properties: p, geometry }, radius) {
      const [lng, lat] = geometry.coordinates;
      const layer = new this.Block([lat, lng], { renderer: this.pens.renderer, radius, interactive: false, ...house() });
      this.houses.set(p.code, layer.addTo(this.group));
      if (this.houses.size <= MAX_NAMED) this._label([lng, lat], p.name, { quiet: true }, layer);
    }

    _label([lng, lat], name, kind, house = null) {
      this.names.push({ name, label: this.pens.make([lat, lng], name, kind), house });
    }

    // Another theme has other inks.
    restyle() {
      for (const shape of this.outlines) shape.setStyle(outline());
      for (const layer of this.houses.values()) layer.setStyle(house());
    }

    // Symbols or names of areas have moved: names keep clear of them.
    avoid(obstacles, labels = this.labels) {
      Object.assign(this, { obstacles, labels });
      this.declutter();
    }

    declutter() {
      if (!this.map.hasLayer(this.group)) return;
      this.zoom = this.map.getZoom();
      const named = this.map.getZoom() >= this.namesFrom;
      const boxes = this.names.map((one) => this._nameBox(one, named));
      const houses = [...this.houses.values()].map((house) => this._houseBox(house));
      const found = yiping.mapGeometry.declutter(boxes, [...this.obstacles, ...this.labels, ...houses, ...(still() ? this._covered() : [])]);
      this.names.forEach(({ label }, i) => label.place(found[i]));
    }

    // What lies on the map, and what is not seen of it.
    _covered() {
      const frame = this.map.getContainer().closest(".map-frame");
      const { whole, taken } = yiping.mapAreas.ground(frame, this.map.containerPointToLayerPoint([0, 0]));
      return [...taken, ...yiping.mapGeometry.outside(whole)];
    }

    _houseBox(house) {
      const at = this.map.latLngToLayerPoint(house.getLatLng()), r = house.getRadius();
      return { x: at.x, y: at.y, w: r * 2.4, h: r * 1.6 };
    }

    // A building's name stands below its footprint, else above it.
    _nameBox({ name, label, house }, named) {
      const { w, h } = label.box(), at = this.map.latLngToLayerPoint(label.getLatLng());
      if (!house) return { x: at.x, y: at.y, w, h, room: 2000 };
      const gap = house.getRadius() * 0.8 + h / 2 + 2;
      return { x: at.x, y: at.y, w, h, offsets: [[0, gap], [0, -gap]], room: named && name !== this.unnamed ? 1000 : 0 };
    }

    // The building within `reach` pixels of a layer point, if any.
    buildingNear(at, reach) {
      if (!this.map.hasLayer(this.group)) return null;
      let best = null, nearest = reach;
      for (const [code, house] of this.houses) {
        const d = this.map.latLngToLayerPoint(house.getLatLng()).distanceTo(at);
        if (d < nearest) [best, nearest] = [code, d];
      }
      return best;
    }

    isBuilding(code) {
      return this.houses.has(code);
    }
  }

  yiping.mapAround = { Around };
})();
