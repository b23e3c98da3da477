// The lines of the queue as elements: copies of the server's templates, filled with what an alarm is now.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const SHAPES = { 4: "critical", 3: "major", 2: "minor", 1: "warn" };
  const TAGS = 2; // a line has room for so many
  const LOW = 0.25; // of the time for a first look
  const t = (source, values) => yiping.t(source, values);
  const age = (ms) => yiping.display.age(ms, t); // a later script of the page

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  const kind = (a) => yiping.word("alarm", a.kind);

  /** `27.5 %LEL`; nothing of a state. */
  const value = (a) => (a.value !== null && a.value !== undefined && a.unit ? `${Math.round(a.value * 100) / 100} ${a.unit}` : "");

  /** `烟感火警`, `燃气浓度高 27.5 %LEL` */
  const title = (a) => [kind(a), value(a)].filter(Boolean).join(" ");

  /** `第 5 层`, of several `第 5–7 层`; nothing where it is not known. */
  function storeys(floors) {
    const known = floors.filter((floor) => floor !== null && floor !== undefined);
    if (!known.length) return "";
    const low = Math.min(...known), high = Math.max(...known);
    return low === high ? t("第 {n} 层", { n: low }) : t("第 {n}–{to} 层", { n: low, to: high });
  }

  /** `水贝社区 · 翠竹苑 3 栋 第 5 层` */
  function place(a, floors = [a.floor]) {
    const places = (yiping.here && yiping.here.places) || {};
    let named = "";
    for (let n = a.area.length; n > 0 && !named; n -= 3) named = places[a.area.slice(0, n)] || "";
    const seat = [a.place, storeys(floors)].filter(Boolean).join(" ");
    return [...new Set([named, seat])].filter(Boolean).join(" · ");
  }

  /** What must be seen of it at once, strongest first: [word, strong]. */
  function tags(a, gone, now) {
    const { isStale, isSuppressed, isUnacked } = yiping.deskQueue;
    const found = [];
    if (a.run !== null) found.push([t("回放"), false]); // what it is not comes before what it is: this is no emergency
    if (a.window) found.push([a.window === "drill" ? t("演练") : t("检修"), false]);
    if (a.state === "closed") found.push([yiping.word("alarmState", "closed"), false]);
    else if (isUnacked(a)) found.push([yiping.word("alarmState", a.state), true]);
    else if (a.state === "cleared_acked") found.push([yiping.word("alarmState", a.state), false]);
    else if (gone) found.push([yiping.word("alarmState", a.state), false]);
    if (isSuppressed(a)) found.push([t("被抑制"), false]);
    if (a.shelved_until_clear) found.push([t("搁置到恢复"), false]);
    if (a.close_reason && a.state !== "closed") found.push([t("已判断"), false]);
    if (a.event_id && isUnacked(a)) found.push([t("已证实"), false]);
    if (a.chattering) found.push([t("抖动"), false]);
    if (isStale(a, now)) found.push([t("长存"), false]);
    if (a.incident_id) found.push([t("已转事件"), false]);
    if (a.event_id && !isUnacked(a)) found.push([t("已证实"), false]);
    return found.slice(0, TAGS); // the open alarm says them all
  }

  /** Whose it is; of what was put aside, until when. */
  function owner(a, view) {
    if (a.shelved_until) {
      const time = yiping.display.minute(Date.parse(a.shelved_until), view.now);
      return a.shelved_until_clear ? t("最迟 {time}", { time }) : t("搁置至 {time}", { time });
    }
    if (a.owner) return a.owner === view.me ? t("我") : view.called(a.owner);
    if (a.dispatched_to) return t("已派单");
    return yiping.deskQueue.isUnacked(a) ? t("无人认领") : "";
  }

  /** The clock of the first look, as a ring; nothing where none runs. */
  function ring(node, left) {
    const none = left === null;
    node.classList.toggle("is-none", none);
    node.classList.toggle("is-over", !none && left <= 0);
    node.classList.toggle("is-low", !none && left > 0 && left < LOW);
    if (!none) node.style.setProperty("--left", String(Math.max(0, left)));
    setText(node, !none && left <= 0 ? t("超") : "");
  }

  const templates = {};

  function make(line) {
    const { type } = line;
    templates[type] = templates[type] || document.querySelector(`#desk-templates [data-template="${type}"]`);
    const element = templates[type].cloneNode(true);
    delete element.dataset.template;
    element.slots = {};
    for (const slot of element.querySelectorAll("[data-f]")) element.slots[slot.dataset.f] = slot;
    element.mark = element.querySelector(".sv");
    return element;
  }

  function mark(element, severity) {
    if (element.severity === severity) return;
    element.severity = severity;
    element.mark.className = `sv sv-${SHAPES[severity]}`;
    element.mark.setAttribute("aria-label", yiping.word("severity", severity));
  }

  const TARGETS = { 4: "1 分内确认", 3: "3 分内确认", 2: "20 分内确认", 1: "60 分内确认" };

  function fillHead(element, line) {
    mark(element, line.severity);
    const { name, n, target } = element.slots;
    setText(name, line.pinned ? t("紧急与生命安全") : yiping.word("severity", line.severity));
    setText(n, line.groups < line.n ? `${yiping.display.figure(line.n)} → ${line.groups}` : yiping.display.figure(line.n));
    setText(target, line.pinned ? t("始终置顶") : line.merged ? t("同源合并") : t(TARGETS[line.severity]));
  }

  function fillTags(slot, found) {
    const key = found.join("|");
    if (slot.dataset.key === key) return;
    slot.dataset.key = key;
    slot.replaceChildren(
      ...found.map(([word, strong]) => {
        const tag = document.createElement("span");
        tag.className = strong ? "desk-tag is-strong" : "desk-tag";
        tag.textContent = word;
        return tag;
      })
    );
  }

  /** `view`: { now, me, current, called(user), isMarked(id), isGone(id), position, total }. */
  function fillAlarm(element, a, view) {
    const { slots } = element, gone = view.isGone(a.alarm_id), unacked = yiping.deskQueue.isUnacked(a);
    const current = view.current === a.alarm_id, marked = view.isMarked(a.alarm_id);
    mark(element, a.severity);
    element.id = `desk-alarm-${a.alarm_id}`;
    element.dataset.id = a.alarm_id;
    element.classList.toggle("is-unacked", unacked && !gone);
    element.classList.toggle("is-critical", a.severity >= 4);
    element.classList.toggle("is-gone", gone);
    element.classList.toggle("is-shelved", Boolean(a.shelved_until));
    element.classList.toggle("is-current", current);
    element.classList.toggle("is-marked", marked);
    element.classList.toggle("is-member", Boolean(view.of));
    element.setAttribute("aria-selected", String(current || marked));
    element.setAttribute("aria-posinset", String(view.position));
    element.setAttribute("aria-setsize", String(view.total));
    setText(slots.title, kind(a));
    setText(slots.value, value(a));
    setText(slots.times, a.occurrences > 1 ? `×${a.occurrences}` : "");
    setText(slots.place, place(a));
    setText(slots.age, age(view.now - yiping.deskQueue.raisedMs(a)));
    setText(slots.owner, owner(a, view));
    fillTags(slots.tags, tags(a, gone, view.now));
    ring(slots.ring, yiping.deskQueue.lookLeft(a, view.now));
  }

  /** Whose an event is: one name where it is one person's, else how many of it somebody has. */
  function ownerOfAll(members, view) {
    const names = new Set(members.map((a) => a.owner)), owned = members.filter((a) => a.owner).length;
    if (names.size === 1) return owner(members[0], view);
    return t("{n}/{of} 已认领", { n: owned, of: members.length });
  }

  /** What must be seen of an event at once. */
  function tagsOfAll(members, gone, now) {
    const open = members.filter((a) => a.state !== "closed"), unacked = open.filter(yiping.deskQueue.isUnacked).length;
    const first = tags(open[0] || members[0], gone, now).filter(([, strong]) => !strong);
    const said = open.length > unacked ? t("{n}/{of} 未确认", { n: unacked, of: open.length }) : t("{n} 条未确认", { n: unacked });
    return [...(unacked ? [[said, true]] : []), ...first].slice(0, TAGS);
  }

  /** The least that is left for a look at one of them. */
  function leftOfAll(members, now) {
    const left = members.map((a) => yiping.deskQueue.lookLeft(a, now)).filter((one) => one !== null);
    return left.length ? Math.min(...left) : null;
  }

  /** A confirmed event: as grave as its worst, as old as its first; `members` are its alarms that are listed. */
  function fillEvent(element, line, members, view) {
    const { slots } = element, on = (name, is) => element.classList.toggle(name, is);
    const [first] = members, severity = Math.max(...members.map((a) => a.severity)), gone = line.ids.every(view.isGone);
    const unacked = members.some(yiping.deskQueue.isUnacked), marked = line.ids.every(view.isMarked), current = !line.open && line.ids.includes(view.current);
    mark(element, severity);
    element.id = `desk-event-${line.event}`;
    element.dataset.group = line.key;
    element.dataset.id = first.alarm_id;
    on("is-unacked", unacked && !gone);
    on("is-critical", severity >= 4);
    on("is-gone", gone);
    on("is-open", line.open);
    on("is-current", current);
    on("is-marked", marked);
    element.setAttribute("aria-selected", String(current || marked));
    element.setAttribute("aria-posinset", String(view.position));
    element.setAttribute("aria-setsize", String(view.total));
    setText(slots.title, kind(first));
    setText(slots.value, value(first));
    setText(slots.times, `×${members.length}`);
    setText(slots.place, place(first, members.map((a) => a.floor)));
    setText(slots.age, age(view.now - Math.min(...members.map(yiping.deskQueue.raisedMs))));
    setText(slots.owner, ownerOfAll(members, view));
    fillTags(slots.tags, tagsOfAll(members, gone, view.now));
    ring(slots.ring, leftOfAll(members, view.now));
  }

  /** A folded group: the worst and oldest of it stands for all. */
  function fillGroup(element, line, first, view) {
    const { slots } = element;
    mark(element, first.severity);
    element.id = `desk-group-${line.key.replace(/\W+/g, "-")}`;
    element.dataset.group = line.key;
    const on = (name, is) => element.classList.toggle(name, is), marked = line.ids.every(view.isMarked), current = !line.open && line.ids.includes(view.current);
    on("is-open", line.open);
    on("is-current", current);
    on("is-marked", marked);
    element.setAttribute("aria-selected", String(current || marked));
    setText(slots.title, line.held ? t("提示已折叠") : kind(first));
    setText(slots.times, `×${line.ids.length}`);
    setText(slots.place, line.held ? t("洪泛结束后回到队列") : t("同源：{place} · 合并 {n} 条", { place: place({ ...first, place: "", floor: null }) || first.place, n: line.ids.length }));
    setText(slots.age, age(view.now - yiping.deskQueue.raisedMs(first)));
    setText(slots.owner, line.open ? t("收起") : t("展开"));
    fillTags(slots.tags, line.unacked ? [[t("{n} 条未确认", { n: line.unacked }), true]] : []);
  }

  yiping.deskRows = { make, fillHead, fillAlarm, fillEvent, fillGroup, title, place, ring, setText };
})();
