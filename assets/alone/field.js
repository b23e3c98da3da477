// The page of grid workers and organisations: tasks, nearest first, and the points that a grid worker patrols. It works without a connection: what was
// last seen is shown with its time, what is done waits in the queue and says so.
(function () {
  "use strict";

  const { queue, applied, clock, need, metres, sorted, unknown, h, icon, away, map, message, within, store } = yiping.field;
  const words = JSON.parse(document.getElementById("words").textContent);
  const lang = document.body.dataset.lang;
  const KEPT = "yiping-offline-1"; // as the service worker calls it
  const REFRESH_MS = 30_000;

  const state = { view: null, items: [], here: null, reachable: true, since: null, sent: null, signedOut: false,
    by: "near", tab: "tasks", open: null, asking: null, speaking: null, mute: !yiping.voice.able, seen: null, read: 0 };

  const t = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

  // The server.

  function token() {
    const found = document.cookie.split("; ").find((part) => part.startsWith("yiping_form="));
    return found ? found.slice("yiping_form=".length) : "";
  }

  /** Why the server refused, in the language of the page. */
  function refusal(said) {
    if (!said) return undefined;
    const translated = words.refusals[said.source || said.error];
    return translated ? translated.replace(/\{(\w+)\}/g, (_, name) => String((said.named || {})[name])) : said.error;
  }

  async function send(item) {
    const form = { "X-Yiping-Form": token() };
    const json = { ...form, "Content-Type": "application/json" };
    const at = encodeURIComponent(item.at);
    const { incident_id, what, key, body } = item;
    const asked =
      what === "photo"
        ? fetch(`/api/v1/incidents/${incident_id}/attachments?kind=${item.kind || "photo"}&phase=${item.phase}&key=${key}&done_at=${at}`,
            { method: "POST", headers: form, body: item.blob })
        : fetch(what === "visit" ? "/api/v1/field/visits" : "/api/v1/field/acts",
            { method: "POST", headers: json, body: JSON.stringify({ ...body, key, done_at: item.at }) });
    const answer = await asked;
    const said = answer.ok ? null : refusal(await answer.json().catch(() => null));
    return { status: answer.status, said };
  }

  const waiting = queue({
    store,
    send: (item) => {
      const sent = () => send(item);
      return navigator.locks ? navigator.locks.request("yiping-field", sent) : sent(); // one tab at a time
    },
    who: () => state.view && state.view.user,
    changed: async (sent) => {
      if (sent) await delivered(sent);
      state.items = await store.all();
      draw();
    },
  });

  /** The server has it: what is shown has it too, although the next picture may not come for an hour. */
  async function delivered(item) {
    state.sent = new Date().toISOString();
    const { tasks, points } = state.view;
    state.view = { ...state.view,
      tasks: applied(tasks, [{ ...item, state: "waiting" }]).filter((task) => !task.finished),
      points: points.map((point) => (item.what === "visit" && point.code === item.body.point ? { ...point, visited_at: item.at } : point)) };
    await within("kept", "readwrite", (rows) => rows.put(state.view, "view"));
  }

  function lost() {
    if (state.reachable) state.since = new Date().toISOString();
    state.reachable = false;
  }

  async function refresh() {
    try {
      const answer = await fetch("/api/v1/field", { headers: { Accept: "application/json" } });
      if (answer.status === 401) state.signedOut = true;
      if (!answer.ok) throw new Error(String(answer.status));
      Object.assign(state, { view: await answer.json(), reachable: true, since: null, signedOut: false });
      await within("kept", "readwrite", (rows) => rows.put(state.view, "view"));
      if ((await store.all()).some((item) => item.state === "waiting" && item.user === state.view.user)) {
        const ended = await waiting.flush();
        if (ended === "offline") lost();
        else state.view = await (await fetch("/api/v1/field")).json();
      }
    } catch (e) {
      lost();
    }
    state.items = await store.all();
    draw();
  }

  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");

  const act = (task, what, body = {}, more = {}) =>
    note({ what, incident_id: task.id, title: task.title, body: { what, incident_id: task.id, version: task.version, ...body }, ...more });

  async function note(done) {
    const item = { key: random(), user: state.view.user, at: new Date().toISOString(), ...done };
    const ended = await waiting.add(item);
    if (ended === "offline") lost();
    if (ended === "signed out") state.signedOut = true;
    if (ended === "empty") await refresh();
    else draw();
  }

  const position = () =>
    state.here ? { lng: state.here.lng, lat: state.here.lat, accuracy_m: Math.round(state.here.accuracy) } : {};

  async function shoot(task, phase, file) {
    if (file) await act(task, "photo", {}, { phase, blob: await yiping.photo.small(file) });
  }

  let recording = null; // its handle; what is shown of it is in `state`

  async function speak(task) {
    if (recording) return recording.stop();
    const most = Number(document.getElementById("field").dataset.voiceMost);
    recording = yiping.voice.record(most, (n) => {
      state.speaking = { id: task.id, n };
      draw();
    });
    const made = await recording.done;
    recording = null;
    state.speaking = null;
    if (made) await attach(task, "voice", made);
    else state.mute = true; // the phone will not: its own recorder is offered
    draw();
  }

  const attach = (task, kind, file) => file && act(task, "photo", {}, { kind, phase: "other", blob: file });

  // The picture.

  const SAYS = { accept: "accept", arrive: "arrive", return: "return", advance: "finish", visit: "check_in", call: "called", comment: "note" };

  function label(item) {
    if (item.kind) return t(item.kind);
    if (item.what === "photo") return t(item.phase === "after" ? "photo_after" : "photo_before");
    return t(SAYS[item.what]);
  }

  function banner() {
    const mine = state.items.filter((item) => !state.view || item.user === state.view.user);
    const open = mine.filter((item) => item.state === "waiting");
    const refused = mine.filter((item) => item.state === "refused");
    const others = state.items.length - mine.length;
    const head = state.signedOut ? t("signed_out") : state.reachable ? "" : t("offline");
    const status = open.length ? t("to_send", { n: open.length }) : state.sent ? t("delivered_at", { at: clock(state.sent) }) : t("delivered");
    return [
      h("p", { class: `sent${open.length ? " is-waiting" : ""}`, role: "status" }, icon(open.length ? "waiting" : "check"), status),
      head || open.length || refused.length || others
        ? h("section", { class: "offl" },
            head && h("p", { class: "offl-head" }, icon("off"), h("b", {}, head),
              state.since && h("span", {}, t("since", { at: clock(state.since) })),
              state.signedOut && h("a", { class: "b o", href: `/sign-in?next=${encodeURIComponent("/field")}` }, t("sign_in"))),
            h("ul", {},
              open.map((item) => h("li", { class: "waits" }, icon("waiting"),
                h("span", {}, h("b", {}, label(item)), ` ${item.title}`), h("em", {}, `${clock(item.at)} ${t("waits")}`))),
              refused.map((item) => h("li", { class: "refused-act" }, icon("back"),
                h("span", {}, h("b", {}, `${label(item)} ${t("refused")}`), ` ${item.title}：${item.said || ""}`),
                h("button", { class: "b o", onclick: () => waiting.drop(item.id) }, t("understood")))),
              others ? h("li", {}, icon("waiting"), h("span", {}, t("others", { n: others }))) : null))
        : null,
    ];
  }

  function left(task) {
    if (!task.due_at) return "";
    const minutes = Math.round((Date.parse(task.due_at) - Date.now()) / 60_000);
    const n = Math.abs(minutes);
    const span = n < 60 ? t("minutes", { n }) : n < 48 * 60 ? t("hours", { n: Math.round(n / 60) }) : t("days", { n: Math.round(n / 1440) });
    return t(minutes < 0 ? "over" : "left", { span });
  }

  const late = (task) => task.due_at && Date.parse(task.due_at) < Date.now();

  function line(task) {
    const shown = state.open === task.id;
    return h("button", { class: "tk", "aria-expanded": String(shown), onclick: () => { state.open = shown ? null : task.id; state.asking = null; draw(); } },
      task.category && h("i", { class: "tk-mark", title: t("category", { category: task.category }) }, task.category),
      h("span", { class: "tk-what" }, h("b", {}, task.title), h("span", {}, [task.place, task.channel].filter(Boolean).join(" · "))),
      h("span", { class: `tk-when${late(task) ? " is-late" : ""}` }, h("span", {}, away(metres(state.here, task))), h("span", {}, left(task))));
  }

  function steps(task) {
    const now = need(task);
    const shots = (phase) => task.photos.filter(([, p]) => p === phase).length;
    const handled = task.stage !== "dispatch" && (task.mine || !task.open);
    const parts = [
      ["accept", t("accept"), task.accepted_at && clock(task.accepted_at), task.mine],
      ["arrive", t("arrive"), task.arrived_at && clock(task.arrived_at), handled || Boolean(task.arrived_at)],
      ["photo", t("photo"), t("counts", { before: shots("before"), after: shots("after") }), handled || shots("after") > 0],
      ["advance", t("finish"), null, handled],
    ];
    return h("ol", { class: "st4" }, parts.map(([key, name, more, done]) =>
      h("li", { class: done ? "is-done" : key === now ? "is-now" : "" }, name,
        h("u", {}, task.pending.includes(key) ? icon("waiting") : null, more || ""))));
  }

  function camera(task, phase, primary) {
    const input = h("input", { type: "file", accept: "image/*", capture: "environment", "data-phase": phase,
      onchange: (event) => shoot(task, phase, event.target.files[0]) });
    return h("label", { class: `b ${primary ? "pri" : "o"} shoot` }, icon("photo"), t(phase === "after" ? "shoot_after" : "shoot_before"), input);
  }

  /** What he says or films beside the photos. */
  function clips(task) {
    const picked = (kind) => h("input", { type: "file", accept: kind === "voice" ? "audio/*" : "video/*", "data-kind": kind,
      onchange: (event) => attach(task, kind, event.target.files[0]) });
    const on = state.speaking && state.speaking.id === task.id;
    const voice = state.mute
      ? h("label", { class: "b o shoot" }, icon("mic"), t("voice"), picked("voice"))
      : h("button", { class: `b o shoot${on ? " is-recording" : ""}`, "data-speak": "", onclick: () => speak(task) }, icon("mic"),
          on ? t("voice_stop", { n: state.speaking.n }) : t("voice"));
    return [voice, h("label", { class: "b o shoot" }, icon("film"), t("video"), picked("video"))];
  }

  function asked(task, what) {
    const field = h("textarea", { id: "said", rows: 2, maxLength: 500, required: what !== "advance" });
    const go = (event) => {
      event.preventDefault();
      state.asking = null;
      const said = field.value.trim();
      if (what === "return") act(task, "return", { reason: said });
      else if (what === "comment") act(task, "comment", { note: said });
      else act(task, "advance", { step: task.next_step, note: said || null });
    };
    const text = what === "return" ? t("why_return") : what === "comment" ? t("note_text") : task.stage === "dispatch" ? t("what_done") : t("answer");
    return h("form", { class: "asked", onsubmit: go }, h("label", { for: "said" }, text), field,
      h("div", { class: "acts" }, h("button", { type: "button", class: "b o", onclick: () => { state.asking = null; draw(); } }, t("cancel")),
        h("button", { class: "b pri" }, what === "return" ? t("return") : t("send"))));
  }

  const ask = (what) => { state.asking = what; draw(); document.getElementById("said").focus(); };

  /** Whoever reported it: to be called once the case is his; that he called goes into the timeline. */
  function reporter(task) {
    if (!task.reporter) return null;
    if (!task.mine || task.reporter.includes("*")) return h("p", { class: "reporter" }, icon("call"), t("call_later", { phone: task.reporter }));
    return h("a", { class: "b o", href: `tel:${task.reporter}`, "data-call": "", onclick: () => act(task, "call") }, icon("call"), t("call"));
  }

  /** What the desk and he said about it, and what he says now that waits to be sent. */
  function notes(task) {
    const own = state.items.filter((item) => item.what === "comment" && item.incident_id === task.id && item.state === "waiting");
    const said = [...(task.notes || []), ...own.map((item) => ({ at: item.at, who: "", own: true, text: item.body.note, waits: true }))];
    return said.length ? h("ul", { class: "notes" }, said.slice(-4).map(message)) : null;
  }

  function primary(task) {
    const next = need(task);
    const button = (text, name, go) => h("button", { class: "b pri", "data-do": next, onclick: go }, icon(name), text);
    if (next === "accept") return button(t("accept"), "check", () => act(task, "accept"));
    if (next === "arrive") return button(t("arrived"), "pin", () => act(task, "arrive", position()));
    if (next === "photo") return camera(task, "after", true);
    if (next === "advance") {
      const text = task.next_stage === "handle" ? t("finish") : (words.steps || {})[task.next_step_name] || task.next_step_name;
      return button(text, "check", () => ask("advance"));
    }
    return h("p", { class: "sent is-waiting" }, icon("waiting"), t("done_waits"));
  }

  function detail(task) {
    const pictures = task.photos.filter(([id]) => id).slice(0, 4);
    const way = task.lng === null ? null : h("a", { class: "b o", href: `geo:${task.lat},${task.lng}?q=${task.lat},${task.lng}` }, icon("nav"), t("navigate"));
    const number = reporter(task), calls = number && number.matches("a");
    return h("div", { class: "in" },
      task.description && h("p", { class: "said" }, task.description),
      map(task, state.here, state.view.buildings || [], t),
      pictures.length ? h("div", { class: "pictures" }, pictures.map(([id, phase]) =>
        h("figure", {}, h("img", { src: `/api/v1/attachments/${id}`, alt: t(`phase_${phase}`), onerror: (e) => e.target.closest("figure").remove() }),
          h("figcaption", {}, t(`phase_${phase}`))))) : null,
      (task.recordings || []).map(([id, type]) =>
        h(type.startsWith("video/") ? "video" : "audio", { class: "played", src: `/api/v1/attachments/${id}`, controls: true, preload: "none", "aria-label": t(type.startsWith("video/") ? "video" : "voice") })),
      steps(task),
      state.asking ? asked(task, state.asking) : [primary(task),
        calls ? null : number,
        task.finished ? null : h("div", { class: "acts" }, way, calls ? number : null,
          task.mine && task.stage === "dispatch" ? [camera(task, "before", false), ...clips(task)] : null,
          task.stage === "dispatch" && (task.mine || !task.open) ? h("button", { class: "b o", onclick: () => ask("return") }, icon("back"), t("return")) : null,
          state.view.unit ? null : h("button", { class: "b o", "data-note": "", onclick: () => ask("comment") }, icon("note"), t("note")))],
      notes(task));
  }

  function tasks() {
    const found = sorted(applied(state.view.tasks, state.items.filter((item) => item.user === state.view.user)), state.here, state.by);
    const [mine, offered] = [found.filter((task) => task.mine || !task.open), found.filter((task) => !task.mine && task.open)];
    if (!found.some((task) => task.id === state.open)) state.open = (mine[0] || offered[0] || { id: null }).id;
    const one = (task) => h("section", { class: `task${state.open === task.id ? " is-open" : ""}`, "data-task": task.id }, line(task), state.open === task.id ? detail(task) : null);
    const pick = (by, text) => h("button", { class: "b", "aria-pressed": String(state.by === by), onclick: () => { state.by = by; draw(); } }, text);
    return [
      h("div", { class: "bar" }, h("h2", {}, t(state.view.unit ? "my_orders" : "my_tasks", { n: mine.length })), h("div", { class: "segp" }, pick("near", t("nearest")), pick("due", t("by_due")))),
      state.here ? null : h("p", {}, h("small", {}, t("no_position"))),
      found.length ? null : h("p", { class: "card empty" }, icon("check"), t(state.view.unit ? "no_orders" : "no_tasks")),
      mine.map(one),
      offered.length ? h("h3", { class: "offered" }, t("open_orders", { n: offered.length })) : null,
      offered.map(one),
    ];
  }

  function patrol() {
    const visits = new Map(state.items.filter((item) => item.what === "visit" && item.state === "waiting").map((item) => [item.body.point, item.at]));
    const found = state.view.points.map((point) => ({ ...point, id: point.code, due_at: null, waits: visits.get(point.code) || null }));
    const done = found.filter((point) => point.visited_at || point.waits).length;
    const check = (point) => note({ what: "visit", title: point.name, body: { point: point.code, ...position() } });
    return [
      h("div", { class: "bar" }, h("h2", {}, t("patrol", { done, n: found.length }))),
      found.length ? null : h("p", { class: "card" }, t("no_points")),
      h("ul", { class: "points" }, sorted(found, state.here, "near").map((point) => h("li", { class: "tk", "data-point": point.code },
        h("span", { class: "tk-what" }, h("b", {}, point.name), h("span", {}, point.code)),
        h("span", { class: "tk-when" }, away(metres(state.here, point))),
        point.waits ? h("em", {}, icon("waiting"), clock(point.waits)) : point.visited_at ? h("em", {}, icon("check"), clock(point.visited_at))
          : h("button", { class: "b o", onclick: () => check(point) }, icon("pin"), t("check_in"))))),
    ];
  }

  /** Everything that was said about his tasks, the newest on top; each leads to its task. */
  function messages() {
    const found = said().sort((a, b) => b.id - a.id);
    return [
      h("div", { class: "bar" }, h("h2", {}, t("messages"))),
      found.length ? null : h("p", { class: "card" }, t("no_messages")),
      h("ul", { class: "points" }, found.map((one) => h("li", {}, h("button", { class: "tk", "data-message": String(one.id),
        onclick: () => { Object.assign(state, { tab: "tasks", open: one.task.id, asking: null }); draw(); } },
        h("span", { class: "tk-what" }, h("b", {}, one.text), h("span", {}, [one.own ? state.view.display : one.who, one.task.title].filter(Boolean).join(" · "))),
        h("span", { class: "tk-when" }, clock(one.at)))))),
    ];
  }

  const said = () => state.view.tasks.flatMap((task) => (task.notes || []).map((one) => ({ ...one, task })));

  /** How many tasks came that he has not seen, and how many messages of others; what he looks at is seen. */
  function count() {
    if (!state.view) return;
    const ids = state.view.tasks.map((task) => task.id);
    const newest = Math.max(0, ...said().map((one) => one.id));
    if (state.seen === null) {
      Object.assign(state, { seen: ids, read: newest }); // the first time nothing is new
      keepSeen();
    }
    const fresh = unknown(ids, state.seen), unread = said().filter((one) => !one.own && one.id > state.read).length;
    if (state.tab === "messages" && newest > state.read) { state.read = newest; keepSeen(); }
    badge("tasks", fresh.length, "new_tasks");
    badge("messages", state.tab === "messages" ? 0 : unread, "unread");
  }

  function badge(tab, n, words_) {
    const button = document.querySelector(`[data-tab=${tab}]`);
    button.querySelectorAll("i").forEach((one) => one.remove());
    if (n) button.append(h("i", { title: t(words_, { n }), "aria-label": t(words_, { n }), role: "img" }, String(n)));
  }

  const keepSeen = () => within("kept", "readwrite", (rows) => rows.put({ user: state.view.user, seen: state.seen, read: state.read }, "seen"));

  let drawn = "";
  let held = false; // a finger is down: what it is on stays where it is

  /** What the picture is made of; the same picture is not drawn twice. */
  function seen() {
    const { view, items, here, ...rest } = state;
    const far = view ? [...view.tasks, ...view.points].map((place) => Math.round((metres(here, place) ?? -10) / 10)) : [];
    return JSON.stringify([view, items.map(({ blob, ...item }) => item), far, rest, Math.floor(Date.now() / 60_000)]);
  }

  function draw() {
    const main = document.getElementById("field");
    const typed = document.getElementById("said");
    const now = seen();
    if (held || now === drawn) return;
    drawBanner();
    if (typed && document.activeElement === typed && state.asking) return; // nobody loses what he types
    drawn = now;
    document.querySelector(".ph-brand small").textContent = state.view ? [state.view.unit, state.view.display, state.view.area].filter((part, at, all) => part && all.indexOf(part) === at).join(" · ") : "";
    if (state.view) for (const tab of ["patrol", "messages"]) document.querySelector(`[data-tab=${tab}]`).hidden = Boolean(state.view.unit);
    count();
    for (const tab of document.querySelectorAll("[data-tab]")) tab.setAttribute("aria-current", tab.dataset.tab === state.tab ? "page" : "false");
    const stale = state.view && !state.reachable ? h("p", { class: "stale" }, t("as_of", { at: clock(state.view.at) })) : null;
    const inside = !state.view ? [h("p", { class: "card" }, t(state.signedOut ? "sign_first" : state.reachable ? "loading" : "nothing_kept"))] : ({ tasks, patrol, messages })[state.tab]();
    main.replaceChildren(...[stale, ...inside].flat(2).filter(Boolean));
  }

  function drawBanner() {
    document.getElementById("queue").replaceChildren(...banner().filter(Boolean));
  }

  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tab]");
    if (!tab || !state.view) return;
    state.tab = tab.dataset.tab;
    if (state.tab === "tasks") { state.seen = state.view.tasks.map((task) => task.id); keepSeen(); } // he looks at them
    draw();
  });
  document.getElementById("leave").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target, n = state.items.filter((item) => item.state === "waiting" && state.view && item.user === state.view.user).length;
    if (n && !confirm(t("sign_out_waits", { n }))) return;
    await within("kept", "readwrite", (rows) => rows.delete("view")); // nobody's tasks stay on the phone
    form.elements.form_token.value = token();
    form.submit();
  });
  addEventListener("pointerdown", () => (held = true), true);
  for (const kind of ["pointerup", "pointercancel"]) {
    addEventListener(kind, () => { held = false; setTimeout(draw, 60); }, true); // the click comes first
  }
  addEventListener("online", refresh);
  addEventListener("offline", () => { lost(); draw(); });
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  setInterval(() => document.hidden || refresh(), REFRESH_MS);

  if (isSecureContext && navigator.geolocation) {
    navigator.geolocation.watchPosition(({ coords }) => {
      state.here = { lng: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
      draw();
    }, () => undefined, { enableHighAccuracy: true, maximumAge: 10_000 });
  }

  /** Keep this page's shell, which holds nobody's data, so that it opens without a connection too. */
  async function keepShell() {
    if (!("serviceWorker" in navigator) || !window.caches) return;
    await navigator.serviceWorker.register("/sw.js");
    const cache = await caches.open(KEPT);
    const files = [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.href || one.src);
    for (const file of [location.href, ...files]) {
      const answer = await fetch(file);
      if (answer.ok && !answer.redirected) await cache.put(new URL(file).pathname, answer);
    }
    document.documentElement.dataset.kept = "1";
  }

  (async function start() {
    document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
    const view = await within("kept", "readonly", (rows) => rows.get("view"));
    if (view) state.view = view;
    const seen_ = await within("kept", "readonly", (rows) => rows.get("seen"));
    if (view && seen_ && seen_.user === view.user) Object.assign(state, { seen: seen_.seen, read: seen_.read });
    state.items = await store.all();
    draw();
    await refresh();
    keepShell().catch(() => undefined);
  })();
})();
