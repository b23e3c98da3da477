// The indicators follow what happens to the cases, calmly: a figure of a month does not change by the second.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const REST_MS = 10000;

  function start(root) {
    yiping.painted.keep(root, (event) => event.type === "incident.changed", undefined, REST_MS);
    if (location.hash === "#why" && matchMedia("(max-width: 1199.98px)").matches) document.getElementById("why").scrollIntoView();
  }

  const painted = document.querySelector("#first-paint #indicators > .parts");
  if (painted) queueMicrotask(() => start(painted)); // after the later files of this script
})();
