// The alarm that is open: its parts come as HTML from the server and only those that changed are exchanged, so that what
// somebody reads or has scrolled stays. Nearest cameras play beside it.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const AHEAD = 12; // answers kept: going back and forth between alarms is instant
  const HELD_MS = 300;
  const t = (source, values) => yiping.t(source, values);

  /** `whole(id)` tells for how many alarms of a confirmed event the actions are, 1 where for this one alone. */
  function createDetail({ detail, context, whole, onShown, onFailed }) {
    const kept = new Map(); // id and what is acted on → the newest answer
    const shown = {}; // part → its HTML
    let open = null; // id
    let actsOn = 1; // how many alarms the actions are for
    let round = 0;
    let players = [];
    let holding = 0;
    const revealed = new Map(); // people whose name and number somebody has asked for → their record

    const place = (name) => (name === "context" ? context : detail.querySelector(`[data-part="${name}"]`));

    function fetchAlarm(id, of) {
      const lang = document.body.dataset.lang === "en" ? "&lang=en" : "", more = of > 1 ? `&whole=${of}` : "";
      return fetch(`/desk/alarm?id=${id}${more}${lang}`, { credentials: "same-origin" })
        .then((answer) => answer.json())
        .catch(() => ({ refused: t("这里的数据没有取到，请再试一次") })) // a browser's own words are nobody's
        .then((body) => {
          if (body.refused) throw new Error(body.refused);
          return body;
        });
    }

    function put(answer) {
      const fresh = detail.dataset.alarm !== String(answer.id);
      detail.dataset.alarm = answer.id;
      detail.classList.remove("is-loading", "is-empty");
      for (const [name, html] of Object.entries(answer.parts)) {
        if (!fresh && shown[name] === html) continue;
        shown[name] = html;
        const box = place(name), scrolled = box.querySelector(".desk-steps"), top = scrolled ? scrolled.scrollTop : 0;
        const held = box.contains(document.activeElement) ? document.activeElement.dataset : null;
        if (name === "context" && !fresh && sameCameras(box, html)) {
          if (held) refocus(box, held);
          continue;
        }
        if (name === "context") stop();
        box.innerHTML = html;
        const list = box.querySelector(".desk-steps");
        if (list && !fresh) list.scrollTop = top;
        if (held) refocus(box, held);
        if (name === "context") play();
      }
      if (fresh) detail.scrollTop = context.scrollTop = 0;
      yiping.deskChart.draw(detail);
      yiping.nearMap.draw(context);
      for (const record of revealed.values()) unmask(record);
      onShown(answer);
    }

    /** Put a record that was asked for in place of what is masked. */
    function unmask({ id, name, phone }) {
      const button = context.querySelector(`[data-reveal="${id}"]`), row = button && button.closest("li");
      if (!row) return;
      const number = row.querySelector(".desk-phone"), clear = document.createElement("b");
      clear.textContent = name;
      button.replaceWith(clear);
      if (!phone || !number || number.href) return; // it is whole already
      const link = document.createElement("a");
      Object.assign(link, { className: "desk-phone", href: `tel:${phone}`, textContent: phone });
      number.replaceWith(link);
    }

    function reveal(record) {
      revealed.set(record.id, record);
      unmask(record);
    }

    // Who is on duty may change every minute; a playing picture is not begun anew for that.
    function sameCameras(box, html) {
      const next = document.createElement("template");
      next.innerHTML = html;
      const codes = (root) => [...root.querySelectorAll("[data-camera]")].map((e) => e.dataset.camera).join();
      if (codes(box) !== codes(next.content)) return false;
      const place = box.querySelector("[data-map]"), now = next.content.querySelector("[data-map]");
      if (place && now) place.dataset.map = now.dataset.map;
      for (const name of ["desk-people", "desk-helps", "desk-risk"]) {
        const before = box.querySelector(`.${name}`), after = next.content.querySelector(`.${name}`);
        if (before && after && before.innerHTML !== after.innerHTML) before.replaceWith(after);
      }
      return true;
    }

    function refocus(box, held) {
      if (box.contains(document.activeElement)) return;
      const key = Object.entries(held).find(([name]) => ["action", "tick", "go", "call", "camera", "reveal"].includes(name));
      const same = key && box.querySelector(`[data-${key[0]}="${CSS.escape(key[1])}"]`);
      if (same) same.focus({ preventScroll: true });
    }

    // ---- pictures

    function play() {
      for (const button of context.querySelectorAll("[data-plays]")) {
        players.push(yiping.video.inline({ code: button.dataset.camera, name: button.dataset.cameraName }, button.querySelector(".desk-picture")));
      }
    }

    /** While the list scrolls the pictures stand: decoding two of them takes half of its frames where no GPU helps. */
    function hold() {
      if (!holding) for (const player of players) player.hold(true);
      clearTimeout(holding);
      holding = setTimeout(() => {
        holding = 0;
        for (const player of players) player.hold(false);
      }, HELD_MS);
    }

    function stop() {
      for (const player of players) player.close();
      players = [];
    }

    // ---- what others ask of it

    function refresh() {
      if (open === null) return Promise.resolve();
      const id = open, of = whole(id), mine = (round += 1);
      actsOn = of;
      return fetchAlarm(id, of).then(
        (answer) => {
          kept.set(`${id} ${of}`, answer);
          if (kept.size > AHEAD) kept.delete(kept.keys().next().value);
          if (mine === round && open === id) put(answer);
        },
        (error) => mine === round && open === id && onFailed(error.message)
      );
    }

    function show(id) {
      const of = id === null ? 1 : whole(id);
      if (id === open && of === actsOn) return Promise.resolve();
      if (id !== open) revealed.clear(); // for this alarm it was asked
      open = id;
      actsOn = of;
      if (id === null) {
        stop();
        delete detail.dataset.alarm;
        for (const name of Object.keys(shown)) {
          place(name).replaceChildren();
          delete shown[name];
        }
        detail.classList.add("is-empty");
        return Promise.resolve();
      }
      const known = kept.get(`${id} ${of}`);
      if (known) put(known);
      else if (detail.dataset.alarm !== String(id)) detail.classList.add("is-loading");
      return refresh();
    }

    detail.classList.add("is-empty");
    document.addEventListener("visibilitychange", () => (document.hidden ? stop() : open !== null && !players.length && play()));
    return { show, refresh, reveal, hold, open: () => open, stop };
  }

  yiping.deskDetail = { createDetail };
})();
