// What the desk says above its columns: that alarms come as a flood, and that nothing comes any more.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const byId = (id) => document.getElementById(id);
  const put = (where, name, text) => yiping.deskRows.setText(where.querySelector(`[data-f="${name}"]`), text);

  const ASKED_MS = 5000; // how often it is asked what the flood's alarms share, and whether help was asked for

  /** `疑似同源：消防栓水压低 · 水贝社区，14:28 起 14/32 条`; nothing where nothing stands out. */
  function suspicion(cause) {
    if (!cause) return "";
    const where = cause.by === "anywhere" ? "" : cause.by === "kind" ? cause.area_name : cause.place, what = [yiping.word("alarm", cause.kind), where].filter(Boolean).join(" · ");
    const time = yiping.display.clock(Date.parse(cause.since)).slice(0, 5);
    return t("疑似同源：{what}，{time} 起 {n}/{of} 条", { what, time, n: cause.count, of: cause.total });
  }

  /** What the list is narrowed to for what is suspected. What explains others is opened instead. */
  function narrowing(cause) {
    if (cause.by === "building") return { q: cause.place, kind: "" };
    return { kind: cause.kind, q: cause.by === "kind" ? cause.area_name : "" };
  }

  /**
   * `lines()` are those of the list, `show(on)` switches it between the flood's view and the calm one, `narrow(change)`
   * narrows it (to all by nothing), `goTo(id)` opens an alarm, `acts` says and sends.
   */
  function createFlood({ lines, show, narrow, goTo, acts }) {
    const { announce, tell } = acts;
    let flooding = false;
    let unfolded = false; // the officer has switched the flood's view off
    let told = { cause: null, help: null }; // what the server says of it
    let askedAt = -ASKED_MS;
    let narrowed = false;
    const address = (what = "") => `/api/v1/alarms/flood${what}?mine=1&area=${encodeURIComponent(yiping.here.code)}`;
    const mayAsk = () => yiping.here.desk.may.includes("act_on_alarms");

    async function ask(anew = false) {
      if (!anew && performance.now() - askedAt < ASKED_MS) return;
      askedAt = performance.now();
      const answer = await fetch(address(), { credentials: "same-origin" }).catch(() => null);
      if (!answer || !answer.ok) return; // what was told last stands, with its time
      told = await answer.json();
      draw();
    }

    /** What is suspected, and the help that was asked for or can be. */
    function draw() {
      const banner = byId("desk-flood"), { cause, help } = told, button = (action) => banner.querySelector(`[data-action="${action}"]`);
      put(banner, "cause", suspicion(cause));
      button("sameCause").hidden = !cause && !narrowed;
      put(banner, "same", narrowed ? t("看全部") : t("只看同源 {n} 条", { n: cause ? cause.count : 0 }));
      button("reinforce").hidden = !mayAsk() || Boolean(help);
      const time = help && yiping.display.clock(Date.parse(help.at)).slice(0, 5);
      put(banner, "help", help ? t("{time} {who} 已请求增援 → {whom}", { time, who: help.by_name, whom: help.whom }) : "");
    }

    function sameCause() {
      if (!flooding) return;
      const { cause } = told;
      if (narrowed || !cause) {
        if (narrowed) narrow({ kind: "", q: "" });
        narrowed = false;
      } else if (cause.by === "parent") goTo(cause.alarm_id);
      else {
        narrowed = true;
        narrow(narrowing(cause));
      }
      draw();
    }

    async function send(method) {
      const answer = await yiping.deskActions.request(method, address("/help")).catch(() => null);
      const said = answer && (await answer.json().catch(() => null));
      if (!answer || !answer.ok) return tell(answer ? yiping.deskActions.sentence(said) || t("操作没有生效，请再看一眼") : t("服务器没有响应，不知道是否生效，请再看一眼"), "is-refused");
      told = said;
      draw();
      if (method === "DELETE") return tell(t("已撤回增援请求"));
      return acts.undoable(t("已请求增援 → {whom}", { whom: said.help ? said.help.whom : "" }), () => send("DELETE"));
    }

    function reinforce() {
      if (!flooding) return tell(t("现在没有告警洪泛。"));
      if (!mayAsk()) return tell(t("您的账号没有这项权限。"), "is-refused");
      if (told.help) return tell(t("刚刚已经请求过增援。"));
      return send("POST");
    }

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
      if (!flooding) {
        if (narrowed) sameCauseOver();
        return;
      }
      ask();
      put(banner, "title", t("告警洪泛 · 近 10 分钟 {n} 条", { n }));
      put(banner, "said", unfolded ? t("现在逐条列出") : folded());
      put(banner, "switch", unfolded ? t("回到洪泛视图") : t("退出洪泛视图"));
    }

    /** What of it is held in counts, and what is not. */
    function folded() {
      const merged = lines().filter((line) => line.type === "group"), of = (held) => merged.filter((group) => Boolean(group.held) === held).reduce((sum, group) => sum + group.ids.length, 0);
      return [of(false) && t("同源合并 {n} 条", { n: of(false) }), of(true) && t("提示折叠 {n} 条", { n: of(true) }), t("紧急与生命安全始终可见")].filter(Boolean).join(" · ");
    }

    /** With the flood its narrowing ends. */
    function sameCauseOver() {
      narrowed = false;
      narrow({ kind: "", q: "" });
    }

    function toggle() {
      if (!flooding) return;
      unfolded = !unfolded;
      weigh();
    }

    return { weigh, toggle, sameCause, reinforce };
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
