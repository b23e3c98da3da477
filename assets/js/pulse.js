// The synthetic heartbeat from MQTT to pixel: how long the newest one took from the worker's message to the frame in
// which this page had drawn what it brought, by the server's clock.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const OLD_MS = 30_000; // beats come every 5 s: a measure older than this says nothing of now
  let latency = null;
  let measuredAt = -Infinity;

  yiping.live?.subscribe((_, event) => {
    if (!event || event.type !== "freshness.changed" || event.source !== "heartbeat") return;
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (!yiping.live.clockSettled()) return;
        latency = Math.max(0, yiping.live.serverNow() - Date.parse(event.at));
        measuredAt = performance.now();
      })
    );
  });

  /** Of the newest heartbeat, ms; null when none was drawn lately. */
  const latencyMs = () => (performance.now() - measuredAt < OLD_MS ? latency : null);
  yiping.pulse = { latencyMs };
})();
