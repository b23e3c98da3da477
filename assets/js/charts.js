// Charts: plotly's basic bundle, fetched when the first chart is in the page; one template, made from the tokens of the
// theme that is on; drawn anew when the theme changes.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const BUNDLE = "/assets/vendor/plotly-basic.min.js";
  const PAGES = ["/trends", "/alarms/analysis"]; // where it is fetched with the page, not after the figures
  const CONFIG = { displayModeBar: false, responsive: true };
  const root = document.documentElement;
  let loading = null;

  const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  /** The figure with every `var(--name)` replaced by what the theme makes of it. */
  function resolved(value) {
    if (typeof value === "string") return value.startsWith("var(") ? token(value.slice(4, -1)) : value;
    if (Array.isArray(value)) return value.map(resolved);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolved(v)]));
    return value;
  }

  /** What all charts share. */
  function template() {
    const size = Math.max(12, parseFloat(getComputedStyle(root).fontSize) * 1.0625);
    const axis = { zeroline: false, automargin: true, tickfont: { color: token("--text-3") }, title: { font: { color: token("--text-3") } } };
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: token("--font"), size, color: token("--text-2") },
      colorway: ["--text-1", "--data-1", "--data-2", "--data-3"].map(token),
      margin: { l: 32, r: 48, t: 8, b: 24 }, showlegend: false, bargap: 0.28,
      xaxis: { ...axis, showgrid: false, linecolor: token("--line"), tickformat: "%m-%d" },
      yaxis: { ...axis, gridcolor: token("--line"), nticks: 5, rangemode: "tozero" },
      hovermode: "x", hoverlabel: { bgcolor: token("--surface-3"), bordercolor: token("--line-strong"), font: { color: token("--text-1") } },
      transition: { duration: 0 },
    };
  }

  /** Room for the words at the right end of lines, px: they differ by language and by the size of type. */
  function room({ data, layout }, { size, family }) {
    const ends = (layout.annotations || []).filter((a) => a.x === 1 && a.xanchor === "left").map((a) => a.text);
    const words = [...ends, ...data.flatMap(({ text }) => (Array.isArray(text) ? text.slice(-1) : []))];
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${size}px ${family}`;
    return Math.max(0, ...words.map((word) => Math.ceil(pen.measureText(word).width) + 8));
  }

  function bundle() {
    loading = loading || new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = BUNDLE;
      script.onload = done;
      script.onerror = () => {
        loading = null;
        failed(new Error(BUNDLE));
      };
      document.head.append(script);
    });
    return loading;
  }

  /** Draw the charts of the page that are not drawn yet, or all of them. */
  async function draw(all) {
    const found = [...document.querySelectorAll(all ? ".chart" : ".chart:not(.js-plotly-plot)")];
    if (!found.length) return "";
    if (!window.Plotly) for (const place of found) place.dataset.reading = yiping.t("图表读取中");
    try {
      await bundle();
    } catch {
      for (const place of found) place.dataset.reading = yiping.t("图表没有取到");
      return "";
    }
    for (const place of found) {
      const figure = resolved(JSON.parse(place.dataset.figure));
      const shared = template(), margin = { ...shared.margin, ...figure.layout.margin };
      margin.r = Math.max(margin.r, room(figure, shared.font));
      delete place.dataset.reading;
      window.Plotly.react(place, figure.data, { ...figure.layout, margin, template: { layout: shared } }, CONFIG);
    }
    return "";
  }

  new MutationObserver(() => window.Plotly && draw(true)).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  if (PAGES.includes(location.pathname)) bundle().catch(() => {}); // whoever draws says so
  yiping.charts = { draw };
})();
