// The heat of the map: where cases came in lately, as squares of a grid under the points. Asked for of the viewport, when
// the map has come to rest; drawn on a canvas of its own, in the ink of the theme, stronger where there were more.
(function () {
  "use strict";

  const yiping = (typeof window === "undefined" ? {} : (window.yiping = window.yiping || {}));
  const REST_MS = 250;
  const AGAIN_MS = 300_000;
  const MISSED_MS = 10_000;
  const PADDING = 0.25; // of the viewport, on each side
  const STEPS = [0.1, 0.18, 0.27, 0.37, 0.48]; // opacity

  // The lower bounds of the steps: quantiles of the counts there are, each once.
  function bounds(counts) {
    const sorted = [...counts].sort((a, b) => a - b), found = [];
    for (let k = 0; k < STEPS.length; k += 1) {
      const at = sorted[Math.floor((k * sorted.length) / STEPS.length)];
      if (at !== undefined && at !== found.at(-1)) found.push(at);
    }
    return found;
  }

  // Which of `steps` a count has, the strongest for the fullest cells however few steps there are.
  function step(n, steps) {
    let k = steps.length - 1;
    while (k > 0 && n < steps[k]) k -= 1;
    return k + STEPS.length - steps.length;
  }

  function define(L) {
    return L.Layer.extend({
      initialize(frame) {
        this.frame = frame;
        this.on_ = false;
      },

      onAdd(map) {
        const pane = map.getPane("heat") || map.createPane("heat");
        pane.style.zIndex = 440; // over the shapes, under points and names
        pane.style.pointerEvents = "none";
        this.canvas = L.DomUtil.create("canvas", "map-heat leaflet-zoom-hide", pane);
        this.canvas.setAttribute("aria-hidden", "true");
        this.pen = this.canvas.getContext("2d");
        this.timer = setInterval(() => !document.hidden && this._soon(), AGAIN_MS);
      },

      onRemove() {
        clearInterval(this.timer);
        clearTimeout(this.resting);
        this.abort?.abort();
        this.canvas.remove();
      },

      getEvents() {
        return { moveend: this._soon, resize: this._soon, zoomend: this.draw };
      },

      // Switched on or off, or of another place.
      show(on, code) {
        this.on_ = on;
        if (code !== this.code) this.found = null;
        this.code = code;
        this.canvas.style.display = on ? "" : "none";
        if (on && code) this._soon();
        else this.frame.classList.remove("is-failed-heat");
      },

      _soon() {
        clearTimeout(this.resting);
        if (!this.on_ || !this.code) return;
        this.draw();
        this.resting = setTimeout(() => this._ask(), REST_MS);
      },

      async _ask() {
        this.abort?.abort();
        this.abort = new AbortController();
        const box = this._map.getBounds().pad(PADDING), zoom = Math.floor(this._map.getZoom());
        const asked = new URLSearchParams({ area: this.code, bbox: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((v) => v.toFixed(4)), zoom });
        try {
          const answer = await fetch(`/api/v1/map/heat?${asked}`, { signal: this.abort.signal, credentials: "same-origin" });
          if (!answer.ok) throw new Error(String(answer.status));
          this.found = await answer.json();
          this.frame.classList.remove("is-failed-heat");
          this.draw();
        } catch (problem) {
          if (problem.name === "AbortError") return;
          this.frame.classList.add("is-failed-heat");
          this.resting = setTimeout(() => this._soon(), MISSED_MS);
        }
      },

      draw() {
        if (!this.on_) return;
        const ratio = window.devicePixelRatio || 1, size = this._map.getSize(), pad = size.multiplyBy(PADDING).round();
        const corner = this._map.containerPointToLayerPoint([0, 0]).subtract(pad);
        const wide = size.x + 2 * pad.x, high = size.y + 2 * pad.y;
        L.DomUtil.setPosition(this.canvas, corner);
        Object.assign(this.canvas.style, { width: `${wide}px`, height: `${high}px` });
        this.canvas.width = wide * ratio;
        this.canvas.height = high * ratio;
        const cells = this.found?.cells || [], steps = bounds(cells.map((cell) => cell[2]));
        this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
        this.pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--text-1");
        for (const [lng, lat, n] of cells) {
          const a = this._map.latLngToLayerPoint([lat + this.found.size, lng]).subtract(corner);
          const b = this._map.latLngToLayerPoint([lat, lng + this.found.size]).subtract(corner);
          this.pen.globalAlpha = STEPS[step(n, steps)];
          this.pen.fillRect(a.x, a.y, b.x - a.x - 1, b.y - a.y - 1);
        }
        this._tell(cells, steps);
      },

      // The legend: from how many cases on each step begins.
      _tell(cells, steps) {
        const legend = this.frame.querySelector(".map-heat-legend");
        if (!legend || !this.found) return;
        const first = STEPS.length - steps.length;
        legend.querySelectorAll("i").forEach((each, k) => (each.textContent = k >= first ? steps[k - first] : ""));
        legend.classList.toggle("is-empty", !cells.length);
      },
    });
  }

  yiping.mapHeat = { define, bounds, step, STEPS };
  if (typeof module !== "undefined") module.exports = yiping.mapHeat;
})();
