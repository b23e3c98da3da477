// What the desk says above its columns: that alarms come as a flood, and that nothing comes any more.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const byId = (id) => document.getElementById(id);
  const put = (where, name, text) => yiping.deskRows.setText(where.querySelector(`[data-f="${name}"]`), text);

  /** `lines()` are those of the list, `show(on)` switches it between the flood's view and the calm one. */
  function createFlood({ lines, show, announce }) {
    let flooding = false;
    let unfolded = false; // the officer has switched the flood's view off

    function weigh() {
      const flood = yiping.reducer.flood(yiping.live.state()), on = Boolean(flood), n = flood ? flood.per10 : 0;
      if (on !== flooding) {
        flooding = on;
        unfolded = false;
        if (on) announce(t("告警洪泛：近 10 分钟 {n} 条", { n }));
      }
      show(flooding && !unfolded);
      const banner = byId("desk-flood");
      banner.hidden = !flooding;
      if (!flooding) return;
      put(banner, "title", t("告警洪泛 · 近 10 分钟 {n} 条", { n }));
      put(banner, "said", unfolded ? t("现在逐条列出") : folded());
      put(banner, "switch", unfolded ? t("回到洪泛视图") : t("退出洪泛视图"));
    }

    /** What of it is held in counts, and what is not. */
    function folded() {
      const merged = lines().filter((line) => line.type === "group"), of = (held) => merged.filter((group) => Boolean(group.held) === held).reduce((sum, group) => sum + group.ids.length, 0);
      return [of(false) && t("同源合并 {n} 条", { n: of(false) }), of(true) && t("提示折叠 {n} 条", { n: of(true) }), t("紧急与生命安全逐条保留")].filter(Boolean).join(" · ");
    }

    function toggle() {
      if (!flooding) return;
      unfolded = !unfolded;
      weigh();
    }

    return { weigh, toggle };
  }

  /** What devices say, or what is pushed, has not come for a while. (A lost connection has the banner of all pages.) */
  function doubt() {
    const { connection, behind, lastEventAt } = yiping.live.status(), note = byId("desk-late"), late = connection === "late";
    if (late) {
      const time = yiping.display.clock(behind ? Date.parse(behind) : lastEventAt || yiping.live.serverNow());
      put(note, "title", behind ? t("收数停在 {time}", { time }) : t("推送停在 {time}", { time }));
      put(note, "said", t("之后的新告警可能没有到，请用电话与消控室核对"));
    }
    note.hidden = !late;
  }

  yiping.deskFlood = { createFlood, doubt };
})();
