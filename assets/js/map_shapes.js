// The shapes of the map, drawn once per theme and size and then stamped: severity by shape and hue, everything else
// outline and neutral. Legends are painted with the same strokes, so they cannot drift from the map.
(function () {
  "use strict";

  const TOKENS = [
    "bg", "map-bg", "surface-1", "surface-2", "line-strong", "text-1", "text-2", "text-3", "data-1", "data-2", "accent",
    "critical-fill", "critical-ring", "major-fill", "major-edge", "minor-fill", "minor-edge", "warn-fill", "quality",
  ];

  // The theme's colours and the sizes (px) that css/40-map.css sets for this surface.
  function tokens(root) {
    const style = getComputedStyle(root);
    const found = { font: style.getPropertyValue("--font").trim() || "sans-serif", size: {} };
    for (const name of TOKENS) found[name] = style.getPropertyValue("--" + name).trim() || "#888";
    const rem = parseFloat(style.fontSize) || 16;
    for (const [name, fallback] of [
      ["critical", 1.5], ["major", 1], ["minor", 0.8125], ["warning", 0.8125], ["glyph", 1], ["dot", 0.25], ["label", 0.75],
    ]) found.size[name] = (parseFloat(style.getPropertyValue("--map-" + name)) || fallback) * rem;
    return found;
  }

  function diamond(c, r) {
    c.beginPath();
    c.moveTo(0, -r);
    c.lineTo(r, 0);
    c.lineTo(0, r);
    c.lineTo(-r, 0);
    c.closePath();
  }

  function triangle(c, r) {
    c.beginPath();
    c.moveTo(0, -r);
    c.lineTo(r, r * 0.8);
    c.lineTo(-r, r * 0.8);
    c.closePath();
  }

  function circle(c, r) {
    c.beginPath();
    c.arc(0, 0, r, 0, 2 * Math.PI);
  }

  function filled(c, fill, edge, keyline, width) {
    c.lineJoin = "round";
    c.lineWidth = width * 2;
    c.strokeStyle = keyline;
    c.stroke();
    c.fillStyle = fill;
    c.fill();
    if (edge && edge !== "transparent" && edge !== "#888") {
      c.lineWidth = 1;
      c.strokeStyle = edge;
      c.stroke();
    }
  }

  function outlined(c, colour, keyline, width) {
    c.lineJoin = c.lineCap = "round";
    c.lineWidth = width + 2;
    c.strokeStyle = keyline;
    c.stroke();
    c.lineWidth = width;
    c.strokeStyle = colour;
    c.stroke();
  }

  function slash(c, r, colour, keyline, width) {
    c.beginPath();
    c.moveTo(-r, r);
    c.lineTo(r, -r);
    outlined(c, colour, keyline, width);
  }

  function camera(c, r) {
    c.beginPath();
    c.rect(-r, -r * 0.55, r * 1.3, r * 1.1);
    c.moveTo(r * 0.3, -r * 0.1);
    c.lineTo(r, -r * 0.5);
    c.lineTo(r, r * 0.5);
    c.lineTo(r * 0.3, r * 0.1);
  }

  function flag(c, r) {
    c.beginPath();
    c.moveTo(-r * 0.6, r);
    c.lineTo(-r * 0.6, -r);
    c.lineTo(r * 0.8, -r * 0.45);
    c.lineTo(-r * 0.6, r * 0.1);
  }

  // name → how to draw it about the origin with radius r
  const DRAW = {
    critical(c, r, t) {
      diamond(c, r);
      c.lineJoin = "miter";
      c.lineWidth = 2;
      c.strokeStyle = t["map-bg"];
      c.stroke();
      c.fillStyle = t["critical-ring"];
      c.fill();
      diamond(c, r * 0.86);
      c.fillStyle = t["map-bg"];
      c.fill();
      diamond(c, r * 0.64);
      c.fillStyle = t["critical-fill"];
      c.fill();
    },
    major(c, r, t) {
      triangle(c, r);
      filled(c, t["major-fill"], t["major-edge"], t["map-bg"], 1.5);
    },
    minor(c, r, t) {
      c.beginPath();
      c.rect(-r * 0.82, -r * 0.82, r * 1.64, r * 1.64);
      filled(c, t["minor-fill"], t["minor-edge"], t["map-bg"], 1.5);
    },
    warning(c, r, t) {
      circle(c, r * 0.78);
      outlined(c, t["warn-fill"], t["map-bg"], Math.max(1.6, r * 0.38));
    },
    normal(c, r, t) {
      circle(c, r * 0.5);
      filled(c, t["data-2"], null, t["map-bg"], 0.75);
    },
    offline(c, r, t) {
      circle(c, r * 0.72);
      outlined(c, t.quality, t["map-bg"], 1.4);
      slash(c, r * 0.8, t.quality, t["map-bg"], 1.4);
    },
    unseen(c, r, t) {
      circle(c, r * 0.5);
      outlined(c, t["data-2"], t["map-bg"], 1.2);
    },
    camera(c, r, t) {
      camera(c, r * 0.85);
      outlined(c, t["data-1"], t["map-bg"], 1.4);
    },
    "camera-off"(c, r, t) {
      camera(c, r * 0.85);
      outlined(c, t["text-3"], t["map-bg"], 1.6);
      slash(c, r * 0.85, t["text-3"], t["map-bg"], 1.6);
    },
    hydrant(c, r, t) {
      c.beginPath();
      c.moveTo(-r * 0.4, r * 0.8);
      c.lineTo(-r * 0.4, -r * 0.35);
      c.arc(0, -r * 0.35, r * 0.4, Math.PI, 0);
      c.lineTo(r * 0.4, r * 0.8);
      c.moveTo(-r * 0.7, r * 0.8);
      c.lineTo(r * 0.7, r * 0.8);
      c.moveTo(-r * 0.75, 0);
      c.lineTo(r * 0.75, 0);
      outlined(c, t["data-1"], t["map-bg"], 1.5);
    },
    resource(c, r, t) {
      c.beginPath();
      c.roundRect(-r * 0.75, -r * 0.75, r * 1.5, r * 1.5, r * 0.3);
      c.moveTo(0, -r * 0.38);
      c.lineTo(0, r * 0.38);
      c.moveTo(-r * 0.38, 0);
      c.lineTo(r * 0.38, 0);
      outlined(c, t["data-1"], t["map-bg"], 1.5);
    },
    worker(c, r, t) {
      circle(c, r * 0.85);
      c.moveTo(r * 0.26, -r * 0.25);
      c.arc(0, -r * 0.25, r * 0.26, 0, 2 * Math.PI);
      c.moveTo(-r * 0.45, r * 0.5);
      c.arc(0, r * 0.5, r * 0.45, Math.PI, 0);
      outlined(c, t["data-1"], t["map-bg"], 1.4);
    },
    incident(c, r, t) {
      flag(c, r * 0.8);
      outlined(c, t["text-1"], t["map-bg"], 1.6);
    },
  };

  function surface(width, height, ratio) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(width * ratio);
    canvas.height = Math.ceil(height * ratio);
    const c = canvas.getContext("2d");
    c.scale(ratio, ratio);
    return [canvas, c];
  }

  // One stamp: { canvas, w, h } in CSS pixels, to be drawn centred.
  function stamp(name, diameter, t, ratio) {
    const side = Math.ceil(diameter) + 6;
    const [canvas, c] = surface(side, side, ratio);
    c.translate(side / 2, side / 2);
    DRAW[name](c, diameter / 2, t);
    return { canvas, w: side, h: side };
  }

  // A count in a neutral pill with a shape before it; quiet (no edge, dim) where all is normal.
  function pill(text, shape, quiet, t, ratio) {
    const font = t.size.label, h = Math.round(font * (quiet ? 1.35 : 1.7)), side = shape ? font * (quiet ? 0.85 : 0.95) : 0;
    const probe = surface(1, 1, 1)[1];
    probe.font = `${quiet ? 400 : 700} ${font}px ${t.font}`;
    const edge = font * (quiet ? 0.35 : 0.5), gap = side ? font * 0.3 : 0;
    const w = Math.ceil(edge * 2 + side + gap + probe.measureText(text).width);
    const [canvas, c] = surface(w + 2, h + 2, ratio);
    c.translate(1, 1);
    c.beginPath();
    c.roundRect(0, 0, w, h, h / 2);
    c.fillStyle = t["map-bg"];
    c.globalAlpha = quiet ? 0.5 : 1;
    c.fill();
    c.globalAlpha = 1;
    if (!quiet) {
      c.strokeStyle = t["line-strong"];
      c.lineWidth = 1;
      c.stroke();
    }
    if (shape) {
      c.save();
      c.translate(edge + side / 2, h / 2);
      if (quiet) c.globalAlpha = 0.75;
      DRAW[shape](c, side / 2, t);
      c.restore();
    }
    c.font = probe.font;
    c.fillStyle = quiet ? t["text-3"] : t["text-1"];
    c.textBaseline = "middle";
    c.fillText(text, edge + side + gap, h / 2 + font * 0.06);
    return { canvas, w: w + 2, h: h + 2 };
  }

  // A name in a plate of the panel's colour.
  function tag(text, t, ratio) {
    const font = t.size.label * 1.05, h = Math.round(font * 1.8), probe = surface(1, 1, 1)[1];
    probe.font = `700 ${font}px ${t.font}`;
    const w = Math.ceil(font * 1.2 + probe.measureText(text).width), [canvas, c] = surface(w, h, ratio);
    c.beginPath();
    c.roundRect(0, 0, w, h, 3);
    c.fillStyle = t.bg;
    c.fill();
    c.font = probe.font;
    c.fillStyle = t["text-1"];
    c.textBaseline = "middle";
    c.fillText(text, font * 0.6, h / 2 + font * 0.06);
    return { canvas, w, h };
  }

  // All stamps of one theme, size and pixel ratio; pills are made as counts turn up and forgotten when too many.
  class Stamps {
    constructor(root, ratio) {
      this.tokens = tokens(root);
      this.ratio = ratio;
      this.made = new Map();
    }

    shape(name, diameter) {
      return this._keep(`${name}/${diameter}`, () => stamp(name, diameter, this.tokens, this.ratio));
    }

    pill(text, shape, quiet = false) {
      return this._keep(`pill/${text}/${shape}/${quiet}`, () => pill(text, shape, quiet, this.tokens, this.ratio));
    }

    tag(text) {
      return this._keep(`tag/${text}`, () => tag(text, this.tokens, this.ratio));
    }

    _keep(key, make) {
      let found = this.made.get(key);
      if (!found) {
        if (this.made.size > 2000) this.made.clear();
        this.made.set(key, (found = make()));
      }
      return found;
    }
  }

  // Paints every element with a data-glyph below `root`: the legend. As pictures, for each canvas would be a layer of its
  // own to the compositor, and above the map so would be whatever lies between them.
  function paintLegend(root, stamps) {
    for (const place of root.querySelectorAll("[data-glyph]")) {
      if (place.paintedWith === stamps) continue;
      const side = place.clientWidth, found = stamps.shape(place.dataset.glyph, (side || 18) - 4);
      if (side) place.paintedWith = stamps; // what is hidden has no size yet
      found.url ||= `url(${found.canvas.toDataURL()})`;
      place.style.backgroundImage = found.url;
      place.style.backgroundSize = `${found.w}px`;
    }
  }

  (window.yiping = window.yiping || {}).mapShapes = { Stamps, paintLegend, tokens };
})();
