// Names of houses, and of the grids around a spot, drawn on the canvas of what lies there: as elements a hundred of them
// are a hundred layers of the page, which cost every frame of a pan. Who makes them says where they stand.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const PADDING = 0.4; // of the view, on each side: a small step to the side draws nothing
  const HALO = 0.25; // of the size of the text
  const LINE = 1.25;
  const Z = 420; // above the choropleth, below points and the names of areas

  // How names look in this theme and on this surface.
  function look(container) {
    const style = getComputedStyle(container), read = (name) => style.getPropertyValue(name).trim();
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const size = (parseFloat(read("--map-name") || read("--map-label")) || 0.75) * rem;
    return { size, font: `${size}px ${read("--font") || "sans-serif"}`, halo: read("--map-bg"), plain: read("--text-1"), quiet: read("--text-2") };
  }

  // Leaflet's circle marker as a text: the renderer asks for its box and its strokes.
  function define(L, names) {
    return L.CircleMarker.extend({
      options: { radius: 1, interactive: false },

      // `kind`: { bold, quiet }.
      initialize(at, text, kind) {
        L.CircleMarker.prototype.initialize.call(this, at, { renderer: names.renderer });
        Object.assign(this, { text, kind, moved: null });
      },

      // Width and height of the text, measured once a look.
      box() {
        if (this.look === names.look) return this.size;
        this.look = names.look;
        names.pen.font = this._font();
        this.size = { w: names.pen.measureText(this.text).width + names.look.size / 2, h: names.look.size * LINE };
        return this.size;
      },

      // Stands [dx, dy] beside its spot from now on; null: nowhere.
      place(moved) {
        if (String(moved) === String(this.moved)) return;
        this.moved = moved;
        this.redraw(); // what it leaves, too
      },

      _font() {
        return `${this.kind.bold ? 700 : 400} ${names.look.font}`;
      },

      _updateBounds() {
        const { w, h } = this.box(), [dx, dy] = this.moved || [0, 0], { x, y } = this._point;
        this._pxBounds = L.bounds([x + dx - w / 2, y + dy - h / 2], [x + dx + w / 2, y + dy + h / 2]);
      },

      _updatePath() {
        if (!this._renderer._drawing || !this.moved) return;
        const pen = this._renderer._ctx, { look: l } = names, x = Math.round(this._point.x + this.moved[0]), y = Math.round(this._point.y + this.moved[1]);
        pen.font = this._font();
        pen.textAlign = "center";
        pen.textBaseline = "middle";
        pen.lineJoin = "round";
        pen.lineWidth = l.size * HALO;
        pen.strokeStyle = l.halo;
        pen.strokeText(this.text, x, y);
        pen.fillStyle = this.kind.quiet ? l.quiet : l.plain;
        pen.fillText(this.text, x, y);
      },
    });
  }

  class Names {
    constructor(L, map) {
      this.map = map;
      const pane = (this.pane = map.createPane("around"));
      pane.style.zIndex = Z;
      pane.style.pointerEvents = "none"; // houses are found by their place: see buildingNear
      this.renderer = yiping.mapAreas.resting(L, L.Canvas, { padding: PADDING, pane: "around" });
      this.pen = document.createElement("canvas").getContext("2d");
      this.look = look(map.getContainer());
      this.Name = define(L, this);
      map.on("resize", () => this.restyle()); // the root size follows the window
    }

    make(at, text, kind) {
      return new this.Name(at, text, kind);
    }

    // Another theme or surface.
    restyle() {
      this.look = look(this.map.getContainer());
      for (const one of this._all()) one.redraw();
    }

    // The names that stand somewhere, as boxes in the map's box.
    boxes() {
      return this._all().filter((one) => one.moved).map((one) => {
        const at = this.map.latLngToContainerPoint(one.getLatLng()), { w, h } = one.box();
        return { text: one.text, x: at.x + one.moved[0], y: at.y + one.moved[1], w, h };
      });
    }

    _all() {
      return Object.values(this.renderer._layers).filter((one) => one instanceof this.Name);
    }

    // Layers came or went: an empty canvas still costs its size.
    settle() {
      this.pane.style.display = Object.keys(this.renderer._layers).length ? "" : "none";
    }
  }

  yiping.mapNames = { Names };
})();
