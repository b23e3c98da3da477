// Drill and maintenance windows at the desk: announced in a dialog, told in a banner while they hold or are near. What
// changes comes as an event; the names of places are asked for then.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const byId = (id) => document.getElementById(id);
  const NEAR_MS = 86400000; // one that begins later is no news yet
  const HOUR_MS = 3600000;
  const SHOWN = 3;
  const KINDS = { drill: "演练", maintenance: "检修" };

  const moment = (at) => yiping.display.minute(Date.parse(at), yiping.live.serverNow());

  /** What a field of date and time takes and gives: minutes in Shanghai, whatever the clock of the screen says. */
  const forField = (ms) => new Date(ms + 8 * HOUR_MS).toISOString().slice(0, 16);
  const fromField = (text) => (text ? `${text}:00+08:00` : null);

  const said = async (answer) => yiping.deskActions.sentence(await answer.json().catch(() => null)) || t("操作没有生效，请再看一眼");

  function line(known, told, tell) {
    const box = document.createElement("div"), name = document.createElement("b"), more = document.createElement("span");
    const open = told.phase === "open";
    name.textContent = open ? t("{kind}进行中", { kind: t(KINDS[told.kind]) }) : t("即将{kind}", { kind: t(KINDS[told.kind]) });
    const where = known ? known.place || known.area_name : "", span = `${moment(told.since)}–${moment(told.until)}`;
    more.textContent = [where, span, told.reason, known ? known.by_name : ""].filter(Boolean).join(" · ");
    box.append(name, more);
    if (yiping.here.desk.may.includes("act_on_alarms")) {
      const end = document.createElement("button");
      Object.assign(end, { type: "button", className: "desk-button is-small", textContent: open ? t("提前结束") : t("取消通告") });
      end.addEventListener("click", async () => {
        const answer = await yiping.deskActions.request("DELETE", `/api/v1/alarm-windows/${told.window_id}`).catch(() => null);
        if (!answer || !answer.ok) tell(answer ? await said(answer) : t("服务器没有响应，不知道是否生效，请再看一眼"), "is-refused");
      });
      box.append(end);
    }
    return box;
  }

  function create({ tell }) {
    const names = new Map();

    function show(windows) {
      const place = byId("desk-windows"), near = windows.filter((w) => w.phase === "open" || Date.parse(w.since) - yiping.live.serverNow() < NEAR_MS);
      const lines = near.slice(0, SHOWN).map((w) => line(names.get(w.window_id), w, tell));
      if (near.length > SHOWN) {
        const rest = document.createElement("p");
        rest.textContent = t("另有 {n} 项演练或检修", { n: near.length - SHOWN });
        lines.push(rest);
      }
      place.replaceChildren(...lines);
      place.hidden = !near.length;
    }

    return {
      /** Draw `windows` (as the live state has them); places that are not named yet are asked for. */
      async draw(windows) {
        show(windows);
        if (windows.every((w) => names.has(w.window_id))) return;
        const answer = await fetch(`/api/v1/alarm-windows?area=${encodeURIComponent(yiping.here.code)}`, { credentials: "same-origin" }).catch(() => null);
        if (!answer || !answer.ok) return;
        for (const known of (await answer.json()).windows) names.set(known.id, known);
        show(yiping.reducer.windows(yiping.live.state()));
      },
    };
  }

  /** The dialog. `places`: what of the open alarm's place it may be of; the page's area is always one. */
  function announce(places, tell) {
    const here = [`area:${yiping.here.code}`, t("本页区域"), yiping.here.name], now = yiping.live.serverNow();
    const offered = [...places.filter(([value]) => value !== here[0]), here];
    return yiping.deskDialogs.open("window", {
      prepare(dialog) {
        yiping.deskDialogs.offer(dialog.querySelector("[data-options]"), "place", offered);
        dialog.querySelector("[name=place]:checked").checked = false;
        [...dialog.querySelectorAll("[name=place]")].pop().checked = true;
        dialog.querySelector("[name=since]").value = forField(now);
        dialog.querySelector("[name=until]").value = forField(now + HOUR_MS);
      },
      async send({ kind, place, since, until, reason }) {
        if (!reason) return t("请写明演练或检修的事由。");
        const [of, ...code] = place.split(":"), body = { kind, [of]: code.join(":"), since: fromField(since), until: fromField(until), reason };
        if (!body.since || !body.until) return t("请填写开始和结束的时间");
        const answer = await yiping.deskActions.post("/api/v1/alarm-windows", body).catch(() => null);
        if (!answer) return t("服务器没有响应，不知道是否生效，请再看一眼");
        if (!answer.ok) return said(answer);
        tell(t("已通告"));
        return null;
      },
    });
  }

  yiping.deskWindows = { create, announce };
})();
