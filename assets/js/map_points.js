// Points by the hundred thousand in typed arrays: the binary feed, a grid index, bins, versions. No DOM, no clock.
(function () {
  "use strict";

  // Categories a point is drawn by. 0–4 are severities; the worst member names a bin.
  const NORMAL = 0, WARNING = 1, MINOR = 2, MAJOR = 3, CRITICAL = 4, OFFLINE = 5, UNSEEN = 6, CATEGORIES = 7;
  const WORST_FIRST = [CRITICAL, MAJOR, MINOR, WARNING, OFFLINE, UNSEEN, NORMAL];
  const HYDRANT = 2; // its place in DeviceKind, as the feed sends kinds
  const STATUS = { SEVERITY: 0b111, OFFLINE: 0b1000, NEVER_SEEN: 0b100000 };
  const PLAIN = 0x314d5059; // "YPM1"
  const PACKED = 0x324d5059; // "YPM2"
  const SPREAD_ZOOM = 17.5; // from here on points of one place part
  const HEADER = 16, ROW = 18; // bytes

  // Web Mercator in units of the world: x and y in [0, 1), y downwards.
  const worldX = (lng) => lng / 360 + 0.5;
  function worldY(lat) {
    const s = Math.sin((lat * Math.PI) / 180);
    return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
  }

  // What the status byte of a device looks like on the map: a standing condition says more than lost contact, except
  // for the mild one that lost contact itself raises.
  function categoryOf(status) {
    const severity = status & STATUS.SEVERITY;
    if (severity >= MINOR) return severity;
    if (status & STATUS.NEVER_SEEN) return UNSEEN;
    if (status & STATUS.OFFLINE) return OFFLINE;
    return severity;
  }

  // Decodes the feed of /api/v1/map/devices. Throws when the bytes are not such a feed.
  function decode(buffer) {
    const head = new DataView(buffer), kind = buffer.byteLength < HEADER ? 0 : head.getUint32(0, true);
    if (kind !== PLAIN && kind !== PACKED) throw new Error("not a map feed");
    const n = head.getUint32(4, true);
    if (buffer.byteLength !== HEADER + ROW * n) throw new Error("a map feed of the wrong length");
    const at = (k) => HEADER + 4 * n * k;
    const column = (k, Type) => (kind === PLAIN ? new Type(buffer, at(k), n) : unpacked(buffer, at(k), new Type(n)));
    return {
      n,
      at: head.getFloat64(8, true),
      id: column(0, Int32Array),
      lng: column(1, Int32Array),
      lat: column(2, Int32Array),
      version: column(3, Uint32Array),
      kind: new Uint8Array(buffer, at(4), n),
      status: new Uint8Array(buffer, at(4) + n, n),
    };
  }

  // Fills `column` from differences with the sign in their lowest bit: all lowest bytes first, then the next ones.
  function unpacked(buffer, at, column) {
    const n = column.length, bytes = new Uint8Array(buffer, at, 4 * n);
    for (let i = 0, value = 0; i < n; i++) {
      const zigzag = bytes[i] | (bytes[n + i] << 8) | (bytes[2 * n + i] << 16) | (bytes[3 * n + i] << 24);
      value = (value + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0;
      column[i] = value;
    }
    return column;
  }

  const grown = (array, n, Type) => (array && array.length >= n ? array : new Type(Math.ceil(n * 1.25) + 16));

  class PointSet {
    constructor() {
      this.n = 0;
      this.grid = 1;
      this.binScale = 0;
      this.box = { x: 0, y: 0, w: 1, h: 1 };
    }

    // Takes a decoded feed whole; buffers are kept from one load to the next.
    load(feed) {
      const n = (this.n = feed.n);
      for (const [name, Type] of [
        ["id", Int32Array], ["version", Uint32Array], ["kind", Uint8Array], ["status", Uint8Array],
        ["category", Uint8Array], ["x", Float64Array], ["y", Float64Array], ["rank", Uint16Array],
        ["items", Uint32Array], ["cellOf", Uint32Array],
      ]) this[name] = grown(this[name], n, Type);
      for (const name of ["id", "version", "kind", "status"]) this[name].set(feed[name]);
      for (let i = 0; i < n; i++) {
        this.x[i] = worldX(feed.lng[i] / 1e6);
        this.y[i] = worldY(feed.lat[i] / 1e6);
        this.category[i] = categoryOf(feed.status[i]);
      }
      this.binScale = 0;
      this._hash();
      this._index();
      this._rankCoincident(feed);
    }

    // Open addressing from id to position: a tenth of what a Map of 300,000 numbers takes.
    _hash() {
      let size = 16;
      while (size < this.n * 2) size *= 2;
      this.slots = this.slots && this.slots.length >= size ? this.slots : new Int32Array(size);
      this.slots.fill(-1);
      this.mask = this.slots.length - 1;
      for (let i = 0; i < this.n; i++) {
        let slot = Math.imul(this.id[i], 0x9e3779b1) & this.mask;
        while (this.slots[slot] !== -1) slot = (slot + 1) & this.mask;
        this.slots[slot] = i;
      }
    }

    // Position of the point with this id, or -1.
    at(id) {
      if (!this.n) return -1;
      let slot = Math.imul(id, 0x9e3779b1) & this.mask;
      while (this.slots[slot] !== -1) {
        if (this.id[this.slots[slot]] === id) return this.slots[slot];
        slot = (slot + 1) & this.mask;
      }
      return -1;
    }

    _index() {
      let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
      for (let i = 0; i < this.n; i++) {
        if (this.x[i] < x0) x0 = this.x[i];
        if (this.x[i] > x1) x1 = this.x[i];
        if (this.y[i] < y0) y0 = this.y[i];
        if (this.y[i] > y1) y1 = this.y[i];
      }
      if (!this.n) x0 = y0 = x1 = y1 = 0;
      this.box = { x: x0, y: y0, w: x1 - x0 || 1e-9, h: y1 - y0 || 1e-9 };
      const grid = (this.grid = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(this.n / 24)))));
      const starts = (this.starts = grown(this.starts, grid * grid + 1, Uint32Array));
      starts.fill(0);
      for (let i = 0; i < this.n; i++) {
        const cell = this._row(this.y[i]) * grid + this._column(this.x[i]);
        this.cellOf[i] = cell;
        starts[cell + 1]++;
      }
      for (let c = 0; c < grid * grid; c++) starts[c + 1] += starts[c];
      const next = (this.next = grown(this.next, grid * grid, Uint32Array));
      next.set(starts.subarray(0, grid * grid));
      for (let i = 0; i < this.n; i++) this.items[next[this.cellOf[i]]++] = i;
    }

    _column(x) {
      const c = Math.floor(((x - this.box.x) / this.box.w) * this.grid);
      return c < 0 ? 0 : c >= this.grid ? this.grid - 1 : c;
    }

    _row(y) {
      const r = Math.floor(((y - this.box.y) / this.box.h) * this.grid);
      return r < 0 ? 0 : r >= this.grid ? this.grid - 1 : r;
    }

    // How many points stand where an earlier one of the same place already does: 0 for the first, 1, 2, … for others.
    _rankCoincident(feed) {
      this.rank.fill(0, 0, this.n);
      const seen = new Map();
      for (let cell = 0; cell < this.grid * this.grid; cell++) {
        const from = this.starts[cell], to = this.starts[cell + 1];
        if (to - from < 2) continue;
        seen.clear();
        for (let k = from; k < to; k++) {
          const i = this.items[k], key = (feed.lng[i] & 0x3fffff) * 0x400000 + (feed.lat[i] & 0x3fffff);
          const rank = seen.get(key) ?? 0;
          this.rank[i] = rank;
          seen.set(key, rank + 1);
        }
      }
    }

    // Points in the index cells that a box of the world touches: an upper bound of those inside, found in O(cells).
    countNear(x0, y0, x1, y1) {
      if (!this._touches(x0, y0, x1, y1)) return 0;
      let n = 0;
      const c0 = this._column(x0), c1 = this._column(x1), r1 = this._row(y1);
      for (let r = this._row(y0); r <= r1; r++) n += this.starts[r * this.grid + c1 + 1] - this.starts[r * this.grid + c0];
      return n;
    }

    // Calls visit(i) for each point inside a box of the world.
    each(x0, y0, x1, y1, visit) {
      if (!this._touches(x0, y0, x1, y1)) return;
      const c0 = this._column(x0), c1 = this._column(x1), r1 = this._row(y1);
      for (let r = this._row(y0); r <= r1; r++) {
        const to = this.starts[r * this.grid + c1 + 1];
        for (let k = this.starts[r * this.grid + c0]; k < to; k++) {
          const i = this.items[k], x = this.x[i], y = this.y[i];
          if (x >= x0 && x <= x1 && y >= y0 && y <= y1) visit(i);
        }
      }
    }

    _touches(x0, y0, x1, y1) {
      const b = this.box;
      return this.n > 0 && x1 >= b.x && x0 <= b.x + b.w && y1 >= b.y && y0 <= b.y + b.h;
    }

    // Applies a state to point i unless it is older than what is known. Returns whether anything changed to the eye.
    update(i, status, version) {
      if (version <= this.version[i]) return false;
      this.version[i] = version;
      this.status[i] = status;
      const before = this.category[i], after = categoryOf(status);
      if (before === after) return false;
      this.category[i] = after;
      if (this.binScale) {
        const bin = this._binOf(i);
        this._tally(bin, before, i, -1);
        this._tally(bin, after, i, 1);
      }
      return true;
    }

    // Counts point i in or out of a bin; the abnormal ones also have their middle, where the bin's mark stands.
    _tally(bin, category, i, by) {
      this.binCounts[bin * CATEGORIES + category] += by;
      if (category === NORMAL) return;
      this.binSums[bin * 2] += by * (this.x[i] - this.box.x);
      this.binSums[bin * 2 + 1] += by * (this.y[i] - this.box.y);
    }

    // Takes a second feed of the same points: newer states only. Returns false when the points differ (load it then).
    merge(feed) {
      if (feed.n !== this.n) return false;
      for (let i = 0; i < this.n; i++) if (feed.id[i] !== this.id[i]) return false;
      for (let i = 0; i < this.n; i++) this.update(i, feed.status[i], feed.version[i]);
      return true;
    }

    // Gathers the points into square bins of `size` pixels at `scale` pixels a world; kept until the scale changes and
    // kept up to date by update(). Bins are fixed to the ground, so panning moves them and never reshuffles them.
    bins(scale, size) {
      if (this.binScale === scale && this.binSize === size) return;
      this.binScale = scale;
      this.binSize = size;
      const f = scale / size, b = this.box;
      this.binX = Math.floor(b.x * f);
      this.binY = Math.floor(b.y * f);
      this.binColumns = Math.floor((b.x + b.w) * f) - this.binX + 1;
      this.binRows = Math.floor((b.y + b.h) * f) - this.binY + 1;
      const cells = this.binColumns * this.binRows;
      this.binCounts = grown(this.binCounts, cells * CATEGORIES, Uint32Array);
      this.binSums = grown(this.binSums, cells * 2, Float64Array);
      this.binCounts.fill(0, 0, cells * CATEGORIES);
      this.binSums.fill(0, 0, cells * 2);
      for (let i = 0; i < this.n; i++) this._tally(this._binOf(i), this.category[i], i, 1);
    }

    _binOf(i) {
      const f = this.binScale / this.binSize;
      return (Math.floor(this.y[i] * f) - this.binY) * this.binColumns + Math.floor(this.x[i] * f) - this.binX;
    }

    // Calls visit(x, y, count, worst, count of worst) for each bin that a box of the world touches. The place is the
    // middle of its abnormal members, of a bin without any its own.
    eachBin(x0, y0, x1, y1, visit) {
      const f = this.binScale / this.binSize;
      const c0 = Math.max(0, Math.floor(x0 * f) - this.binX), r0 = Math.max(0, Math.floor(y0 * f) - this.binY);
      const c1 = Math.min(this.binColumns - 1, Math.floor(x1 * f) - this.binX);
      const r1 = Math.min(this.binRows - 1, Math.floor(y1 * f) - this.binY);
      for (let r = r0; r <= r1; r++) {
        for (let c = c0; c <= c1; c++) {
          const bin = r * this.binColumns + c, at = bin * CATEGORIES;
          let count = 0;
          for (let k = 0; k < CATEGORIES; k++) count += this.binCounts[at + k];
          if (!count) continue;
          const worst = WORST_FIRST.find((k) => this.binCounts[at + k] > 0), abnormal = count - this.binCounts[at + NORMAL];
          const x = abnormal ? this.box.x + this.binSums[bin * 2] / abnormal : (this.binX + c + 0.5) / f;
          const y = abnormal ? this.box.y + this.binSums[bin * 2 + 1] / abnormal : (this.binY + r + 0.5) / f;
          visit(x, y, count, worst, this.binCounts[at + worst]);
        }
      }
    }
  }

  // Where the k-th of several coincident points is drawn, in pixels from their place: a sunflower, none on another.
  function spread(rank, step) {
    if (!rank) return [0, 0];
    const r = step * Math.sqrt(rank), a = rank * 2.399963;
    return [r * Math.cos(a), r * Math.sin(a)];
  }

  const api = {
    NORMAL, WARNING, MINOR, MAJOR, CRITICAL, OFFLINE, UNSEEN, CATEGORIES, WORST_FIRST, SPREAD_ZOOM, HYDRANT,
    PointSet, categoryOf, decode, spread, worldX, worldY,
  };
  if (typeof module !== "undefined") module.exports = api;
  if (typeof window !== "undefined") (window.yiping = window.yiping || {}).mapPoints = api;
})();
