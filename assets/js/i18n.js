// Words for the scripts: the page brings them in its language, embedded as JSON. Chinese is the source text.
(function (root) {
  "use strict";

  let words = null;

  /** The tables of the page: alarm, alarmState, device, severity, stage, text. Empty before the page is there. */
  function tables() {
    if (words) return words;
    const element = typeof document === "undefined" ? null : document.getElementById("yiping-words");
    if (!element) return {};
    words = JSON.parse(element.dataset.words);
    return words;
  }

  // `{cases} [case|cases]`: the word that goes with the number before it; where none is before it, with `n`, or one.
  const FORMS = /(?:\{(\w+)\}([^{}[\]]*))?\[([^|[\]]*)\|([^|[\]]*)\]/g;

  function counted(text, values) {
    if (!text.includes("[")) return text;
    return text.replace(FORMS, (whole, number, between, one, many) => {
      const known = values && values[number || "n"];
      return (number ? `{${number}}${between}` : "") + (known === undefined || String(known) === "1" ? one : many);
    });
  }

  /** `source` in the page's language, `{names}` filled in from `values`. */
  function t(source, values) {
    const found = counted((tables().text || {})[source] || source, values);
    return values ? found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : found;
  }

  /** The word for `code` in a table of the page; an unknown code stands for itself. */
  function word(table, code) {
    return (tables()[table] || {})[code] || String(code);
  }

  root.yiping = root.yiping || {};
  Object.assign(root.yiping, { t, word });
  if (typeof module !== "undefined") module.exports = { t, word };
})(typeof globalThis !== "undefined" ? globalThis : this);
