// Mentions at the desk: whom a note may name, offered while it is written, and the notes that name oneself, with how many
// are unread. What changes comes as an event.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const byId = (id) => document.getElementById(id);
  const BEGUN = /(?:^|[\s,，。;；:：])@([^\s@]*)$/; // a name that is being written
  const SHOWN = 6;

  let own = { unread: 0, mentions: [] };
  let named = null; // who may be named in the note that is being written; null while that is not known

  function draw() {
    const bell = byId("desk-mentions");
    if (!bell) return;
    bell.classList.toggle("is-unread", own.unread > 0);
    bell.querySelector('[data-f="unread"]').textContent = own.unread || "";
    bell.setAttribute("aria-label", own.unread ? t("{n} 条提到您的备注未读", { n: own.unread }) : t("提到我的备注"));
  }

  async function refresh() {
    if (!byId("desk-mentions")) return;
    const answer = await fetch("/api/v1/mentions", { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok) return; // the banner of a lost connection says it
    own = await answer.json();
    draw();
  }

  function line(mention, go) {
    const row = document.createElement("li"), button = document.createElement("button");
    const what = document.createElement("b"), text = document.createElement("span"), who = document.createElement("span");
    what.textContent = `${yiping.word("alarm", mention.kind)} · ${mention.place}`;
    text.textContent = mention.text;
    who.textContent = `${mention.by} · ${yiping.display.clock(Date.parse(mention.at)).slice(0, 5)}${mention.unread ? ` · ${t("未读")}` : ""}`;
    who.className = "desk-dim";
    button.type = "button";
    button.append(what, text, who);
    button.addEventListener("click", () => {
      button.closest("dialog").close();
      go(mention.alarm_id);
    });
    row.append(button);
    return row;
  }

  /** The list; what it shows counts as read. */
  async function open(go) {
    const unread = own.mentions.filter((mention) => mention.unread).map((mention) => mention.id);
    yiping.deskDialogs.open("mentions", {
      said: { of: own.mentions.length ? "" : t("还没有备注提到您") },
      prepare: (dialog) => dialog.querySelector("[data-mentions]").replaceChildren(...own.mentions.map((mention) => line(mention, go))),
    });
    if (!unread.length) return;
    const answer = await yiping.deskActions.post("/api/v1/mentions/read", { ids: unread }).catch(() => null);
    if (answer && answer.ok) {
      own = await answer.json();
      draw();
    }
  }

  /** Offer names in the note's dialog: arrows choose, Enter or Tab takes, Escape leaves. */
  async function complete(dialog, alarm) {
    const field = dialog.querySelector("textarea"), list = dialog.querySelector("[data-people]");
    let people = [], found = [], at = 0;

    function show(next) {
      found = next;
      at = 0;
      list.hidden = !found.length;
      list.replaceChildren(...found.map((person, i) => {
        const option = document.createElement("li"), name = document.createElement("b");
        name.textContent = person.display || person.name;
        option.append(name, ` @${person.name}`);
        Object.assign(option, { id: `desk-person-${i}`, role: "option" });
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault(); // the field keeps the focus
          take(i);
        });
        return option;
      }));
      mark();
    }

    function mark() {
      [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
      if (found.length) field.setAttribute("aria-activedescendant", `desk-person-${at}`);
      else field.removeAttribute("aria-activedescendant");
    }

    function take(i) {
      const before = field.value.slice(0, field.selectionStart), after = field.value.slice(field.selectionStart);
      const start = before.length - before.match(BEGUN)[1].length;
      field.setRangeText(`${found[i].name} `, start, field.selectionStart, "end");
      if (after.startsWith(" ")) field.setRangeText("", field.selectionStart, field.selectionStart + 1, "end");
      show([]);
    }

    const offer = () => {
      const begun = field.value.slice(0, field.selectionStart).match(BEGUN), part = begun && begun[1].toLowerCase();
      show(begun ? people.filter((p) => p.name.includes(part) || p.display.toLowerCase().includes(part)).slice(0, SHOWN) : []);
    };
    field.oninput = offer;
    field.onkeydown = (event) => {
      if (!found.length || event.isComposing) return;
      const { key } = event;
      if (key === "ArrowDown" || key === "ArrowUp") at = (at + (key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      else if (key === "Enter" || key === "Tab") take(at);
      else if (key === "Escape") show([]);
      else return;
      event.preventDefault();
      event.stopPropagation();
      mark();
    };
    show([]);
    named = null;
    const answer = await fetch(`/api/v1/mentions/people?alarm=${alarm.alarm_id}`, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const all = (await answer.json()).people;
    named = new Set(all.map((person) => person.name));
    people = all.filter((person) => person.name !== yiping.here.desk.me);
    offer();
  }

  /** Those of `names` whom a note about this alarm does not reach. */
  const unknown = (names) => (named ? names.filter((name) => !named.has(name)) : []);

  yiping.deskMentions = { complete, open, refresh, unknown };
})();
