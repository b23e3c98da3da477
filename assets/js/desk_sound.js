// What the desk is heard by: one calm tone for each grade, made here, and on request a spoken line. A browser lets no
// page sound before somebody has touched it; the desk always shows which of on, blocked and muted is true.
(function (root) {
  "use strict";

  const TONES = { 4: [784, 988, 784], 3: [659, 784], 2: [523], 1: [440] }; // Hz, one after the other
  const NOTE_S = 0.22;
  const GAP_MS = 4000; // alarms that come closer together than this are told as one burst
  const MUTES_MIN = [15, 60];
  const KEY = "yiping.desk.sound";

  /** What may honestly be said: "on", "blocked" (by the browser) or "muted". */
  function soundState({ context, mutedUntil, now }) {
    if (mutedUntil > now) return "muted";
    return context === "running" ? "on" : "blocked";
  }

  /** Gathers alarms into bursts: the first sounds at once, those within `GAP_MS` after it become one line. */
  function createBursts({ timers, sound, told }) {
    let burst = null;

    function end() {
      const { rest, worst } = burst;
      burst = null;
      if (!rest) return;
      sound(worst);
      told(rest);
    }

    return {
      add(severity) {
        if (burst) {
          burst.rest += 1;
          burst.worst = Math.max(burst.worst, severity);
          if (severity > burst.first) {
            burst.first = severity; // something graver than what sounded does not wait
            sound(severity);
          }
          return false;
        }
        burst = { first: severity, worst: severity, rest: 0 };
        sound(severity);
        timers.setTimeout(end, GAP_MS);
        return true;
      },
    };
  }

  root.yiping = root.yiping || {};
  const api = { TONES, MUTES_MIN, soundState, createBursts };
  if (typeof module !== "undefined") module.exports = api;
  if (typeof document === "undefined") return;

  const { yiping } = root;
  const t = (source, values) => yiping.t(source, values);
  let context = null;
  let kept = { mutedUntil: 0, spoken: false };
  const listeners = new Set();

  try {
    kept = { ...kept, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    // storage is forbidden: the choice lasts as long as the page
  }

  const state = () => soundState({ context: context ? context.state : "none", mutedUntil: kept.mutedUntil, now: Date.now() });

  function tell() {
    for (const fn of listeners) fn(state(), kept);
  }

  function keep(change) {
    Object.assign(kept, change);
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // as above
    }
    tell();
  }

  function unlock() {
    context = context || (root.AudioContext ? new AudioContext() : null);
    if (context && context.state === "suspended") return context.resume().then(tell);
    tell();
    return Promise.resolve();
  }

  /** The tone of a grade: sine notes that swell and fade, never a beep. */
  function play(severity) {
    if (state() !== "on") return;
    const notes = TONES[severity] || TONES[1];
    notes.forEach((hz, i) => {
      const at = context.currentTime + i * NOTE_S, wave = context.createOscillator(), volume = context.createGain();
      wave.frequency.value = hz;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.16, at + 0.04);
      volume.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S * 1.6);
      wave.connect(volume).connect(context.destination);
      wave.start(at);
      wave.stop(at + NOTE_S * 1.7);
    });
  }

  function say(text) {
    if (!kept.spoken || state() !== "on" || !root.speechSynthesis) return;
    const line = new SpeechSynthesisUtterance(text);
    line.lang = document.documentElement.lang;
    line.rate = 1.05;
    root.speechSynthesis.cancel(); // the newest line counts
    root.speechSynthesis.speak(line);
  }

  const bursts = createBursts({
    timers: { setTimeout: setTimeout.bind(root) },
    sound: play,
    told: (n) => say(t("又 {n} 条告警", { n })),
  });

  yiping.deskSound = {
    ...api,
    state,
    kept: () => kept,
    unlock,
    onChange(fn) {
      listeners.add(fn);
      fn(state(), kept);
    },
    /** An alarm has come: it sounds, and the first of a burst is said in words. */
    alarm(severity, words) {
      if (bursts.add(severity)) say(words);
    },
    mute: (minutes) => keep({ mutedUntil: minutes ? Date.now() + minutes * 60000 : 0 }),
    speak: (on) => keep({ spoken: on }),
    /** The test at the start of a shift: all four tones, gravest last. */
    async test() {
      await unlock();
      [1, 2, 3, 4].forEach((severity, i) => setTimeout(() => play(severity), i * 900));
      return state();
    },
  };
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => document.getElementById("desk") && unlock(), { once: true, capture: true });
  setInterval(() => kept.mutedUntil && kept.mutedUntil < Date.now() && keep({ mutedUntil: 0 }), 5000);
})(typeof globalThis !== "undefined" ? globalThis : this);
