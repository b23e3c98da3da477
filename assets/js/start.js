// When Dash starts. Where the page paints a first picture by itself, Dash's scripts wait in a template: they keep the
// processor busy for longer than the whole picture takes. They are on their way meanwhile, and run behind it.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const PATIENCE_MS = 1500; // a picture that takes longer is overtaken
  const later = document.getElementById("later");
  let started = !later;

  const announce = () => document.dispatchEvent(new CustomEvent("yiping:scripts")); // Dash's libraries are here

  function run(script) {
    const made = document.createElement("script");
    for (const { name, value } of script.attributes) made.setAttribute(name, value);
    made.text = script.text;
    made.async = false; // in their order
    const done = made.src ? new Promise((resolve) => (made.onload = made.onerror = resolve)) : null;
    document.body.append(made);
    return done;
  }

  /** The first picture is painted, or there will be none. */
  async function startDash() {
    if (started) return;
    started = true;
    const scripts = [...later.content.querySelectorAll("script")];
    await Promise.all(scripts.filter((script) => script.hasAttribute("src")).map(run));
    announce();
    scripts.filter((script) => !script.hasAttribute("src")).forEach(run);
  }

  if (later) setTimeout(startDash, PATIENCE_MS);
  else document.addEventListener("DOMContentLoaded", announce);
  Object.assign(yiping, { startDash });
})();
