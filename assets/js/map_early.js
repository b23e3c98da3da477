// The first picture of the map: outlines, names and alarms of the place, drawn as soon as they are here, where Leaflet
// will draw the same. It stands until Leaflet, which comes with Dash's scripts, has drawn. Nothing in it can be clicked.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const SVG = "http://www.w3.org/2000/svg";
  const WORLD = 256; // pixels of the world at zoom 0

  class EarlyMap {
    constructor(frame) {
      this.frame = frame;
      this.box = document.createElement("div");
      this.box.className = "map-early";
      this.box.setAttribute("aria-hidden", "true"); // the real one is read
      frame.append(this.box);
      this.undo = [];
      this.stamps = new yiping.mapShapes.Stamps(document.documentElement, window.devicePixelRatio || 1);
      yiping.mapShapes.paintLegend(frame, this.stamps);
      const ahead = document.querySelector('link[rel="preload"][as="fetch"]');
      fetch(ahead.href, { credentials: "same-origin" }).then((answer) => answer.json()).then(
        (found) => this._ground(found),
        () => this.remove() // the map itself asks again, and says so when it fails
      );
      const leave = () => this.remove();
      document.addEventListener("yiping:area", leave); // another place before the map was there
      this.undo.push(() => document.removeEventListener("yiping:area", leave), yiping.live.subscribe((state) => this._alarms(state)));
    }

    // The frame that React built is there: the picture stands in it as it stood.
    moveTo(frame) {
      this.frame = frame;
      frame.append(this.box);
    }

    remove() {
      this.box.remove();
      for (const undo of this.undo.splice(0)) undo();
      yiping.mapEarly = null;
      yiping.startDash();
    }

    // Where the view will be: the same box and padding as the map's first fit, or what the address asks for.
    _place(features) {
      const { worldX, worldY } = yiping.mapPoints, at = yiping.mapView.asked();
      this.size = { w: this.box.clientWidth, h: this.box.clientHeight };
      if (at) {
        const scale = WORLD * 2 ** at.zoom, { w, h } = this.size;
        this.view = { scale, x: Math.round(worldX(at.lng) * scale - w / 2), y: Math.round(worldY(at.lat) * scale - h / 2) };
        return;
      }
      const all = features.flatMap((f) => yiping.mapGeometry.rings(f.geometry)), [west, south, east, north] = yiping.mapGeometry.extent(all);
      const box = { x0: worldX(west), y0: worldY(north), x1: worldX(east), y1: worldY(south) };
      this.view = yiping.mapGeometry.fit(box, this.size, yiping.mapView.fitting(this.frame), WORLD);
    }

    _at(lng, lat) {
      const { worldX, worldY } = yiping.mapPoints, { scale, x, y } = this.view;
      return [Math.round(worldX(lng) * scale - x), Math.round(worldY(lat) * scale - y)];
    }

    _ground({ features }) {
      if (!this.box.isConnected) return;
      const outline = features.find((f) => f.properties.role === "outline" && f.geometry?.type !== "Point");
      const children = features.filter((f) => f.properties.role !== "outline" && yiping.mapGeometry.rings(f.geometry).length);
      if (!outline && !children.length) return this.remove();
      this._place(outline ? [outline] : children);
      const svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("class", "map-early-ground");
      for (const f of children) svg.append(this._path(f.geometry, `map-area choro-${f.properties.class ?? 0}`, 2.5));
      if (outline) svg.append(this._path(outline.geometry, children.length ? "map-outline" : "map-outline is-filled", 2));
      this.box.prepend(svg);
      this._names(children);
      this._alarms(yiping.live.state());
    }

    _path(geometry, className, width) {
      const path = document.createElementNS(SVG, "path"), rings = yiping.mapGeometry.rings(geometry);
      path.setAttribute("class", className);
      path.setAttribute("stroke-width", width);
      path.setAttribute("d", rings.map((ring) => `M${ring.map(([lng, lat]) => this._at(lng, lat).join(" ")).join("L")}z`).join(""));
      return path;
    }

    _names(children) {
      const { anchor, extent, inside, rings } = yiping.mapGeometry, names = document.createElement("div");
      this.labels = children.map(({ geometry, properties }) => {
        const label = document.createElement("div"), [x, y] = this._at(...anchor(geometry)), all = rings(geometry);
        const [west, , east] = extent(all), drawn = all.map((ring) => ring.map((point) => this._at(...point)));
        label.className = "map-label leaflet-marker-icon";
        label.innerHTML = yiping.mapAreas.text(properties);
        label.style.cssText = `position: absolute; left: ${x}px; top: ${y}px`;
        names.append(label);
        return { label, x, y, room: this._at(east, 0)[0] - this._at(west, 0)[0], fits: (ax, ay) => inside(ax, ay, drawn) };
      });
      this.box.append(names);
      for (const one of this.labels) Object.assign(one, { w: one.label.offsetWidth + 6, h: one.label.offsetHeight });
      this._settle([]);
    }

    _settle(obstacles) {
      const others = (x, y) => this.labels.some(({ fits }) => fits(x, y));
      const around = () => yiping.mapAreas.ground(this.frame, { x: 0, y: 0 }, others);
      yiping.mapGeometry.declutter(this.labels, obstacles, around).forEach((moved, i) => {
        yiping.mapAreas.place(this.labels[i].label, this.labels[i], moved);
      });
    }

    // The layer's own strokes on a canvas of the view's size.
    _alarms(state) {
      if (!state || !this.view || !this.box.isConnected) return;
      if (!this.painter) this.painter = this._painter();
      this.painter.alarms = yiping.mapAlarms.group(yiping.mapData.drawnAlarms(state));
      this.painter._drawAlarms();
      this._settle(this.painter._obstacles);
      requestAnimationFrame(() => setTimeout(yiping.startDash)); // behind the paint
    }

    _painter() {
      const canvas = document.createElement("canvas"), { w, h } = this.size, { ratio } = this.stamps;
      const pulses = document.createElement("div"), pen = canvas.getContext("2d");
      canvas.className = "map-canvas";
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
      canvas.style.cssText = `width: ${w}px; height: ${h}px`;
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.box.append(canvas, pulses);
      return {
        ...yiping.mapPaint, ...yiping.mapAlarms.paint,
        sets: { devices: new yiping.mapPoints.PointSet() }, shown: { alarms: yiping.mapView.layers().has("alarms") },
        stamps: this.stamps, _bounds: { min: { x: 0, y: 0 }, getSize: () => ({ x: w, y: h }) }, _origin: this.view, _scale: this.view.scale,
        _canvas: { alarms: canvas }, _pen: { alarms: pen }, _boxes: [null, pulses], _pulses: [], _marks: [], _obstacles: [],
      };
    }
  }

  // After the whole bundle: the shapes and the live client are files of it.
  const frame = document.querySelector("#first-paint .map-frame");
  if (frame) queueMicrotask(() => (yiping.mapEarly = new EarlyMap(frame)));
})();
