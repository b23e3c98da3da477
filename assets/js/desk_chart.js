// The chart of the desk, as SVG: the last hour of readings against the levels of its rule, drawn from data that the
// server put into the element.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const SHAPES = { 4: "critical", 3: "major", 2: "minor", 1: "warn" };

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

  /** Draw what stands in `root`; drawn again when its size changes. */
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) drawChart(target);
  });
  let watched = [];

  function draw(root) {
    watched = watched.filter((box) => box.isConnected || sized.unobserve(box));
    for (const box of root.querySelectorAll("[data-chart]")) {
      if (watched.includes(box)) continue;
      watched.push(box);
      sized.observe(box); // draws it at once
    }
  }

  yiping.deskChart = { draw, ticks };
})();
