// Small geometry and arithmetic of the choropleth. Pure: no DOM, no map.
(function () {
  "use strict";

  // All rings of a Polygon or MultiPolygon, outer and inner alike.
  function rings(geometry) {
    if (!geometry) return [];
    if (geometry.type === "Polygon") return geometry.coordinates;
    if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
    return [];
  }

  function inside(x, y, all) {
    let odd = false;
    for (const ring of all) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [ax, ay] = ring[i], [bx, by] = ring[j];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
      }
    }
    return odd;
  }

  // The edges of all rings, six numbers each: where one begins, how far it goes, one over its length squared, and the
  // height at which it ends (exactly that at which the next one begins).
  function edgesOf(all) {
    const edges = new Float64Array(6 * all.reduce((n, ring) => n + ring.length, 0));
    let at = 0;
    for (const ring of all) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [ax, ay] = ring[i], dx = ring[j][0] - ax, dy = ring[j][1] - ay;
        edges.set([ax, ay, dx, dy, 1 / (dx * dx + dy * dy || 1), ring[j][1]], at);
        at += 6;
      }
    }
    return edges;
  }

  // Where the line at the height y enters and leaves the shape, from left to right.
  function crossings(edges, y) {
    const found = [];
    for (let e = 0; e < edges.length; e += 6) {
      const ay = edges[e + 1];
      if (ay > y !== edges[e + 5] > y) found.push(edges[e] + (edges[e + 2] * (y - ay)) / edges[e + 3]);
    }
    return found.sort((a, b) => a - b);
  }

  // The square of the distance to the nearest edge; anything below `enough` as soon as one edge is nearer than that.
  function squareToEdges(edges, x, y, enough) {
    let nearest = Infinity;
    for (let e = 0; e < edges.length; e += 6) {
      const px = x - edges[e], py = y - edges[e + 1], dx = edges[e + 2], dy = edges[e + 3];
      const t = Math.max(0, Math.min(1, (px * dx + py * dy) * edges[e + 4]));
      const square = (px - t * dx) ** 2 + (py - t * dy) ** 2;
      if (square < nearest) {
        if (square <= enough) return square;
        nearest = square;
      }
    }
    return nearest;
  }

  function extent(all) {
    let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
    for (const ring of all) {
      for (const [x, y] of ring) {
        if (x < x0) x0 = x;
        if (x > x1) x1 = x;
        if (y < y0) y0 = y;
        if (y > y1) y1 = y;
      }
    }
    return [x0, y0, x1, y1];
  }

  // A point well inside the shape, for its label: the best of a grid of samples, then of a finer one around it.
  // A label is wider than high, so distances across count double. Returns [lng, lat].
  function anchor(geometry) {
    if (geometry.type === "Point") return geometry.coordinates;
    const squeezed = rings(geometry).map((ring) => ring.map(([x, y]) => [x / 2, y])), edges = edgesOf(squeezed);
    const [x0, y0, x1, y1] = extent(squeezed);
    let best = [(x0 + x1) / 2, (y0 + y1) / 2], far = -1;
    const search = (ax, ay, bx, by, steps) => {
      for (let r = 0; r < steps; r++) {
        const y = ay + ((r + 0.5) / steps) * (by - ay), across = crossings(edges, y);
        for (let c = 0; c < steps; c++) {
          const x = ax + ((c + 0.5) / steps) * (bx - ax);
          if (across.filter((edge) => edge > x).length % 2 === 0) continue; // outside
          const square = squareToEdges(edges, x, y, far);
          if (square > far) {
            far = square;
            best = [x, y];
          }
        }
      }
    };
    search(x0, y0, x1, y1, 12);
    const w = (x1 - x0) / 12, h = (y1 - y0) / 12;
    search(best[0] - w, best[1] - h, best[0] + w, best[1] + h, 5);
    return [best[0] * 2, best[1]];
  }

  // What Leaflet's fitBounds would show of `box` (world units, y downwards) in a view of `size` pixels: `scale` in pixels
  // a world, and the world pixel x, y of the view's corner. `tile` is the world's size at zoom 0.
  function fit(box, size, { top, right, bottom, left, maxZoom, snap }, tile) {
    const w = (box.x1 - box.x0) * tile, h = (box.y1 - box.y0) * tile, step = snap / 100;
    const free = Math.log2(Math.min((size.w - left - right) / w, (size.h - top - bottom) / h));
    const near = Math.round(free / step) * step; // within a hundredth of a step it counts as reached
    const scale = tile * 2 ** Math.min(maxZoom, Math.floor(near / snap) * snap);
    const x = ((box.x0 + box.x1) / 2) * scale + (right - left) / 2 - size.w / 2;
    const y = ((box.y0 + box.y1) / 2) * scale + (bottom - top) / 2 - size.h / 2;
    return { scale, x: Math.round(x), y: Math.round(y) };
  }

  // Lower bounds of the classes 2–5 that the features fall in; null for a class without a member.
  function breaks(features) {
    const low = [null, null, null, null, null];
    for (const { properties: p } of features) {
      if (!p.class || p.value === null || p.value === undefined) continue;
      const k = p.class - 1;
      if (low[k] === null || p.value < low[k]) low[k] = p.value;
    }
    return low.slice(1);
  }

  const FEW_LEFT = 6; // shapes without a place for their name that are worth another try
  const overlap = (a, b) => Math.abs(a.x - b.x) * 2 < a.w + b.w && Math.abs(a.y - b.y) * 2 < a.h + b.h;

  // Places to try for a label of this size, nearest first: its own, then above and below, then aside.
  function offsets({ w, h, offsets: own }) {
    if (own) return own;
    const tries = [[0, 0]];
    for (const k of [0.5, 0.85, 1.2]) tries.push([0, -k * h], [0, k * h], [-k * w, 0], [k * w, 0]);
    for (const k of [0.6, 1]) for (const [a, b] of [[-1, -1], [1, -1], [-1, 1], [1, 1]]) tries.push([a * k * w, b * k * h]);
    return tries;
  }

  // Places around a label to try for it, in its widths and heights, nearest first.
  const AROUND = [0.9, 1.3, 1.8, 2.4, 3.2].flatMap((far) =>
    Array.from({ length: 16 }, (_, k) => [far * Math.cos((k * Math.PI) / 8), 1.3 * far * Math.sin((k * Math.PI) / 8)])
  );

  // The best place beside its shape for a label that has none on it: near, and on open ground rather than on others.
  // What costs little to know is asked first. `open`: it lies on no other shape. Its line crosses none of `uncrossed`.
  function beside(a, taken, { whole, others }, uncrossed = taken) {
    let best = null, least = Infinity, open = false;
    for (const [across, down] of AROUND) {
      const dx = across * a.w, dy = down * a.h, at = { x: a.x + dx, y: a.y + dy, w: a.w, h: a.h };
      const seen = 2 * Math.abs(at.x - whole.x) + a.w <= whole.w && 2 * Math.abs(at.y - whole.y) + a.h <= whole.h;
      let cost = Math.hypot(dx, dy);
      if (!seen || cost >= least || taken.some((b) => overlap(at, b)) || a.fits(at.x, at.y)) continue;
      const over = [-0.4, 0, 0.4].filter((k) => others(at.x + k * a.w, at.y)).length;
      cost += over * 0.5 * a.w;
      if (cost >= least) continue;
      const line = threads(a, [dx, dy]);
      if (uncrossed.some((b) => line.some((dot) => overlap(dot, b)))) continue;
      [best, least, open] = [[dx, dy], cost, !over];
    }
    return best && { moved: best, open };
  }

  // The line from a shape to its label as small boxes in a row, without its last part, which may lie beside a symbol.
  function threads({ x, y }, [dx, dy]) {
    const steps = Math.ceil(Math.hypot(dx, dy) / 6), found = [];
    for (let k = Math.ceil(steps / 4); k < steps; k++) found.push({ x: x + (dx * k) / steps, y: y + (dy * k) / steps, w: 4, h: 4 });
    return found;
  }

  // How a line leads from the middle of a label that stands beside its shape to where it belongs: its length, its turn
  // in degrees and how much of it lies under the label. Null for one that stands on its shape.
  function leader({ x, y, w, h, fits }, [dx, dy]) {
    if ((!dx && !dy) || !fits || fits(x + dx, y + dy)) return null;
    const length = Math.hypot(dx, dy), clear = Math.min((w / 2 / Math.abs(dx)) * length, (h / 2 / Math.abs(dy)) * length);
    return { length, clear, turn: (Math.atan2(-dy, -dx) * 180) / Math.PI };
  }

  // Where to put labels: larger shapes first, none on another or on an obstacle, none much wider than its own shape.
  // What is in the way stays and the label moves: see placeFor. Where a few shapes find no place, they choose first and
  // the others make way, if then more have a name.
  // boxes: [{ x, y, w, h, room, fits?(x, y), offsets? }] centred; returns [dx, dy] for each, [dx, dy, true] for a name
  // without its value (half as high), null for one that is hidden.
  // `ground()` tells where labels may stand beside their shapes: the `whole` box, boxes that are `taken`, `others(x, y)`.
  function declutter(boxes, obstacles = [], ground = null) {
    const order = boxes.map((_, i) => i).sort((a, b) => boxes[b].room - boxes[a].room);
    let known = null;
    const around = ground && (() => (known = known || ground()));
    const found = arrange(boxes, order, obstacles, around), left = order.filter((i) => boxes[i].fits && (!found[i] || found[i][2]));
    if (!ground || !left.length || left.length > FEW_LEFT) return found;
    const again = arrange(boxes, [...left, ...order.filter((i) => !left.includes(i))], obstacles, around);
    return told(again) > told(found) ? again : found;
  }

  // How much an arrangement tells: every name counts for more than any value.
  const told = (found) => found.reduce((sum, at) => sum + (at ? 100 + !at[2] : 0), 0);

  // Where there is room for a name without its value: on its shape line by line, nearest first.
  const LEAN = [0, -1, 1, -2, 2, -3, 3, -4, 4].flatMap((down) => [0, -0.35, 0.35, -0.7, 0.7].map((across) => [across, 0.6 * down]));
  const lean = (a) => ({ ...a, h: a.h / 2, offsets: LEAN.map(([x, y]) => [x * a.w, (y * a.h) / 2]).sort(([x, y], [u, v]) => Math.hypot(x, y) - Math.hypot(u, v)) });

  // The first free place on the shape, and the first one at all.
  function upon(a, placed) {
    let spare = null;
    for (const [dx, dy] of a.room < a.w * 0.8 ? [] : offsets(a)) {
      const at = { x: a.x + dx, y: a.y + dy, w: a.w, h: a.h };
      if (placed.some((b) => overlap(at, b))) continue;
      spare ??= [dx, dy];
      if (!(dx || dy) || !a.fits || a.fits(at.x, at.y)) return { best: [dx, dy], spare };
    }
    return { best: null, spare };
  }

  // A place for one label: on its shape; beside it on open ground; its name alone on the shape; beside it all the same.
  // What is still without a place may lie on the ring of a grave alarm (`core`), on no symbol; its line may pass below
  // symbols (`placed` begins with them, `symbols` of them), not below names.
  function placeFor(a, placed, around, symbols) {
    const { best, spare } = upon(a, placed);
    if (best || !a.fits || !around) return [best || spare, a];
    const ground = around(), wide = beside(a, [...placed, ...ground.taken], ground);
    if (wide && wide.open) return [wide.moved, a];
    const small = lean(a), on = upon({ ...small, room: a.room * 1.5 }, [...placed, ...ground.taken]).best;
    if (on) return [on, small];
    if (wide) return [wide.moved, a];
    const cores = [...placed, ...ground.taken].map((b) => (b.core ? { ...b, w: b.core, h: b.core } : b));
    const tight = upon({ ...small, room: a.room * 1.5 }, cores).best || beside(small, cores, ground, cores.slice(symbols))?.moved;
    return tight ? [tight, small] : [spare, a];
  }

  // Of each label its shift, and third whether its name stands without its value.
  function arrange(boxes, order, obstacles, around) {
    const placed = [...obstacles], found = boxes.map(() => null);
    for (const i of order) {
      const [moved, box] = placeFor(boxes[i], placed, around, obstacles.length);
      if (!moved) continue;
      placed.push({ ...box, x: box.x + moved[0], y: box.y + moved[1] });
      if (leader(box, moved)) placed.push(...threads(box, moved));
      found[i] = box === boxes[i] ? moved : [...moved, true];
    }
    return found;
  }

  // What lies outside a box, as boxes.
  function outside({ x, y, w, h }, far = 1e5) {
    const [dx, dy] = [(w + far) / 2, (h + far) / 2], all = 3 * far;
    return [[-dx, 0, far, all], [dx, 0, far, all], [0, -dy, all, far], [0, dy, all, far]].map(([a, b, wide, high]) => ({ x: x + a, y: y + b, w: wide, h: high }));
  }

  const api = { anchor, breaks, declutter, extent, fit, inside, leader, outside, overlap, rings };
  if (typeof module !== "undefined") module.exports = api;
  if (typeof window !== "undefined") (window.yiping = window.yiping || {}).mapGeometry = api;
})();
