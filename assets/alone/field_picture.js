// What the page of grid workers is drawn with: elements, icons, a message, the sketch of where a task is.
(function (root) {
  "use strict";

  const { clock, metres } = root.yiping ? root.yiping.field : require("./field_queue.js");
  const WIDE = 360, HIGH = 150, DEGREE_M = 111_320;

  /** A sketch of `there` with what stands around it, in units of a picture of 360 by 150: `here` where it is near. */
  function sketch(there, here, buildings) {
    const away = metres(here, there), near = away !== null && away <= 600;
    const middle = near ? { lng: (there.lng + here.lng) / 2, lat: (there.lat + here.lat) / 2 } : there;
    const east = DEGREE_M * Math.cos((middle.lat * Math.PI) / 180);
    const half = near ? [Math.abs(there.lng - middle.lng) * east, Math.abs(there.lat - middle.lat) * DEGREE_M] : [0, 0];
    const unit = Math.min(near ? 2.5 : 1.6, 140 / half[0], 40 / half[1]); // both ends are in the picture
    const at = ({ lng, lat }) => [
      Math.round((WIDE / 2 + (lng - middle.lng) * east * unit) * 10) / 10,
      Math.round((HIGH / 2 + 8 - (lat - middle.lat) * DEGREE_M * unit) * 10) / 10,
    ];
    const side = Math.max(8, Math.round(18 * unit));
    const inside = ([x, y]) => x > -side && x < WIDE + side && y > -side && y < HIGH + side;
    const round = [500, 200, 100, 50, 20, 10].find((n) => n * unit <= 90) || 10;
    const left = at(near && here.lat > there.lat ? here : there)[0] > WIDE / 2; // what is written on top stands beside what lies there
    return { there: at(there), here: near ? at(here) : null, left, side, metres: round, ruler: Math.round(round * unit),
      buildings: buildings.map(([lng, lat]) => at({ lng, lat })).filter(inside) };
  }

  /** An element with its properties, attributes (`data-`, `aria-`) and children. */
  function h(tag, props, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name.includes("-") || name === "for" || name === "role") node.setAttribute(name, value);
      else if (name === "class") node.className = value;
      else node[name] = value;
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  function icon(name) {
    const holder = document.createElement("span");
    holder.innerHTML = `<svg class="ic" aria-hidden="true"><use href="#i-${name}"/></svg>`;
    return holder.firstChild;
  }

  function away(m) {
    if (m === null) return "";
    return m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(1)} km`;
  }

  function message(one) {
    return h("li", { class: one.own ? "is-own" : "" }, h("small", {}, one.waits ? icon("waiting") : null, [one.own ? "" : one.who, clock(one.at)].filter(Boolean).join(" ")), h("span", {}, one.text));
  }

  /** Where it is, and where he stands: drawn from what the phone has, so that it needs no network. */
  function map(task, here, buildings, t) {
    if (task.lng === null) return null;
    const found = sketch(task, here, buildings);
    const m = metres(here, task);
    const where = m === null ? t("not_yet_here") : `${away(m)} · ±${Math.round(here.accuracy)} m`;
    const holder = h("a", { class: "sketch", href: `geo:${task.lat},${task.lng}?q=${task.lat},${task.lng}` });
    const me = found.here ? `<path class="way" d="M${found.here} L${found.there}"/><circle class="me" cx="${found.here[0]}" cy="${found.here[1]}" r="6"/>` : "";
    const [x, y] = found.there;
    holder.innerHTML = `<svg viewBox="0 0 360 150" preserveAspectRatio="xMidYMid slice" aria-hidden="true">${found.buildings.map(([bx, by]) => `<rect x="${bx - found.side / 2}" y="${by - found.side / 2}" width="${found.side}" height="${found.side}" rx="2"/>`).join("")}${me}<path class="pin" d="M${x} ${y}c-6-9-9-12-9-17a9 9 0 0 1 18 0c0 5-3 8-9 17Z"/><circle class="eye" cx="${x}" cy="${y - 17}" r="3"/><path class="rule" d="M18 138v4h${found.ruler}v-4"/><text x="18" y="132">${found.metres} m</text></svg>`;
    holder.append(h("small", { class: `sketch-said ${found.left ? "is-left" : ""}` }, t("map", { where })));
    return holder;
  }

  root.yiping = root.yiping || {};
  root.yiping.field = Object.assign(root.yiping.field || {}, { h, icon, away, message, sketch, map });
  if (typeof module !== "undefined") module.exports = { away, sketch };
})(typeof window === "undefined" ? globalThis : window);
