// The page as a wall (?wall=1): carries out what wall.js decides, keeps the screen on, reports to /api/v1/walls and
// reloads itself when the server was upgraded or the page is beyond help. Makes no element: it fills the marks that the
// page brought in its footer, so that days leave nothing behind.
(function () {
  "use strict";

  const query = new URLSearchParams(location.search);
  if (query.get("wall") !== "1") return;

  const yiping = (window.yiping = window.yiping || {});
  const rules = yiping.wallRules;
  const root = document.documentElement;
  const t = (source, values) => yiping.t(source, values);
  const REPORT_MS = 15_000;
  const PATIENCE_MS = 10_000;
  const FLY_WITHIN_MS = 5000; // the map of the whole area is there by then, or the flight starts without it
  const TRIED = "yiping.wall.tried";

  const wishes = rules.options(query);
  const tour = rules.createTour(wishes);
  const bornAt = performance.now();
  const watchdog = rules.createWatchdog(bornAt);
  let upgrade = null;
  let build = null; // of the server, by its heartbeats
  let home = null; // {code, path, children} of the area the wall is for
  let drawnAt = bornAt;
  let awake = "asked"; // asked | held | refused | insecure
  let leaving = false;
  let flight = null; // an alarm that waits for the map

  // Nobody goes back on a wall: the steps of its tour must not pile up.
  history.pushState = (...step) => history.replaceState(...step);

  const byId = (id) => document.getElementById(id);
  const ownBuild = () => byId("wall-tour")?.dataset.build || null;

  function setText(node, text) {
    if (node && node.textContent !== text) node.textContent = text;
  }

  function stored(storage, name) {
    try {
      return storage.getItem(name);
    } catch {
      return null; // storage is forbidden: a wall without memory still works
    }
  }

  function store(storage, name, value) {
    try {
      storage.setItem(name, value);
    } catch {
      // as above
    }
  }

  // ---- the tour

  function follow() {
    const here = yiping.here;
    if (home || !here) return;
    if (wishes.home && wishes.home !== here.code) { // reloaded on the way: the route belongs to home
      if (wishes.carousel === "children") return void (yiping.drill && yiping.drill(wishes.home));
    }
    home = { code: wishes.home || here.code, children: here.children || [] };
    tour.setRoute(rules.stops(wishes.carousel, home.code, home.children, wishes.metrics), here.code);
    if (wishes.carousel === "off") return;
    const url = new URL(location.href);
    url.searchParams.set("home", home.code);
    history.replaceState(history.state, "", url);
  }

  function showMetric(metric) {
    const chip = metric && document.querySelector(`[data-metric="${metric}"]`);
    if (chip && chip.getAttribute("aria-pressed") !== "true") chip.click();
  }

  function show(stop) {
    flight = null;
    showMetric(stop.metric);
    if (stop.area && stop.area !== document.body.dataset.area) yiping.drill(stop.area);
    else document.dispatchEvent(new CustomEvent("yiping:home", { bubbles: true }));
  }

  function fly({ alarm }) {
    const inside = alarm.area.startsWith(document.body.dataset.path || "?");
    if (!inside && home && home.code !== document.body.dataset.area) yiping.drill(home.code);
    flight = { alarm, until: performance.now() + FLY_WITHIN_MS, area: inside ? document.body.dataset.area : home.code };
    takeOff();
  }

  /** Starts the flight once the map shows the area it starts from; never twice. */
  function takeOff() {
    if (!flight) return;
    const ready = byId("map-frame")?.dataset.drawn === flight.area;
    if (!ready && performance.now() < flight.until) return;
    const a = flight.alarm;
    flight = null;
    const detail = { lng: a.lng, lat: a.lat, deviceId: a.device_id, alarmId: a.alarm_id };
    document.dispatchEvent(new CustomEvent("yiping:focus", { detail, bubbles: true }));
  }

  function paintTour() {
    const mark = byId("wall-tour");
    if (!mark) return;
    const p = tour.progress(performance.now());
    const name = yiping.here ? yiping.here.name : "";
    const said = { still: "", touring: `${name} ${p.at}/${p.of}`, paused: t("停留于告警") }[p.mode];
    mark.dataset.mode = p.mode;
    setText(mark.querySelector(".wall-tour-name"), said);
    mark.querySelector(".wall-tour-part").style.transform = `scaleX(${p.part.toFixed(3)})`;
  }

  // ---- day and night, burn-in

  const hourFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", hour12: false });

  function dress() {
    const hour = Number(hourFormat.format(yiping.live.serverNow())) % 24;
    const { theme, dim } = rules.palette(hour, wishes);
    if (query.get("theme") === null && root.dataset.theme !== theme) root.dataset.theme = theme;
    root.classList.toggle("night", dim);
    const [x, y] = rules.shift(performance.now());
    root.style.setProperty("--shift-x", `${x / 16}rem`);
    root.style.setProperty("--shift-y", `${y / 16}rem`);
  }

  // ---- the screen stays on

  async function stayAwake() {
    if (!window.isSecureContext || !navigator.wakeLock) awake = window.isSecureContext ? "refused" : "insecure";
    else {
      try {
        const lock = await navigator.wakeLock.request("screen");
        awake = "held";
        lock.addEventListener("release", () => (awake = "refused"), { once: true });
      } catch {
        awake = "refused"; // battery saver, or the page is hidden just now
      }
    }
  }

  function paintAwake() {
    const said = { asked: "", held: "", refused: "屏幕可能熄灭", insecure: "非安全来源，无法保持亮屏" }[awake];
    setText(byId("wall-awake"), said ? t(said) : "");
  }

  // ---- reload

  const tried = () => {
    const { at, times } = JSON.parse(stored(sessionStorage, TRIED) || "{}");
    return at ? { at, times } : null;
  };

  /** Reload, if the server is ready for it: a wall never gives up its picture for an error page. */
  async function reload(why, least) {
    const epoch = yiping.live.serverNow();
    if (leaving || !rules.mayReload(tried(), epoch, least)) return;
    leaving = true;
    try {
      const answer = await fetch("/readyz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error(`readyz: ${answer.status}`);
      store(sessionStorage, TRIED, JSON.stringify({ ...rules.tryAt(tried(), epoch), why }));
      location.reload();
    } catch {
      leaving = false; // the server is away; what is on the screen is better than nothing
    }
  }

  function calm() {
    const state = yiping.live.state();
    return !state || !Object.values(state.alarms).some((a) => a.run === null && a.severity >= 4 && a.state === "active_unacked");
  }

  function guard(mono) {
    const { silentMs } = yiping.live.status();
    const wrong = watchdog({
      mono, drawnAt, silentMs, built: Boolean(byId("overview-left")), visible: !document.hidden,
    });
    if (wrong) reload(wrong, wrong === "blank" ? rules.MINUTE : 10 * rules.MINUTE);
    if (!upgrade && ownBuild()) upgrade = rules.createUpgrade({ own: ownBuild(), random: Math.random });
    const epoch = yiping.live.serverNow();
    if (upgrade && upgrade({ mono, epoch, build, calm: calm(), tried: tried() })) reload("upgrade", 10 * rules.MINUTE);
  }

  // ---- report

  /** One for each name, so that two windows of one browser are two walls. */
  function myId() {
    const key = `yiping.wall.id ${wishes.name}`, known = stored(localStorage, key);
    if (known && /^[A-Za-z0-9-]{8,64}$/.test(known)) return known;
    const made = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
    store(localStorage, key, made);
    return made;
  }

  const id = myId();
  const whole = (ms) => (Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : null);

  async function report() {
    const { connection, silentMs } = yiping.live.status();
    const { dataset } = document.body;
    const body = {
      id, name: wishes.name, connection, area: dataset.area || "", path: dataset.path || "",
      area_name: (yiping.here && yiping.here.name) || "", mode: tour.progress(performance.now()).mode,
      metric: document.querySelector("[data-metric][aria-pressed='true']")?.dataset.metric || "",
      data_age_ms: whole(silentMs ?? NaN), latency_ms: whole(yiping.pulse?.latencyMs() ?? NaN), build: ownBuild() || "",
      viewport: { width: innerWidth, height: innerHeight, ratio: devicePixelRatio }, awake: awake === "held",
      open_s: Math.round((performance.now() - bornAt) / 1000),
    };
    try {
      await fetch("/api/v1/walls", {
        method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      // the next one says the same
    }
  }

  // ---- when

  function tick() {
    const mono = performance.now();
    follow();
    const state = yiping.live.state();
    const covered = state && state.area && (document.body.dataset.path || "?").startsWith(state.area.path);
    const live = covered && yiping.live.status().connection !== "disconnected";
    const alarms = state ? Object.values(state.alarms) : [];
    const next = tour.step({ mono, epoch: yiping.live.serverNow(), alarms, live });
    if (next) (next.type === "show" ? show(next.stop) : fly(next));
    takeOff();
    paintTour();
    paintAwake();
    dress();
    guard(mono);
  }

  function draw() {
    drawnAt = performance.now();
    setTimeout(() => requestAnimationFrame(draw), 1000);
  }

  /** On a tour the stream stays with the whole area, so that no alarm elsewhere in it is missed. */
  const keeps = (state, path) =>
    Boolean(wishes.carousel !== "off" && state && state.area && path.startsWith(state.area.path));

  yiping.wall = { keeps, progress: () => tour.progress(performance.now()), remembered: tour.remembered, id };
  yiping.live.onBeat((beat) => (build = beat.build || null));
  document.addEventListener("visibilitychange", () => document.hidden || stayAwake());
  setInterval(() => awake !== "held" && stayAwake(), rules.MINUTE);
  setInterval(report, REPORT_MS);
  setTimeout(report, 2000);
  setInterval(tick, 1000);
  requestAnimationFrame(draw);
  stayAwake();
  dress();
})();
