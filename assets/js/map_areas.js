// The choropleth: outlines of an area's children with names and values. Layers are built once an area; a new metric
// or new values only change classes and texts, so nothing flickers and the view stays. Colours live in the style sheet.
// Of a grid its buildings are drawn as footprints with their names below.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const NAMES_ZOOM = 17; // from here on every building has its name
  const FEW_BUILDINGS = 40; // where they have room they have it at any zoom
  const FURNITURE = ".map-chips, .map-legend-shapes, .map-legend-choro, .map-place, .search, .map-card"; // what lies on the map
  const EDGE = 8; // px
  const number = (value) => (value === null || value === undefined ? "—" : yiping.display.figure(Math.round(value)));

  function nameOf(p) {
    if (document.body.dataset.lang === "en") return p.name_en || p.name;
    return p.name.length > 3 ? p.name.replace(/(街道|社区)$/, "") : p.name;
  }

  const escaped = (name) => name.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

  // The label of a shape as HTML: name and value.
  const text = (p) => `<b>${escaped(nameOf(p))}</b><span>${number(p.value)}</span>`;

  // Where a name stands is searched for once a shape.
  const anchorOf = (feature) => (feature.anchor ??= yiping.mapGeometry.anchor(feature.geometry));

  // Outlines that may be shown soon; returns them.
  function prepare(collection) {
    for (const f of collection.features) if (f.properties.role !== "outline" && f.geometry) anchorOf(f);
    return collection;
  }

  // Where names may stand beside their shapes: in the frame, clear of what lies on the map. `corner` is the point of the
  // frame's corner; `others(x, y)` says whether one of the shapes is there.
  function ground(frame, corner, others) {
    const own = frame.getBoundingClientRect();
    const box = (left, top, right, bottom) => ({
      x: corner.x + (left + right) / 2 - own.left, y: corner.y + (top + bottom) / 2 - own.top, w: right - left, h: bottom - top,
    });
    const taken = [];
    for (const element of frame.closest(".panel-map").querySelectorAll(FURNITURE)) {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      if (right > left) taken.push(box(left, top, right, bottom + (element.matches(".search") ? 3 * (bottom - top) : 0))); // + and − below
    }
    return { whole: box(own.left + EDGE, own.top + EDGE, own.right - EDGE, own.bottom - EDGE), taken, others };
  }

  // Puts a label where `moved` says (null: nowhere; third: its name alone), with a line to its shape where it stands
  // beside it. `box` is its box.
  function place(element, box, moved) {
    element.classList.toggle("is-hidden", !moved);
    if (!moved) return;
    const lean = Boolean(moved[2]), shift = moved.slice(0, 2).map((d) => `${Math.round(d)}px`), now = `${shift}${lean}`;
    if (element.dataset.moved === now) return;
    element.dataset.moved = now;
    element.classList.toggle("is-lean", lean);
    const line = yiping.mapGeometry.leader(lean ? { ...box, h: box.h / 2 } : box, moved);
    element.classList.toggle("is-led", Boolean(line));
    const styles = { dx: shift[0], dy: shift[1] };
    if (line) Object.assign(styles, { lead: `${Math.round(line.length)}px`, clear: `${Math.round(line.clear)}px`, turn: `${line.turn.toFixed(1)}deg` });
    for (const [name, value] of Object.entries(styles)) element.style.setProperty(`--${name}`, value);
  }

  // A renderer whose picture stays as long as it covers the view: a pan takes it along and draws nothing.
  function resting(L, Renderer, options) {
    const Resting = Renderer.extend({
      _update() {
        const map = this._map, corner = map.containerPointToLayerPoint([0, 0]), size = map.getSize();
        const origin = map.getPixelOrigin(), same = this._origin && this._origin.equals(origin) && this._zoom === map.getZoom();
        if (same && this._bounds && this._bounds.contains(L.bounds(corner, corner.add(size)))) return;
        this._origin = origin;
        Renderer.prototype._update.call(this);
      },
    });
    return new Resting(options);
  }

  // A building: Leaflet's circle marker with the outline of a house block.
  function footprint(L) {
    return L.CircleMarker.extend({
      _updatePath() {
        const { x, y } = this._point, w = Math.round(this._radius * 1.2), h = Math.round(this._radius * 0.8);
        this._renderer._setPath(this, `M${x - w} ${y - h}h${2 * w}v${2 * h}h${-2 * w}z`);
      },
    });
  }

  class Areas {
    // `names` writes those of buildings. act(code) is called when a shape is chosen by keyboard, labelled(boxes) when
    // labels have moved.
    constructor(L, map, names, act, labelled) {
      this.names = names;
      this.labelled = labelled;
      this.L = L;
      this.map = map;
      this.act = act;
      this.Footprint = footprint(L);
      this.byCode = new Map();
      this.obstacles = []; // symbols that labels keep clear of, in layer pixels
      this.renderer = resting(L, L.SVG, { padding: 0.4, pane: "overlayPane" });
      this.group = L.layerGroup().addTo(map);
      const pane = map.createPane("area-labels");
      pane.style.zIndex = 455; // above quiet points, below alarms
      pane.style.pointerEvents = "none";
      map.on("zoomend", () => this._declutter());
      map.on("resize", () => this._measureAgain());
    }

    // Shows `collection` (of /api/v1/map/areas.geojson). Returns the bounds of the area itself.
    show(collection) {
      const outline = collection.features.find((f) => f.properties.role === "outline");
      const children = collection.features.filter((f) => f.properties.role !== "outline" && f.geometry);
      const same = children.length === this.byCode.size && children.every((f) => this.byCode.has(f.properties.code));
      if (same && children.length) {
        for (const f of children) this._restyle(f);
        this._declutter();
      } else this._build(outline, children);
      this.features = children;
      this.schematic = collection.features.some((f) => f.properties.schematic);
      // An area that has no outline yet is as large as what lies in it.
      const of = outline && outline.geometry && (outline.geometry.type !== "Point" || !children.length) ? [outline] : children;
      return of.length ? this.L.geoJSON({ type: "FeatureCollection", features: of }).getBounds() : null;
    }

    _build(outline, children) {
      const L = this.L;
      this.group.clearLayers();
      this.byCode.clear();
      const filled = !children.some((f) => f.geometry.type !== "Point"); // nothing else shows what the place is
      if (filled) this._outline(outline, "map-outline is-filled");
      const points = children.some((f) => f.geometry.type === "Point"); // asking for a style costs one of the whole page
      const radius = points ? 0.5 * parseFloat(getComputedStyle(document.documentElement).fontSize) : 0;
      for (const feature of children) {
        const p = feature.properties, point = feature.geometry.type === "Point";
        const layer = L.geoJSON(feature, {
          renderer: this.renderer,
          style: point ? undefined : { className: this._class(p), weight: 2.5 },
          pointToLayer: (_, at) => new this.Footprint(at, { renderer: this.renderer, radius, className: "map-building", weight: 1.5 }),
        }).getLayers()[0];
        layer.feature = feature;
        layer.addTo(this.group);
        const [lng, lat] = anchorOf(feature);
        const label = (point ? this.names.make([lat, lng], nameOf(p), {}) : this._label([lat, lng], p)).addTo(this.group);
        const rings = yiping.mapGeometry.rings(feature.geometry);
        this.byCode.set(p.code, { layer, label, point, class: p.class, rings, extent: yiping.mapGeometry.extent(rings) });
        this._accessible(layer, p);
      }
      if (!filled) this._outline(outline, "map-outline");
      this.names.settle();
      this.select(this.selected);
      this._declutter();
    }

    _label(at, p) {
      const icon = this.L.divIcon({ className: "map-label", html: text(p), iconSize: null });
      return this.L.marker(at, { icon, pane: "area-labels", interactive: false, keyboard: false });
    }

    _outline(feature, className) {
      if (!feature || !feature.geometry || feature.geometry.type === "Point") return;
      this.L.geoJSON(feature, { renderer: this.renderer, interactive: false, style: { className, weight: 2 } }).addTo(this.group);
    }

    _restyle(feature) {
      const p = feature.properties, known = this.byCode.get(p.code), path = known.layer.getElement();
      known.layer.feature = feature;
      if (path && !known.point && known.class !== p.class) {
        path.classList.replace(`choro-${known.class ?? 0}`, `choro-${p.class ?? 0}`);
        known.class = p.class;
      }
      if (path) path.setAttribute("aria-label", this._said(p));
      if (known.point) return;
      const label = known.label.getElement();
      if (label) label.innerHTML = text(p);
      known.size = null;
    }

    _class(p) {
      return `map-area choro-${p.class ?? 0}`;
    }

    _said(p) {
      return p.value === undefined ? nameOf(p) : `${nameOf(p)} ${number(p.value)}`;
    }

    _accessible(layer, p) {
      const path = layer.getElement();
      if (!path) return;
      path.setAttribute("tabindex", "0");
      path.setAttribute("role", "button");
      path.setAttribute("aria-label", this._said(p));
      path.dataset.code = p.code;
      layer.on("mouseover", () => layer.bringToFront());
      path.addEventListener("keydown", (e) => {
        if (e.key !== "Enter" && e.key !== " ") return;
        e.preventDefault();
        this.act(p.code);
      });
    }

    // Symbols have moved: names keep clear of them.
    avoid(obstacles) {
      this.obstacles = obstacles;
      this._declutter();
    }

    _declutter() {
      const all = [...this.byCode.values()], houses = all.filter((one) => one.point).map((one) => this._house(one));
      const boxes = all.map((one) => (one.point ? this._nameBox(one) : this._areaBox(one)));
      const frame = this.map.getContainer().closest(".map-frame");
      const others = (x, y) => this._any(all, x, y);
      const around = () => ground(frame, this.map.containerPointToLayerPoint([0, 0]), others);
      const found = yiping.mapGeometry.declutter(boxes, [...this.obstacles, ...houses], around);
      all.forEach(({ label, point }, i) => {
        if (point) return label.place(found[i]);
        const element = label.getElement();
        if (element) place(element, boxes[i], found[i]);
      });
      this.labelled(boxes.map((b, i) => found[i] && { ...b, x: b.x + found[i][0], y: b.y + found[i][1], h: found[i][2] ? b.h / 2 : b.h }).filter(Boolean));
    }

    // Sizes are measured once a text: reading them makes the browser lay out the page.
    _labelBox(one) {
      const at = this.map.latLngToLayerPoint(one.label.getLatLng());
      if (one.point) return { x: at.x, y: at.y, ...one.label.box() };
      const element = one.label.getElement();
      if (!one.size || !one.size.w) one.size = { w: element ? element.offsetWidth + 6 : 0, h: element ? element.offsetHeight : 0 };
      return { x: at.x, y: at.y, ...one.size };
    }

    _measureAgain() {
      for (const one of this.byCode.values()) one.size = null;
      this._declutter();
    }

    _areaBox(one) {
      const b = one.layer.getBounds(), map = this.map;
      const room = map.latLngToLayerPoint(b.getNorthEast()).x - map.latLngToLayerPoint(b.getSouthWest()).x;
      return { ...this._labelBox(one), room, fits: (x, y) => this._any([one], x, y) };
    }

    // Whether one of these shapes is at a layer point.
    _any(shapes, x, y) {
      const { lng, lat } = this.map.layerPointToLatLng([x, y]);
      return shapes.some(({ rings, extent: [x0, y0, x1, y1] }) => {
        return lng >= x0 && lng <= x1 && lat >= y0 && lat <= y1 && yiping.mapGeometry.inside(lng, lat, rings);
      });
    }

    // A building's name stands below its footprint, else above or beside it.
    _nameBox(one) {
      const box = this._labelBox(one), r = one.layer.getRadius(), gap = r * 0.8 + box.h / 2 + 2, aside = r * 1.2 + box.w / 2 + 2;
      const offsets = [[0, gap], [0, -gap], [aside, 0], [-aside, 0]];
      return { ...box, offsets, room: this.map.getZoom() >= NAMES_ZOOM || this.byCode.size <= FEW_BUILDINGS ? 1000 : 0 };
    }

    _house({ layer }) {
      const at = this.map.latLngToLayerPoint(layer.getLatLng()), r = layer.getRadius();
      return { x: at.x, y: at.y, w: r * 2.4, h: r * 1.6 };
    }

    // Outlines the building with `code` as the chosen one; null: none.
    select(code) {
      this.selected = code;
      for (const [each, { layer, point }] of this.byCode) {
        if (point) layer.getElement()?.classList.toggle("is-selected", each === code);
      }
    }

    // Outlines the two areas that are compared, the second dashed; none: null.
    compare(a, b) {
      for (const [code, { layer, point }] of this.byCode) {
        const path = layer.getElement(), found = !point && (code === a || code === b);
        path?.classList.toggle("is-compared", found);
        path?.classList.toggle("is-second", found && code === b);
        if (found) layer.bringToFront(); // or its neighbours would cover half of its outline
      }
    }

    // The building within `reach` pixels of a layer point, if any: fingers are wider than footprints.
    buildingNear(at, reach) {
      let best = null, nearest = reach;
      for (const [code, one] of this.byCode) {
        if (!one.point) continue;
        const d = this.map.latLngToLayerPoint(one.layer.getLatLng()).distanceTo(at);
        if (d < nearest) [best, nearest] = [code, d];
      }
      return best;
    }

    // Whether `code` is one of the buildings shown.
    isBuilding(code) {
      return this.byCode.get(code)?.layer.feature.properties.role === "building";
    }

    has(code) {
      return this.byCode.has(code);
    }

    // The code of one of them: other shapes, another code.
    first() {
      return this.byCode.keys().next().value;
    }

    // Whether the place on screen has nothing below it but its buildings.
    isLeaf() {
      return [...this.byCode.values()].some((one) => one.point);
    }

    // Paints the class bounds of the present metric into the legend.
    legend(root, title) {
      const box = root.querySelector(".map-legend-choro");
      if (!box || !this.features) return;
      const polygons = this.features.filter((f) => f.geometry.type !== "Point" && f.properties.value !== undefined);
      box.querySelector(".map-legend-note").hidden = !this.schematic;
      box.classList.toggle("is-plain", !polygons.length);
      box.querySelector(".map-legend-title").textContent = title;
      const low = yiping.mapGeometry.breaks(polygons);
      box.querySelectorAll(".map-legend-bound").forEach((e, i) => (e.textContent = low[i] === null ? "" : number(low[i])));
    }
  }

  yiping.mapAreas = { Areas, escaped, ground, nameOf, place, prepare, resting, text };
})();
