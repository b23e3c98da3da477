// The keyboard of the duty officer's desk: one table from key to action, and when a key is not ours. Pure.
(function (root) {
  "use strict";

  const KEYS = {
    j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", Home: "first", End: "last",
    PageDown: "pageDown", PageUp: "pageUp", " ": "mark", Enter: "open", ArrowRight: "unfoldLine", ArrowLeft: "foldLine",
    a: "acknowledge", c: "claim", d: "dispatch", s: "shelve", x: "close", f: "false", i: "incident",
    n: "note", o: "graver", t: "step", v: "video", z: "undo", r: "settle", e: "unfold", g: "siblings", m: "sound", b: "mentions", h: "shift", w: "window", l: "sameCause", u: "reinforce", p: "place",
    "/": "search", "?": "help", Escape: "leave",
  };
  const EVENT = { a: "acknowledge", c: "claim", x: "close" }; // with Shift: all alarms of a confirmed event
  const LIST_ONLY = new Set([" ", "Enter", "ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Home", "End", "PageDown", "PageUp"]);

  /**
   * The action for a key press: { action, extend } or null. `where` says what has the focus: "field" (something is
   * typed), "button" (a control of its own: Enter, space and arrows are its; a map is one too), "dialog", or "list".
   */
  function actionOf({ key, shiftKey = false, ctrlKey = false, metaKey = false, altKey = false }, where) {
    if (altKey || where === "dialog") return null;
    if (where === "field") return key === "Escape" ? { action: "leave", extend: false } : null;
    if (ctrlKey || metaKey) return key.toLowerCase() === "a" && where === "list" ? { action: "markAll", extend: false } : null;
    if (where === "button" && LIST_ONLY.has(key)) return null;
    if (shiftKey && EVENT[key.toLowerCase()]) return { action: "event", what: EVENT[key.toLowerCase()], extend: false };
    if (/^[1-9]$/.test(key) && !shiftKey) return { action: "call", n: Number(key), extend: false };
    const action = KEYS[key.length === 1 ? key.toLowerCase() : key];
    if (!action) return null;
    const moves = action === "next" || action === "previous";
    if (shiftKey && !moves && key !== "?") return null;
    return { action, extend: shiftKey && moves };
  }

  /** The desk with alarm `id` open, in the language and theme on screen. */
  function deskAddress(id) {
    const now = new URLSearchParams(location.search), kept = new URLSearchParams({ id });
    for (const name of ["lang", "theme"]) if (now.get(name)) kept.set(name, now.get(name));
    return `/alarms?${kept}`;
  }

  const desk = { KEYS, actionOf };
  root.yiping = root.yiping || {};
  root.yiping.deskAddress = deskAddress;
  root.yiping.deskKeys = desk;
  if (typeof module !== "undefined") module.exports = desk;
})(typeof globalThis !== "undefined" ? globalThis : this);
