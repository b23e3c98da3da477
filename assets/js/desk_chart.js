// Two drawings of the desk, as SVG: the last hour of readings against the levels of its rule, and the small map of what
// lies within reach. Both are drawn from data that the server put into the element.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const SHAPES = { 4: "critical", 3: "major", 2: "minor", 1: "warn" };
  const RINGS_M = [50, 100, 200, 400, 800];
  const SEEN = 7; // the nearest things that the small map shows for sure
  const CLEAR_PX = 24;
  const DEGREE_M = 111320;
  const t = (source, values) => yiping.t(source, values);

  function svg(tag, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /** At most four round steps from `low` to `high`. */
  function ticks(low, high) {
    const rough = (high - low || 1) / 3, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((n) => n * power >= rough) * power;
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Number(at.toPrecision(6)));
    return found;
  }

  /** The readings as corners of a line; a state keeps its value until the next reading. */
  function corners(points, { x, y, state, until }) {
    const found = [];
    points.forEach(([at, value], i) => {
      if (state && i) found.push([x(at), y(points[i - 1][1])]);
      found.push([x(at), y(value)]);
    });
    if (state && points.length) found.push([x(until), y(points[points.length - 1][1])]);
    return found.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(" ");
  }

  function drawChart(box) {
    const data = JSON.parse(box.dataset.chart), width = box.clientWidth, height = box.clientHeight;
    if (!width || !height) return;
    const values = [...data.points.map(([, value]) => value), ...data.levels.map(([threshold]) => threshold)];
    const low = data.state ? 0 : Math.min(...values), high = data.state ? 1 : Math.max(...values), margin = (high - low || 1) * 0.08;
    const left = 40, right = width - (data.state ? 12 : 60), top = 8, bottom = height - 22;
    const x = (at) => left + ((right - left) * (at - data.since)) / (data.until - data.since);
    const y = (value) => bottom - ((bottom - top) * (value - low + margin)) / (high - low + 2 * margin);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    for (const at of data.state ? [0, 1] : ticks(low, high)) {
      root.append(svg("line", { x1: left, x2: right, y1: y(at), y2: y(at), class: "chart-grid" }), svg("text", { x: left - 6, y: y(at) + 4, class: "chart-tick is-end" }, String(at)));
    }
    for (let i = 0; i <= 4; i += 1) {
      const at = data.since + ((data.until - data.since) * i) / 4;
      root.append(svg("text", { x: x(at), y: height - 6, class: `chart-tick ${i === 0 ? "" : i === 4 ? "is-end" : "is-middle"}` }, yiping.display.clock(at).slice(0, 5)));
    }
    if (!data.state) {
      for (const [threshold, severity] of data.levels) {
        root.append(
          svg("line", { x1: left, x2: right, y1: y(threshold), y2: y(threshold), class: "chart-level" }),
          svg("text", { x: right + 4, y: y(threshold) + 4, class: "chart-tick" }, `${yiping.word("severity", severity)} ${threshold}`)
        );
      }
    }
    if (data.raised >= data.since) root.append(svg("line", { x1: x(data.raised), x2: x(data.raised), y1: top, y2: bottom, class: "chart-raised" }));
    const [lastAt, last] = data.points[data.points.length - 1];
    root.append(
      svg("polyline", { points: corners(data.points, { x, y, ...data }), class: `chart-line of-${SHAPES[data.severity]}` }),
      svg("circle", { cx: x(lastAt), cy: y(last), r: 3, class: `chart-last of-${SHAPES[data.severity]}` })
    );
    box.replaceChildren(root);
  }

  // ---- the map

  const GLYPHS = {
    camera: "M-7-4.5h9v9h-9zM2-1l5-3v8l-5-3",
    "camera-off": "M-7-4.5h9v9h-9zM2-1l5-3v8l-5-3M-7 6 7-6",
    hydrant: "M-3 6v-9a3 3 0 0 1 6 0v9zM-5 6H5M-5-1h10",
    resource: "M0-6.500v13M-6.500 0h13",
  };
  const SEVERITIES = { 0: "M0 9c5-6 7-8.500 7-12a7 7 0 0 0-14 0c0 3.500 2 6 7 12Z", 4: "M0-9 9 0 0 9-9 0Z", 3: "M0-9 9.500 7.500h-19Z", 2: "M-7-7h14v14H-7Z", 1: "M0-7a7 7 0 1 0 .01 0Z" };

  /** A place beside the alarm's own mark for what stands at the same spot. */
  function clear(x, y, cx, cy) {
    const away = Math.hypot(x - cx, y - cy);
    if (away >= CLEAR_PX) return [x, y];
    const [dx, dy] = away > 1 ? [(x - cx) / away, (y - cy) / away] : [-0.7, -0.7];
    return [cx + dx * CLEAR_PX, cy + dy * CLEAR_PX];
  }

  function drawMap(box) {
    const data = JSON.parse(box.dataset.map), width = box.clientWidth, height = box.clientHeight;
    if (!width || !height) return;
    const east = DEGREE_M * Math.cos((data.lat * Math.PI) / 180);
    const metres = (p) => [(p.lng - data.lng) * east, (p.lat - data.lat) * DEGREE_M];
    const far = data.points.map((p) => Math.hypot(...metres(p))).sort((a, b) => a - b)[Math.min(SEEN, data.points.length) - 1] || 0;
    const reach = RINGS_M.find((r) => r >= far) || RINGS_M[RINGS_M.length - 1];
    const scale = (Math.min(width, height) / 2 - 14) / reach;
    const at = (p) => { const [e, n] = metres(p); return [width / 2 + e * scale, height / 2 - n * scale]; };
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    for (const ring of RINGS_M.filter((r) => r <= reach).slice(-3)) {
      root.append(
        svg("circle", { cx: width / 2, cy: height / 2, r: ring * scale, class: "near-ring" }),
        svg("text", { x: width / 2 + ring * scale * 0.71 + 2, y: height / 2 - ring * scale * 0.71, class: "chart-tick" }, t("{n} 米", { n: ring }))
      );
    }
    for (const p of data.points) {
      const [px, py] = clear(...at(p), width / 2, height / 2);
      if (px < 8 || py < 8 || px > width - 8 || py > height - 8) continue;
      const mark = svg("g", { transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})`, class: `near-${p.kind}` });
      mark.append(svg("circle", { r: 9, class: "near-ground" }), svg("path", { d: GLYPHS[p.kind], class: "near-glyph" }), svg("title", {}, p.name));
      root.append(mark);
    }
    const own = svg("g", { transform: `translate(${width / 2} ${height / 2})`, class: `near-own of-${SHAPES[data.severity] || "case"}` });
    own.append(svg("path", { d: SEVERITIES[data.severity] }));
    root.append(own, svg("text", { x: width / 2 + 14, y: height / 2 + 5, class: "near-name" }, data.place));
    box.replaceChildren(root);
  }

  /** Draw what stands in `root`; drawn again when its size changes. */
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) ("chart" in target.dataset ? drawChart : drawMap)(target);
  });
  let watched = [];

  function draw(root) {
    watched = watched.filter((box) => box.isConnected || sized.unobserve(box));
    for (const box of root.querySelectorAll("[data-chart], [data-map]")) {
      if (watched.includes(box)) continue;
      watched.push(box);
      sized.observe(box); // draws it at once
    }
  }

  yiping.deskChart = { draw, ticks };
})();
