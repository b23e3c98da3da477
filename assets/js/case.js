// One case: its parts follow what happens to it, its actions are sent with the version that is on screen, and what the
// server answers is what is shown.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const WHOLE = ["unit_id", "into", "rating"];

  function seen() {
    const { version, id } = document.getElementById("case-version").dataset;
    return { version: Number(version), id: Number(id) };
  }

  /** The id of the case called `code`, within what the viewer may see; null when there is none. */
  async function numberOf(code) {
    const answer = await fetch(`/api/v1/incidents?state=all&limit=5&q=${encodeURIComponent(code)}`, { credentials: "same-origin" });
    const found = answer.ok ? (await answer.json()).incidents.find((one) => one.code === code) : null;
    return found ? found.id : null;
  }

  /** What a form says, as the interface takes it; a sentence where something is missing. */
  async function bodyOf(given) {
    const { other_unit: otherUnit, into_code: code, linked, q, ...kept } = given;
    if (otherUnit) kept.unit_id = otherUnit;
    if (q !== undefined && !linked) return { refused: t("请选择要关联的房屋或法人。") };
    if (linked) [kept.kind, kept.id] = [linked.split(":")[0], Number(linked.split(":")[1])];
    if (code) {
      kept.into = await numberOf(code);
      if (!kept.into) return { refused: t("没有要并入的案卷，或者不在您的权限范围内。") };
    }
    if ("reason" in kept && !kept.reason) return { refused: t("请写明理由。") };
    if (kept.until) kept.until = `${kept.until}:00+08:00`;
    for (const name of WHOLE) if (name in kept) kept[name] = Number(kept[name]) || undefined;
    for (const [name, value] of Object.entries(kept)) if (value === "" || value === undefined) delete kept[name];
    return { body: kept };
  }

  const LOOKS_MS = 250; // after the last letter

  /** The form that links looks for what could be meant: of the case's own building first, then by what is typed. */
  function linkForm(dialog, id) {
    const form = dialog.querySelector("form"), place = form.querySelector("[data-offered]");
    let timer = 0, asked = 0;

    function say(text) {
      const line = document.createElement("p");
      line.className = "desk-dim";
      line.textContent = text;
      place.replaceChildren(line);
    }

    async function look() {
      const mine = ++asked, kind = form.elements.kind.value, q = form.elements.q.value.trim();
      const answer = await fetch(`/api/v1/incidents/${id}/linkable?kind=${kind}&q=${encodeURIComponent(q)}`, { credentials: "same-origin" }).catch(() => null);
      const found = answer && answer.ok ? (await answer.json()).linkable : null;
      if (mine !== asked || !dialog.open) return; // something else is asked meanwhile
      if (!found) say(t("服务器没有响应"));
      else if (!found.length) say(q ? t("没有找到，换一个房号、楼栋或名称") : place.dataset[kind === "entity" ? "noEntity" : "noDwelling"]);
      else {
        yiping.deskDialogs.offer(place, "linked", found.map((one) => [`${one.kind}:${one.id}`, ...yiping.caseForm.named(one)]));
        if (!q) place.querySelector(":checked").checked = false; // nobody has said yet which
      }
    }

    function soon() {
      asked++;
      place.replaceChildren(); // what was found before is not what is meant now
      clearTimeout(timer);
      timer = setTimeout(look, LOOKS_MS);
    }

    form.elements.q.oninput = soon;
    for (const radio of form.querySelectorAll("[name=kind]")) radio.onchange = soon;
    place.replaceChildren();
    look();
  }

  /** How an offered home or entity is called, and what is said beside it. */
  function named(one) {
    if (one.kind !== "dwelling") return [one.name, one.building ? one.building[1] : ""];
    const inside = t("{unit} 单元 {floor} 层 {room}", { unit: one.unit, floor: one.floor, room: one.room });
    return [inside, one.name];
  }

  function start(root) {
    const { id } = seen();
    const refresh = yiping.painted.keep(root, (event) => event.type === "incident.changed" && event.incident_id === id, drawn);

    function drawn() {
      yiping.nearMap.draw(root);
    }

    /** Send `action`; resolves to a sentence when it was refused, and brings the page up to date either way. */
    async function send(action, body) {
      const { version } = seen();
      try {
        const answer = await yiping.deskActions.post(`/api/v1/incidents/${id}/${action}`, { version, ...body });
        const said = await answer.json().catch(() => null);
        await refresh();
        if (answer.ok) {
          yiping.say(t("已记下"));
          return null;
        }
        return answer.status === 401 ? t("登录已过期，请重新登录") : yiping.deskActions.sentence(said);
      } catch {
        return t("服务器没有响应，不知道是否生效，请再看一眼");
      }
    }

    let settled = Promise.resolve(); // the forms are those of what is on screen

    async function run({ act: action, opens, linked, name }) {
      await settled;
      if (!opens) {
        const refused = await send(action, {});
        if (refused) yiping.say(refused);
        return;
      }
      await yiping.deskDialogs.open(`case-${opens}`, {
        said: name ? { thing: name } : {},
        prepare: (dialog) => {
          if (opens === "link") linkForm(dialog, id);
          if (linked) dialog.querySelector("[name=linked]").value = linked;
        },
        send: async (given) => {
          const { refused, body } = await bodyOf(given);
          return refused || send(action, body);
        },
      });
      settled = refresh(); // an open form is not exchanged: the next ones come when it is closed
    }

    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act], [data-camera]");
      if (!button || button.closest("dialog")) return;
      if (button.dataset.act) run(button.dataset);
      else yiping.video.open({ code: button.dataset.camera, name: button.dataset.cameraName }, document.body);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (yiping.deskDialogs.isOpen() || event.target.matches("input, textarea, select")) return;
      const note = root.querySelector('[data-act="comment"]');
      if (!note) return;
      event.preventDefault();
      run(note.dataset);
    });
    drawn();
  }

  yiping.caseForm = { bodyOf, named };

  const painted = document.querySelector("#first-paint #case > .parts");
  if (painted) queueMicrotask(() => start(painted)); // after the later files of this script
})();
