// The rules on screen follow whoever changes them: at once where nobody is writing, else the page says so first.
(function () {
  "use strict";

  const body = () => document.querySelector("[data-rules-model]");
  const OWN_MS = 3000; // our own change comes back by the stream, often before its answer
  let writing = false;
  let savedAt = -Infinity;

  function tell(changed) {
    window.dash_clientside.set_props("rules-changed", { data: { ...changed, writing } });
  }

  document.addEventListener("input", (event) => {
    if (event.target.closest(".rules-fields")) writing = true;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#rules-save")) {
      writing = false; // refused, it is told anew
      savedAt = performance.now();
    }
    if (!event.target.closest("[data-rules-look]")) return;
    writing = false;
    tell({ by: "", at: performance.now() });
  });
  window.yiping.live.subscribe((_, event) => {
    const here = body();
    if (performance.now() - savedAt < OWN_MS) return;
    if (!here || !event || event.type !== "rules.changed" || event.model !== here.dataset.rulesModel) return;
    if (event.device_id === null || String(event.device_id) === here.dataset.rulesDevice) tell({ by: event.by, at: event.at });
  });
})();
