// The officer's hands and ears: which dialog an action needs, what is sent, what is said of it, what can be undone, and
// how an alarm that has just come is heard.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const byId = (id) => document.getElementById(id);
  const MENTION = /(?:^|[\s,，。;；:：])@([^\s@,，。;；:：]+)/g; // begins where a name is offered

  const NEEDS = { acknowledge: "acknowledge", call: "acknowledge", undo: "acknowledge", note: "comment", tick: "comment", mentions: "comment", reveal: "reveal" }; // all else is the officer's

  const SHY_MS = 1000; // the longest span is not refused because this clock is a little ahead of the server's

  let choices = []; // whom the open alarm can be sent to: [value, text, note]
  let places = []; // what of its place a window may be of, likewise

  const ALONE = new Set(["dispatch", "note", "tick", "call", "reveal", "incident", "event"]); // of a folded event said of the alarm that is open

  function create({ queue, detail, targets, redraw, clear, go }) {
    const { send, toast, DONE, SAFE, UNDO_MS } = yiping.deskActions;
    const { may, me } = yiping.here.desk;
    const onTheWay = new Set(); // what was sent and has no answer yet: a second press of its key sends nothing more
    let last = null; // what can be undone: { ids, until }

    let leave = () => undefined; // takes the line with its undo away
    const tell = (text, kind = "") => toast(byId("desk-toasts"), text, { kind });
    const announce = (text) => (byId("desk-say").textContent = text);
    const ofOneEvent = (alarms) => alarms.length > 1 && Boolean(alarms[0].event_id) && alarms.every((a) => a.event_id === alarms[0].event_id);

    function named(alarms) {
      if (alarms.length === 1) return `${yiping.deskRows.title(alarms[0])} · ${alarms[0].place}`;
      return ofOneEvent(alarms) ? `${yiping.word("alarm", alarms[0].kind)} ×${alarms.length} · ${alarms[0].place}` : t("{n} 条告警", { n: alarms.length });
    }

    const shift = yiping.deskShift.create({ queue, tell });

    /** Send, take over what the server answers, and say it unless the page has `shown` it where it was asked for. Answers with a sentence when nothing was done. */
    async function act(action, alarms, more = {}, { quiet = false, shown = false } = {}) {
      const what = JSON.stringify([action, alarms.map((a) => a.alarm_id), more]);
      if (!alarms.length || onTheWay.has(what)) return null;
      onTheWay.add(what);
      const { done, refused } = await send(action, alarms, more).finally(() => onTheWay.delete(what));
      for (const record of done) queue.patch(record);
      if (done.length) {
        const ids = done.map((record) => record.id), waits = action === "close" && done.some((record) => record.state !== "closed");
        const words = `${waits ? t("已判断，恢复后自动关闭") : t(DONE[action])} · ${named(ids.map((id) => queue.get(id)).filter(Boolean))}`;
        const undoable = SAFE.has(action) && !quiet;
        if (undoable || (last && ids.some((id) => last.ids.includes(id)))) {
          leave(); // what it offers to take back is the last thing no more
          last = undoable ? { ids, until: performance.now() + UNDO_MS } : null;
        }
        if (undoable) leave = toast(byId("desk-toasts"), words, { ms: UNDO_MS, action: t("撤销"), onAction: undo });
        else if (!shown) tell(words);
        if (done.length > 1) clear();
      }
      if (refused.length) await complain(refused);
      redraw();
      shift.redraw();
      detail.refresh();
      return done.length ? null : refused[0] && refused[0].why;
    }

    /** One sentence for each reason; what was seen was old, so it is read anew. */
    async function complain(refused) {
      const whys = new Map();
      for (const { why } of refused) whys.set(why, (whys.get(why) || 0) + 1);
      for (const [why, n] of whys) tell((n > 1 ? `${t("{n} 条没有处理", { n })}：` : "") + (why || t("操作没有生效，请再看一眼")), "is-refused");
      if (refused.length > 20) return;
      await Promise.all(refused.map(async ({ id }) => {
        const answer = await fetch(`/api/v1/alarms/${id}`, { credentials: "same-origin" }).catch(() => null);
        if (answer && answer.ok) queue.patch((await answer.json()).alarm);
      }));
    }

    /** Say what was done elsewhere, and offer to take it back by the same key as an action. */
    function undoable(text, back) {
      leave();
      last = { ids: [], until: performance.now() + UNDO_MS, back };
      leave = toast(byId("desk-toasts"), text, { ms: UNDO_MS, action: t("撤销"), onAction: undo });
    }

    function undo() {
      if (last && last.back && performance.now() <= last.until) {
        const { back } = last;
        last = null;
        leave();
        return back();
      }
      if (!last || performance.now() > last.until) return tell(t("没有可以撤销的操作"));
      return act("undo", last.ids.map((id) => queue.get(id)).filter(Boolean), {}, { quiet: true });
    }

    const ask = (name, alarms, options = {}) => yiping.deskDialogs.open(name, { ...options, said: { of: named(alarms), ...options.said } });

    const SPANS = { clear: () => ({ until_clear: true }) };
    const spanOf = (span) => (SPANS[span] ? SPANS[span]() : { until: new Date(yiping.live.serverNow() + Number(span) * 60000 - SHY_MS).toISOString() });

    const RUN = {
      acknowledge(alarms) {
        const unseen = alarms.filter(yiping.deskQueue.isUnacked);
        return unseen.length ? act("acknowledge", unseen) : tell(t("已经确认过了"));
      },
      /** All open alarms of a confirmed event at once, in one transaction. */
      event([a], { what = "acknowledge" }) {
        if (a.event_id === null) return tell(t("这条告警不属于已证实的事件"));
        const all = [...queue.all()].filter((b) => b.event_id === a.event_id && b.state !== "closed");
        if (what === "acknowledge") return RUN.acknowledge(all);
        return what === "claim" ? act("claim", all.filter((b) => !b.owner)) : RUN.close(all);
      },
      async claim(alarms) {
        const free = alarms.filter((a) => !a.owner), others = alarms.filter((a) => a.owner && a.owner !== me);
        if (free.length) return act("claim", free);
        if (!others.length) return act("release", alarms);
        const owner = [...new Set(others.map((a) => shift.called(a.owner)))].join("、");
        return ask("takeover", others, { said: { owner: t("{owner} 已认领这条告警。", { owner }) }, send: () => act("claim", others, { take_over: true }) });
      },
      shelve(alarms) {
        if (alarms.every(yiping.deskQueue.isShelved)) return act("unshelve", alarms);
        return ask("shelve", alarms, {
          send: ({ span, reason }) => (reason ? act("shelve", alarms, { ...spanOf(span), reason }) : t("请写明为什么搁置")),
        });
      },
      close: (alarms, { reason: judged } = {}) => ask("close", alarms, {
        prepare(dialog) {
          if (judged) dialog.querySelector(`[value="${judged}"]`).checked = true;
        },
        said: { stands: alarms.some((a) => a.state.startsWith("active")) ? t("告警条件仍在：先记下判断，恢复后自动关闭。") : "" },
        send: ({ reason, note }) => act("close", alarms, { reason, note: note || null }),
      }),
      /** One at once; several that bear each other out are asked about first. */
      false: (alarms) => (ofOneEvent(alarms) ? RUN.close(alarms, { reason: "false" }) : act("close", alarms, { reason: "false", note: null })),
      dispatch: (alarms) => ask("dispatch", alarms.slice(0, 1), {
        prepare: (dialog) => yiping.deskDialogs.offer(dialog.querySelector("[data-options]"), "to", choices),
        send({ to, note }) {
          if (!to) return t("附近没有可以派的人或队伍");
          const [kind, id] = to.split(":");
          return act("dispatch", alarms.slice(0, 1), { [`${kind}_id`]: Number(id), note: note || null });
        },
      }),
      note(alarms) {
        let warned = null; // the text whose unknown names were said; sent again it is as it was meant
        return ask("note", alarms, {
          prepare: (dialog) => void yiping.deskMentions.complete(dialog, alarms[0]),
          send({ text }) {
            if (!text) return t("备注是空的");
            const mentions = [...text.matchAll(MENTION)].map((found) => found[1]), unknown = yiping.deskMentions.unknown(mentions);
            if (unknown.length && warned !== text) {
              warned = text;
              return t("没有叫 {who} 的同事能看到这条告警。再按 Enter 照样记下。", { who: unknown.join("、") });
            }
            return act("comment", alarms, { text, mentions });
          },
        });
      },
      tick: (alarms, { step, text }) => act("comment", alarms.slice(0, 1), { text: `✓ ${step}. ${text}`, mentions: [] }, { shown: true }),
      call(alarms, { n }) {
        const link = byId("desk-context").querySelectorAll("[data-call]")[n - 1];
        if (!link) return null;
        const who = link.dataset.callName;
        return ask("call", alarms.slice(0, 1), {
          said: { of: who },
          prepare(dialog) {
            const number = dialog.querySelector('[data-f="number"]');
            number.href = link.href;
            number.textContent = link.textContent;
          },
          send: ({ outcome, note }) => act("call", alarms.slice(0, 1), { who, outcome, note: note || null }),
        });
      },
      /** Name and number of somebody who answers here, asked for with a reason; kept on this screen while the alarm is open. */
      reveal: ([a], { person, who }) => yiping.deskDialogs.open("reveal", {
        said: { of: who },
        async send({ reason }) {
          const { found, why } = await yiping.deskActions.reveal(person, `${reason} · ${t("告警")} ${a.alarm_id}`);
          if (found) detail.reveal(found);
          return why;
        },
      }),
      incident: (alarms) => ask("incident", alarms.slice(0, 1), { send: ({ note }) => act("incident", alarms.slice(0, 1), { note: note || null }) }),
    };

    function sound() {
      const { deskSound } = yiping;
      return yiping.deskDialogs.open("sound", {
        prepare(dialog) {
          const draw = () => (dialog.querySelector('[data-f="state"]').textContent = soundWords(deskSound.state(), deskSound.kept()));
          dialog.querySelector("[data-sound-spoken]").checked = deskSound.kept().spoken;
          dialog.onclick = ({ target }) => {
            const { sound: what } = target.dataset;
            if (what === "test") deskSound.test().then(draw);
            else if (what) deskSound.unlock().then(() => deskSound.mute(Number(what))).then(draw);
          };
          dialog.onchange = ({ target }) => "soundSpoken" in target.dataset && deskSound.speak(target.checked);
          deskSound.unlock().then(draw);
          draw();
        },
      });
    }

    function run(action, more = {}) {
      if (action === "help") return yiping.deskDialogs.open("help");
      if (action === "sound") return sound();
      if (!may.includes(NEEDS[more.what || action] || "act_on_alarms")) return tell(me === "guest" ? t("登录后可以处置") : t("您的账号没有这项权限。"), "is-refused");
      if (action === "mentions") return yiping.deskMentions.open(go);
      if (action === "undo") return undo();
      if (action === "shift") return shift.open();
      if (action === "window") return yiping.deskWindows.announce(places, tell);
      const alarms = targets(ALONE.has(action));
      if (!alarms.length) return tell(t("先选一条告警"));
      return RUN[action](alarms, more);
    }

    /** An alarm that has just come: said to those who listen, shown to those who look. */
    function heard(a) {
      if (a.run !== null || yiping.deskQueue.isHeld(a)) return;
      const words = `${yiping.word("severity", a.severity)}，${yiping.deskRows.title(a)}，${yiping.deskRows.place(a)}`;
      yiping.deskSound.alarm(a.severity, words);
      if (a.severity >= 3) announce(words);
    }

    yiping.deskSound.onChange((state, kept) => {
      const button = byId("desk-sound");
      button.className = `desk-sound is-${state}`;
      button.querySelector('[data-f="sound"]').textContent = soundWords(state, kept);
    });

    /** Who is on shift or was mentioned has changed; without an event anything may have. */
    function duty(event) {
      if (!event || event.about === "shift") shift.refresh();
      if (!event || (event.about === "mention" && event.user === me)) yiping.deskMentions.refresh();
    }

    return { run, heard, tell, undoable, announce, duty, seats: shift.redraw, called: shift.called };
  }

  function soundWords(state, { mutedUntil, spoken }) {
    if (state === "muted") return t("静音至 {time}", { time: yiping.display.clock(mutedUntil).slice(0, 5) });
    if (state === "blocked") return t("声音被浏览器拦住");
    return spoken ? t("声音开，读出告警") : t("声音开");
  }

  yiping.deskOfficer = { create, shown: (answer) => ([choices, places] = [answer.dispatch || [], answer.windows || []]) };
})();
