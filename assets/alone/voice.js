// Voice recorded on the page: a button that records, says how long already, and stops by itself. Where the phone cannot,
// the field for a file stays, which opens the phone's own recorder.
(function () {
  "use strict";

  const KINDS = ["audio/mp4", "audio/webm", "audio/ogg"];
  const BITS_PER_S = 32_000;
  const LOOK_MS = 250;
  const able = Boolean(window.isSecureContext && window.MediaRecorder && navigator.mediaDevices);

  /**
   * Record until `stop` is called, at most `most` seconds; `tick` is told the seconds. `done` is the File, or null where
   * the phone would not.
   */
  function record(most, tick) {
    let stop = () => undefined;
    const done = (async () => {
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      } catch (e) {
        return null;
      }
      const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
      const recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: BITS_PER_S });
      const parts = [];
      const ended = new Promise((resolve) => (recorder.onstop = resolve));
      recorder.ondataavailable = (event) => parts.push(event.data);
      stop = () => recorder.state !== "inactive" && recorder.stop();
      recorder.start();
      const began = Date.now();
      const clock = setInterval(() => {
        const seconds = Math.floor((Date.now() - began) / 1000);
        tick(seconds);
        if (seconds >= most) stop();
      }, LOOK_MS);
      tick(0);
      await ended;
      clearInterval(clock);
      for (const track of stream.getTracks()) track.stop();
      const type = (recorder.mimeType || kind).split(";")[0];
      return new File(parts, `voice.${type.split("/")[1]}`, { type });
    })();
    return { stop: () => stop(), done };
  }

  window.yiping = Object.assign(window.yiping || {}, { voice: { able, record } });
})();
