// Shifts at the desk: who sits where, beginning, handing over what is open with a word about it, taking over.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const byId = (id) => document.getElementById(id);
  const SHOWN = 4;

  let duty = null; // the newest answer of /api/v1/shifts

  async function ask(path, body) {
    const answer = await yiping.deskActions.post(path, body).catch(() => null);
    if (!answer) return { refused: t("服务器没有响应，不知道是否生效，请再看一眼") };
    const said = await answer.json().catch(() => ({}));
    return answer.ok ? { said } : { refused: yiping.deskActions.sentence(said) || t("操作没有生效，请再看一眼") };
  }

  const name = (shift) => `${shift.seat ? `${shift.seat} ` : ""}${shift.display || shift.user}${shift.mine ? t("（我）") : ""}`;

  /** An account's name as people say it. */
  const called = (user) => ((duty ? duty.shifts : []).find((shift) => shift.user === user) || {}).display || (yiping.here.desk.names || {})[user] || user;

  /** A hand-over that waits for the viewer, or for whoever comes. */
  function waiting() {
    const { me } = yiping.here.desk;
    return duty.handovers.find((h) => h.signed_from_at && !h.signed_to_at && h.from_user !== me && (!h.to_user || h.to_user === me));
  }

  /** The viewer has signed his hand-over; the other has not yet. */
  const signed = () => duty.handovers.find((h) => h.shift_id === duty.mine.id && h.signed_from_at && !h.signed_to_at);

  function draw(alarms) {
    const inHand = {};
    for (const a of alarms) if (a.owner && a.state !== "closed") inHand[a.owner] = (inHand[a.owner] || 0) + 1;
    const seats = duty.shifts.slice(0, SHOWN).map((shift) => {
      const seat = document.createElement("span"), who = document.createElement("b");
      who.textContent = name(shift);
      seat.append(who, t("在办 {n}", { n: inHand[shift.user] || 0 }));
      return seat;
    });
    if (!seats.length) {
      const none = document.createElement("span");
      none.textContent = t("无人在班，告警上报一级");
      none.className = "is-bad";
      seats.push(none);
    }
    const place = byId("desk-seats"), drawn = seats.map((seat) => seat.textContent).join();
    if (place.dataset.drawn !== drawn) place.replaceChildren(...seats);
    place.dataset.drawn = drawn;
    const button = byId("desk-shift"), log = byId("desk-log");
    if (button) button.firstElementChild.textContent = duty.mine ? (signed() ? t("等待签收") : t("交班")) : waiting() ? t("签收接班") : t("接班");
    const from = duty.mine ? Date.parse(duty.mine.started_at) : yiping.live.serverNow() - 86400000;
    log.href = `/api/v1/duty-log?${new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(yiping.live.serverNow()).toISOString(), format: "xlsx", lang: document.body.dataset.lang === "en" ? "en" : "zh" })}`;
    log.hidden = !yiping.here.desk.may.includes("act_on_alarms");
  }

  function create({ queue, tell }) {
    async function refresh() {
      const answer = await fetch(`/api/v1/shifts?area=${encodeURIComponent(yiping.here.code)}`, { credentials: "same-origin" }).catch(() => null);
      if (!answer || !answer.ok) return;
      duty = await answer.json();
      draw(queue.all());
    }

    /** Send; what was refused keeps the dialog open, what was done is said. */
    const sent = async (path, body, words) => {
      const { refused } = await ask(path, body);
      if (refused) return refused;
      tell(words);
      await refresh();
      return null;
    };

    const begin = () => yiping.deskDialogs.open("start", {
      prepare(dialog) {
        dialog.onclick = ({ target }) => target.dataset.sound === "test" && yiping.deskSound.test().then((state) => {
          const said = state === "on" ? t("没有听到？检查音量和音箱。") : t("现在没有声音：关上这里，按 M 打开。");
          dialog.querySelector('[data-f="sound"]').textContent = said;
        });
      },
      send: ({ seat }) => sent("/api/v1/shifts/start", { area: yiping.here.code, seat: seat || null }, t("已接班")),
    });

    const takeOver = (handover) => yiping.deskDialogs.open("sign", {
      said: { of: t("{who} 交来 {n} 条告警", { who: called(handover.from_user), n: handover.items.length }), note: handover.note || "" },
      prepare: (dialog) => items(dialog, handover.items.map((item) => ({ ...item, words: words(item.alarm_id) })), false),
      send: () => sent(`/api/v1/handovers/${handover.id}/sign`, {}, t("已签收接班")),
    });

    const words = (id) => (queue.get(id) ? `${yiping.deskRows.title(queue.get(id))} · ${yiping.deskRows.place(queue.get(id))} · ${t("编号 {n}", { n: id })}` : t("告警 {n}", { n: id }));

    function handOver() {
      const { me } = yiping.here.desk;
      const mine = [...queue.all()].filter((a) => a.owner === me && a.state !== "closed");
      const to = signed() && (signed().to_user || t("下一位"));
      return yiping.deskDialogs.open("handover", {
        said: { of: to ? t("您已签字，等待 {who} 签收；再签一次以新的为准。", { who: to }) : mine.length ? t("您名下 {n} 条未关闭的告警一并交出", { n: mine.length }) : t("您名下没有未关闭的告警") },
        prepare(dialog) {
          dialog.querySelector("datalist").replaceChildren(...duty.successors.map((one) => new Option(one.display || one.name, one.name)));
          items(dialog, mine.map((a) => ({ alarm_id: a.alarm_id, words: words(a.alarm_id) })), true);
        },
        send({ to_user: to, note, ...notes }) {
          if (!mine.length && !to && !note) return sent(`/api/v1/shifts/${duty.mine.id}/end`, {}, t("已下班"));
          const list = mine.map((a) => ({ alarm_id: a.alarm_id, note: notes[`note-${a.alarm_id}`] || null }));
          return sent(`/api/v1/shifts/${duty.mine.id}/handover`, { to_user: to || null, items: list, note: note || null }, t("已交班，等待对方签收"));
        },
      });
    }

    function items(dialog, list, writing) {
      dialog.querySelector("[data-items]").replaceChildren(...list.map((item) => {
        const line = document.createElement("li"), label = document.createElement("label"), text = document.createElement("span");
        text.textContent = item.words;
        label.append(text);
        if (writing) {
          const input = document.createElement("input");
          Object.assign(input, { type: "text", name: `note-${item.alarm_id}`, maxLength: 500, placeholder: t("要交代的话") });
          label.append(input);
        } else if (item.note) label.append(item.note);
        line.append(label);
        return line;
      }));
    }

    return {
      refresh, called,
      redraw: () => duty && draw(queue.all()),
      async open() {
        if (!duty) await refresh(); // else at once: what is typed next belongs into the dialog
        if (!duty) return tell(t("服务器没有响应，不知道是否生效，请再看一眼"), "is-refused");
        if (duty.mine) return handOver();
        return waiting() ? takeOver(waiting()) : begin();
      },
    };
  }

  yiping.deskShift = { create };
})();
