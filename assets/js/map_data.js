// What the map shows, and how it stays true: feeds fetched for the place, then live events on top. Draws nothing
// itself; it tells the layer what changed, and the live client which readings have been drawn.
(function () {
  "use strict";

  const root = typeof window === "undefined" ? globalThis : window; // the tests run without a page
  const yiping = (root.yiping = root.yiping || {});
  const AGAIN_MS = [1000, 3000, 10_000]; // after a feed could not be had, the first, second, and every further time
  const STALE_FEED_MS = 30_000; // an unknown device asks for the feed again, at most this often

  const ROWS = ["cameras", "resources", "workers"]; // feeds [[id, lng, lat, …], …] that live events do not touch

  async function get(url, signal) {
    const answer = await fetch(url, { signal, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer;
  }

  // Rows [[id, lng, lat, …], …] as a feed for a PointSet.
  function feedOf(rows, status) {
    const n = rows.length;
    const feed = {
      n, id: new Int32Array(n), lng: new Int32Array(n), lat: new Int32Array(n),
      version: new Uint32Array(n), kind: new Uint8Array(n), status: new Uint8Array(n),
    };
    rows.forEach((row, i) => {
      feed.id[i] = row[0];
      feed.lng[i] = Math.round(row[1] * 1e6);
      feed.lat[i] = Math.round(row[2] * 1e6);
      feed.status[i] = status(row);
    });
    return feed;
  }

  // Whether `path` lies in the place on screen: the stream of a wall on its tour brings more than that.
  const inside = (path) => path.startsWith(document.body.dataset.path || "");

  // Whether an alarm is of the whole place on screen and of no spot in it: its symbol stands in the middle, in some child.
  const ofWhole = (a) => a.building_id === null && a.area === document.body.dataset.path && Boolean(yiping.here?.children.length);

  // An alarm of the live state as the layer draws it.
  function drawn(a) {
    const { worldX, worldY } = yiping.mapPoints;
    return {
      id: a.alarm_id, x: worldX(a.lng), y: worldY(a.lat), severity: a.severity, device: a.device_id,
      building: a.building_id, place: a.place, whole: ofWhole(a),
      unacked: !a.state.endsWith("_acked"), cleared: a.state.startsWith("cleared_"), raised: Date.parse(a.raised_at),
    };
  }

  // Those of a live state that stand in the place on screen.
  function drawnAlarms(state) {
    const open = Object.values((state && state.alarms) || {});
    return open.filter((a) => a.state !== "closed" && a.lng !== null && a.lat !== null && inside(a.area)).map(drawn);
  }

  class MapData {
    // failed(what, isSo) is told when a feed could not be had, and when it is back.
    constructor({ layers, probing, failed }) {
      const { PointSet } = yiping.mapPoints;
      this.sets = {
        devices: new PointSet(), incidents: new PointSet(), resources: new PointSet(), workers: new PointSet(), cameras: new PointSet(),
      };
      this.layers = layers;
      this.probing = probing;
      this.failed = failed;
      for (const name of ROWS) this[name] = new Map(); // id → row of the feed
      this.incidents = new Map();
      this.pairs = [];
      this.missed = new Map(); // feed → how often in a row it could not be had
      this.waiting = new Map(); // feed → the timer of its next try: one, however many have failed meanwhile
      this.onAlarms = () => {};
    }

    // The canvas layer, once it is there.
    attach(layer) {
      this.layer = layer;
      layer.beforeDraw = () => this._gather();
      if (yiping.live) this.leave = yiping.live.subscribe((state, event) => this._hear(state, event));
      this.arrived = () => this._alarmsChanged();
      document.addEventListener("yiping:area", this.arrived);
    }

    destroy() {
      this.abort?.abort();
      this.code = null;
      this._forget();
      this.leave?.();
      document.removeEventListener("yiping:area", this.arrived);
    }

    // Everything of another place; what belongs to the old one is forgotten. The points come after the outlines, which
    // `outlines` fetches: they are many, and the eye needs the ground first.
    go(code, outlines) {
      this.code = code;
      this.abort?.abort();
      this.abort = new AbortController();
      this.feedEventId = null;
      this._forget();
      const { signal } = this.abort;
      outlines().then(() => setTimeout(() => signal.aborted || this._loadPoints()));
    }

    _loadPoints() {
      this.loadDevices();
      for (const name of ROWS) this.loadRows(name);
      this.loadIncidents();
    }

    // Fetches `url` and hands the answer on, unless the place has changed meanwhile; see `use`.
    fetch(what, url, read, use, again) {
      const coming = get(url, this.abort.signal).then(async (answer) => [await read(answer), answer]);
      return this.use(what, coming, ([body, answer]) => use(body, answer), again);
    }

    // Hands on what is `coming` of the present place. What cannot be had is said, and asked for by `again` until it is
    // there: nobody reloads a wall.
    async use(what, coming, use, again) {
      const { code } = this;
      try {
        const found = await coming;
        if (code !== this.code) return;
        use(found);
        this.failed(what, false);
        this.missed.delete(what);
      } catch (problem) {
        if (problem.name === "AbortError" || code !== this.code) return;
        const times = this.missed.get(what) || 0;
        this.failed(what, true);
        this.missed.set(what, times + 1);
        if (this.waiting.has(what)) return;
        this.waiting.set(what, setTimeout(() => {
          this.waiting.delete(what);
          again();
        }, AGAIN_MS[Math.min(times, AGAIN_MS.length - 1)]));
      }
    }

    // What was missing is of a place that has been left.
    _forget() {
      for (const timer of this.waiting.values()) clearTimeout(timer);
      this.waiting.clear();
      this.missed.clear();
    }

    _url(path) {
      return `${path}${path.includes("?") ? "&" : "?"}area=${encodeURIComponent(this.code)}`;
    }

    loadDevices() {
      this.feedAt = performance.now();
      this.fetch("devices", this._url("/api/v1/map/devices?packed=1"), (answer) => answer.arrayBuffer(), (body, answer) => {
        const feed = yiping.mapPoints.decode(body), same = this.feedCode === this.code;
        if (!same || !this.sets.devices.merge(feed)) this.sets.devices.load(feed);
        this.feedCode = this.code;
        this.feedEventId = answer.headers.get("X-Event-Id");
        for (const d of this.early?.values() || []) this._update(d);
        this.early = null;
        this.layer.redraw();
      }, () => this.loadDevices());
    }

    // One of ROWS, when its overlay is on. A camera without a picture is its own kind of point.
    loadRows(name) {
      this[name].clear();
      this.sets[name].load(feedOf([], () => 0));
      this.layer.redraw();
      if (!this.layers.has(name)) return;
      this.fetch(name, this._url(`/api/v1/map/${name}`), (answer) => answer.json(), (rows) => {
        for (const row of rows) this[name].set(row[0], row);
        this.sets[name].load(feedOf(rows, (row) => (name === "cameras" && !row[3] ? 1 : 0)));
        this.layer.redraw();
      }, () => this.loadRows(name));
    }

    loadIncidents() {
      this.incidents.clear();
      this.incidentsStale = true;
      this.layer.redraw();
      if (!this.layers.has("incidents")) return;
      this.fetch("incidents", this._url("/api/v1/map/incidents"), (answer) => answer.json(), (rows) => {
        for (const [id, lng, lat, stage, code, title] of rows) this.incidents.set(id, { id, lng, lat, stage, code, title });
        this.incidentsStale = true;
        this.layer.redraw();
      }, () => this.loadIncidents());
    }

    alarm(id) {
      return (this.state && this.state.alarms[id]) || null;
    }

    _hear(state, event) {
      this.state = state;
      if (event === null) this._onSnapshot(state);
      else if (event.type === "alarm.changed") this._alarmsChanged();
      else if (event.type === "incident.changed") this._onIncident(event);
      else if (event.type === "devices.changed") {
        for (const d of event.devices) {
          this._update(d);
          if (this.probing && d.ts) this.pairs.push([d.id, d.ts]);
        }
      } else if (event.type === "telemetry" && this.probing) {
        for (const [id, , ts] of event.readings) this.pairs.push([id, ts]);
      }
      if (this.pairs.length && !this.flushing) {
        this.flushing = true;
        this.layer.afterDraw(() => {
          this.flushing = false;
          yiping.live.applied(this.pairs.splice(0));
        });
      }
    }

    // A snapshot that is not of the feed's own moment: what happened to devices between the two was told to nobody.
    _onSnapshot(state) {
      this._alarmsChanged();
      if (this.code && this.feedEventId && this.feedEventId !== state.eventId) this.loadDevices();
    }

    _alarmsChanged() {
      this.alarmsStale = true;
      this.layer.redrawAlarms();
    }

    // States that come before the feed wait for it; the feed's own are then not newer than they.
    _update(d) {
      if (this.feedCode !== this.code) {
        this.early = this.early || new Map();
        const known = this.early.get(d.id);
        if (!known || known.version < d.version) this.early.set(d.id, d);
        return;
      }
      const set = this.sets.devices, i = set.at(d.id);
      if (i >= 0) {
        if (set.update(i, d.status, d.version)) this.layer.touch(set, i);
      } else if (performance.now() - this.feedAt > STALE_FEED_MS && inside(d.area)) this.loadDevices();
    }

    _onIncident(event) {
      if (!this.layers.has("incidents") || event.lng === null || event.lat === null || !inside(event.area)) return;
      if (event.stage === "closed" || event.stage === "void") this.incidents.delete(event.incident_id);
      else this.incidents.set(event.incident_id, { ...event, id: event.incident_id });
      this.incidentsStale = true;
      this.layer.redraw();
    }

    // At the start of each frame: what many events changed is gathered once.
    _gather() {
      if (this.incidentsStale) {
        this.incidentsStale = false;
        this.sets.incidents.load(feedOf([...this.incidents.values()].map((r) => [r.id, r.lng, r.lat]), () => 0));
      }
      if (!this.alarmsStale) return;
      this.alarmsStale = false;
      this.layer.alarms = yiping.mapAlarms.group(drawnAlarms(this.state));
      this.layer.alarmsWhole = !this.state || Object.keys(this.state.alarms).length >= this.state.alarmsTotal;
      this.onAlarms();
    }
  }

  yiping.mapData = { MapData, drawnAlarms };
  if (typeof module !== "undefined") module.exports = yiping.mapData;
})();
