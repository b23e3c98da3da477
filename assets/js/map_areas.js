// The choropleth: outlines of an area's children with names and values. Layers are built once an area; a new metric
// or new values only change classes and texts, so nothing flickers and the view stays. Colours live in the style sheet.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const number = (value) => (value === null || value === undefined ? "—" : Math.round(value).toLocaleString("en-US"));

  function nameOf(p) {
    if (document.body.dataset.lang === "en") return p.name_en || p.name;
    return p.name.length > 3 ? p.name.replace(/(街道|社区)$/, "") : p.name;
  }

  class Areas {
    // act(code) is called when a shape is chosen by keyboard, labelled(boxes) when labels have moved.
    constructor(L, map, act, labelled) {
      this.labelled = labelled;
      this.L = L;
      this.map = map;
      this.act = act;
      this.byCode = new Map();
      this.renderer = L.svg({ padding: 0.4, pane: "overlayPane" });
      this.group = L.layerGroup().addTo(map);
      const pane = map.createPane("area-labels");
      pane.style.zIndex = 455; // above quiet points, below alarms
      pane.style.pointerEvents = "none";
      map.on("zoomend resize", () => this._declutter());
    }

    // Shows `collection` (of /api/v1/map/areas.geojson). Returns the bounds of the area itself.
    show(collection) {
      const outline = collection.features.find((f) => f.properties.role === "outline");
      const children = collection.features.filter((f) => f.properties.role !== "outline" && f.geometry);
      const same = children.length === this.byCode.size && children.every((f) => this.byCode.has(f.properties.code));
      if (same && children.length) for (const f of children) this._restyle(f);
      else this._build(outline, children);
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
      for (const feature of children) {
        const p = feature.properties, point = feature.geometry.type === "Point";
        const layer = L.geoJSON(feature, {
          renderer: this.renderer,
          style: point ? undefined : { className: this._class(p), weight: 2.5 },
          pointToLayer: (_, at) => L.circleMarker(at, { renderer: this.renderer, radius: 6, className: "map-building", weight: 1.5 }),
        }).getLayers()[0];
        layer.feature = feature;
        layer.addTo(this.group);
        const [lng, lat] = yiping.mapGeometry.anchor(feature.geometry);
        const label = L.marker([lat, lng], {
          icon: L.divIcon({ className: "map-label", html: this._text(p, point), iconSize: null }),
          pane: "area-labels", interactive: false, keyboard: false,
        }).addTo(this.group);
        this.byCode.set(p.code, { layer, label, point, class: p.class });
        this._accessible(layer, p);
      }
      if (outline && outline.geometry && outline.geometry.type !== "Point") {
        L.geoJSON(outline, {
          renderer: this.renderer, interactive: false, style: { className: "map-outline", fill: false, weight: 2 },
        }).addTo(this.group);
      }
      this._declutter();
    }

    _restyle(feature) {
      const p = feature.properties, known = this.byCode.get(p.code), path = known.layer.getElement();
      known.layer.feature = feature;
      if (path && !known.point && known.class !== p.class) {
        path.classList.replace(`choro-${known.class ?? 0}`, `choro-${p.class ?? 0}`);
        known.class = p.class;
      }
      if (path) path.setAttribute("aria-label", this._said(p));
      const text = known.label.getElement();
      if (text) text.innerHTML = this._text(p, known.point);
    }

    _class(p) {
      return `map-area choro-${p.class ?? 0}`;
    }

    _text(p, point) {
      const safe = (s) => String(s).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
      return point ? `<b>${safe(nameOf(p))}</b>` : `<b>${safe(nameOf(p))}</b><span>${number(p.value)}</span>`;
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
      path.addEventListener("focus", () => layer.bringToFront()); // its edge would lie under the neighbours'
      layer.on("mouseover", () => layer.bringToFront());
      path.addEventListener("keydown", (e) => {
        if (e.key !== "Enter" && e.key !== " ") return;
        e.preventDefault();
        this.act(p.code);
      });
    }

    _declutter() {
      const all = [...this.byCode.values()], map = this.map;
      const boxes = all.map(({ layer, label, point }) => {
        const element = label.getElement(), at = map.latLngToLayerPoint(label.getLatLng());
        const b = point ? null : layer.getBounds();
        const room = b
          ? map.latLngToLayerPoint(b.getNorthEast()).x - map.latLngToLayerPoint(b.getSouthWest()).x
          : map.getZoom() >= 17 ? 1000 : 0;
        return { x: at.x, y: at.y, w: element ? element.offsetWidth + 6 : 0, h: element ? element.offsetHeight : 0, room };
      });
      const shown = yiping.mapGeometry.declutter(boxes);
      all.forEach(({ label }, i) => label.getElement()?.classList.toggle("is-hidden", !shown[i]));
      this.labelled(boxes.filter((_, i) => shown[i]));
    }

    // Whether `code` is one of the buildings shown.
    isBuilding(code) {
      return this.byCode.get(code)?.layer.feature.properties.role === "building";
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

  yiping.mapAreas = { Areas };
})();
