// The page of walls: asks /api/v1/walls every five seconds and keeps one row a wall.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const EVERY_MS = 5000;
  const PATIENCE_MS = 4000;
  const METRICS = { population: "人口", housing: "房屋", incidents: "事件" };
  const MODES = { still: "定屏", touring: "巡屏", paused: "停留于告警" };
  const CONNECTIONS = { live: "实时", late: "推送延迟", disconnected: "推送中断", connecting: "正在连接" };
  const t = (source, values) => yiping.t(source, values);
  const rows = new Map(); // wall id → its row
  let answeredAt = null;

  const seconds = (ms) => (ms === null ? "—" : t("{n} 秒", { n: (ms / 1000).toFixed(1) }));
  const ago = (ms) => yiping.display.age(ms, t);

  /** The cells of a wall, in the order of the table's head. */
  function cells(w, at) {
    const shows = [w.area_name || w.area || "—", METRICS[w.metric] && t(METRICS[w.metric])].filter(Boolean).join(" · ");
    const how = w.lost ? t("失联") : [t(CONNECTIONS[w.connection]), t(MODES[w.mode])].join(" · ");
    const size = w.width === null ? "—" : `${w.width}×${w.height}`;
    return [
      w.name || w.id.slice(0, 8),
      shows,
      w.lost || w.awake ? how : `${how} · ${t("屏幕可能熄灭")}`,
      w.lost ? "—" : seconds(w.latency_ms),
      w.data_age_ms === null ? "—" : t("{age} 前", { age: ago(w.data_age_ms + (at - Date.parse(w.at))) }),
      t("{age} 前", { age: ago(at - Date.parse(w.at)) }),
      w.current ? w.build : `${w.build || "—"} · ${t("旧")}`,
      w.ratio && w.ratio !== 1 ? `${size} @${w.ratio}` : size,
    ];
  }

  function paint(list, found) {
    const at = Date.parse(found.at);
    for (const [id, row] of rows) {
      if (found.walls.some((w) => w.id === id)) continue;
      row.remove();
      rows.delete(id);
    }
    found.walls.forEach((w, i) => {
      let row = rows.get(w.id);
      if (!row) {
        row = document.createElement("tr");
        row.append(...Array.from({ length: 8 }, (_, n) => document.createElement(n ? "td" : "th")));
        row.firstChild.scope = "row";
        rows.set(w.id, row);
      }
      row.className = w.lost ? "is-lost" : w.connection === "live" ? "" : "is-late";
      cells(w, at).forEach((text, n) => {
        if (row.children[n].textContent !== text) row.children[n].textContent = text;
      });
      if (list.children[i] !== row) list.insertBefore(row, list.children[i] || null);
    });
    document.getElementById("walls-none").hidden = found.walls.length > 0;
    list.closest(".walls-panel").hidden = !found.walls.length;
    const lost = found.walls.filter((w) => w.lost).length;
    const said = found.walls.length ? t("{n} 块在线", { n: found.walls.length - lost }) : t("没有大屏报告过");
    return lost ? `${said} · ${t("{n} 块失联", { n: lost })}` : said;
  }

  async function ask() {
    const list = document.getElementById("walls-list"), note = document.getElementById("walls-note");
    if (!list || document.hidden) return;
    try {
      const answer = await fetch("/api/v1/walls", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error(`walls: ${answer.status}`);
      note.textContent = paint(list, await answer.json());
      note.classList.remove("is-late");
      answeredAt = performance.now();
    } catch {
      note.classList.add("is-late");
      note.textContent = answeredAt === null ? t("没有取到") : t("没有取到，停在 {age} 前", { age: ago(performance.now() - answeredAt) });
    }
  }

  if (location.pathname !== "/walls") return;
  setInterval(ask, EVERY_MS);
  new MutationObserver((_, seen) => {
    if (!document.getElementById("walls-list")) return;
    seen.disconnect();
    ask();
  }).observe(document.body, { childList: true, subtree: true });
})();
