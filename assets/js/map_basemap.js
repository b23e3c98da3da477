// The base map, where the settings choose one: grey and faint above the shading, below names and symbols. Tiles come
// from our own server. Without them the map stays as it is; a quiet note says that they are missing.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const LIBRARY = "/assets/vendor/protomaps-leaflet.js";
  const TILES = "/tiles/{z}/{x}/{y}";
  const GROUND = new Set(["earth", "landuse", "landcover"]); // would hide the shading

  function load(source) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${source} could not be loaded`));
      document.head.append(script);
    });
  }

  class BaseMap {
    constructor(L, map, frame) {
      Object.assign(this, { L, map, frame });
      const pane = map.createPane("basemap");
      pane.style.zIndex = 410;
      pane.style.pointerEvents = "none";
      this.ready = this._start().catch(() => this._failed(true));
    }

    async _start() {
      const answer = await fetch("/api/v1/map/basemap", { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      this.about = await answer.json();
      if (this.about.kind === "none") return;
      if (this.about.kind === "vector") await load(LIBRARY);
      this.frame.querySelector(".map-credit").textContent = this.about.credit;
      this.restyle();
    }

    // Draws anew: a vector map has its colours from the theme.
    restyle() {
      if (!this.about || this.about.kind === "none" || (this.layer && this.about.kind === "raster")) return;
      this.layer?.remove();
      const options = { pane: "basemap", minZoom: this.about.min_zoom, maxZoom: 20, keepBuffer: 1 };
      this.layer = this.about.kind === "raster" ? this._raster(options) : this._vector(options);
      this.layer.on("tileerror", () => this._failed(true));
      this.layer.on("tileload", () => this._failed(false));
      this.layer.addTo(this.map);
    }

    _raster(options) {
      return this.L.tileLayer(TILES, { ...options, maxNativeZoom: this.about.max_zoom });
    }

    _vector(options) {
      const flavor = document.documentElement.dataset.theme === "light" ? "white" : "black";
      const layer = window.protomapsL.leafletLayer({ ...options, url: TILES, flavor, maxDataZoom: this.about.max_zoom, attribution: "" });
      layer.paintRules = layer.paintRules.filter((rule) => !GROUND.has(rule.dataLayer));
      layer.labelRules.length = 0; // places have our names
      layer.backgroundColor = undefined;
      this.frame.classList.add("has-vector-basemap");
      return layer;
    }

    _failed(so) {
      this.frame.classList.toggle("is-without-basemap", so);
    }
  }

  yiping.mapBasemap = { BaseMap };
})();
