// The figures of a page as HTML (`data-fragment`: where they come from): asked for while Dash still builds the page's
// frame, put in as soon as it stands, and asked for again now and then. What is there stays until the next is here.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const EARLY = { "/alarms/analysis": "/alarms/analysis/body", "/trends/judgement": "/trends/judgement/body" };
  const AGAIN_MS = 300_000;
  const MISSED_MS = 10_000;

  let early = null; // what was asked for before its place was there
  let timer = 0;

  async function fetched(path) {
    const answer = await fetch(path + location.search, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  }

  const place = () => document.querySelector("[data-fragment]");

  async function fill(into) {
    const asked = early || fetched(into.dataset.fragment);
    early = null;
    clearTimeout(timer);
    try {
      into.innerHTML = await asked;
      into.filledAt = performance.now();
      yiping.charts.draw();
      timer = setTimeout(again, AGAIN_MS);
    } catch {
      const reading = into.querySelector("[role=status]"), since = into.filledAt;
      const age = since && yiping.display.age(performance.now() - since, t);
      const said = since ? t("没有取到，停在 {age} 前", { age }) : t("没有取到");
      if (reading) reading.textContent = said;
      else yiping.say(said);
      timer = setTimeout(again, MISSED_MS);
    }
  }

  function again() {
    const into = place();
    if (into && !document.hidden) fill(into);
    else timer = setTimeout(again, MISSED_MS);
  }

  const path = EARLY[location.pathname];
  if (path) {
    early = fetched(path);
    early.catch(() => {}); // whoever fills says so
  }
  yiping.fragment = {
    /** Called by Dash when the frame is in the page. */
    built() {
      const into = place();
      if (into && !into.filledAt) fill(into);
      return "";
    },
  };
  const painted = place(); // the server has painted the frame already
  if (painted) queueMicrotask(() => fill(painted)); // after the later files of this script
})();
