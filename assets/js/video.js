// The floating player of one camera: HLS through our own server. hls.js is fetched when the first video is opened.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const LIBRARY = "/assets/vendor/hls.light.min.js";
  const STALLED_MS = 8000; // no new frame for this long is a picture that stands
  const t = (source) => yiping.t(source);
  let library = null, current = null;

  function load() {
    library = library || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = LIBRARY;
      script.onload = () => resolve(window.Hls);
      script.onerror = () => {
        library = null;
        reject(new Error("hls.js could not be loaded"));
      };
      document.head.append(script);
    });
    return library;
  }

  function make(tag, className, text) {
    const e = document.createElement(tag);
    e.className = className;
    if (text) e.textContent = text;
    return e;
  }

  class Player {
    /** Floating over the page with its name and a way to close it; `inline` it is only the picture. */
    constructor(camera, frame, inline = false) {
      this.camera = camera;
      this.last = make("footer", "video-last", `${t("最近一帧")} —`);
      this.video = make("video", "video-picture");
      this.video.muted = this.video.playsInline = this.video.autoplay = this.video.loop = true;
      this.said = make(inline ? "span" : "p", "video-said");
      if (inline) this._picture(frame);
      else this._window(frame);
      this.play();
      this.timer = setInterval(() => this._watch(), 500);
    }

    _picture(frame) {
      this.video.setAttribute("aria-hidden", "true");
      this.box = make("span", "video-inline");
      this.box.append(this.video, this.said, this.last);
      frame.append(this.box);
    }

    _window(frame) {
      const { camera } = this;
      this.returnTo = document.activeElement;
      this.box = make("section", "video-player");
      this.box.tabIndex = -1;
      this.box.setAttribute("role", "dialog");
      this.box.setAttribute("aria-label", `${t("视频")} ${camera.name}`);
      const head = make("header", "video-head");
      head.append(make("b", "video-name", camera.name));
      const close = make("button", "video-close", "×");
      close.type = "button";
      close.setAttribute("aria-label", t("关闭"));
      close.addEventListener("click", () => this.close());
      this._offerCase(head).catch(() => undefined); // without a connection there is no picture either
      head.append(close);
      this.said.setAttribute("role", "status");
      this.retry = make("button", "video-retry", t("重试"));
      this.retry.type = "button";
      this.retry.addEventListener("click", () => this.play());
      const stage = make("div", "video-stage");
      stage.append(this.video, this.said, this.retry);
      this.box.append(head, stage, this.last);
      this.box.addEventListener("keydown", (e) => {
        if (e.key !== "Escape") return;
        e.stopPropagation();
        this.close();
      });
      frame.append(this.box);
      this.box.focus({ preventScroll: true });
    }

    /** One click makes a case of what is seen, for those who may. */
    async _offerCase(head) {
      const answer = await fetch("/api/v1/me");
      if (!answer.ok || !(await answer.json()).may.includes("act_on_alarms") || this.closed) return;
      const button = make("button", "video-case", t("建案"));
      button.type = "button";
      button.title = t("把这一刻的画面建成案卷");
      const key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2, 18);
      button.addEventListener("click", async () => {
        button.disabled = true;
        const link = await this._openCase(key);
        if (link) button.replaceWith(link);
        else button.disabled = false;
      });
      head.insertBefore(button, head.lastChild);
    }

    async _openCase(key) {
      const address = `/api/v1/cameras/${encodeURIComponent(this.camera.code)}/incident?key=${key}`;
      const picture = await this._snapshot();
      try {
        const headers = picture ? { "Content-Type": "image/jpeg" } : {};
        const answer = await fetch(address, { method: "POST", body: picture, headers });
        const said = await answer.json();
        if (!answer.ok) throw new Error(t(said.error));
        const link = make("a", "video-case", `${t("案卷")} ${said.code}`);
        const kept = new URLSearchParams(location.search), asked = new URLSearchParams({ code: said.code });
        for (const name of ["lang", "theme"]) if (kept.get(name)) asked.set(name, kept.get(name));
        link.href = `/incidents/case?${asked}`;
        return link;
      } catch (problem) {
        this.said.textContent = problem.message || t("没有连上，请再试");
        return null;
      }
    }

    /** The frame that is shown; null while there is none. */
    _snapshot() {
      const { video } = this;
      if (video.readyState < 2 || !video.videoWidth) return Promise.resolve(null);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
      canvas.getContext("2d").drawImage(video, 0, 0);
      return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    }

    _say(state, sentence) {
      this.box.dataset.state = state;
      this.said.textContent = sentence;
    }

    async play() {
      this._stop();
      this._say("loading", t("正在取流…"));
      this.frameAt = performance.now();
      this.position = -1;
      const url = `/media/cameras/${encodeURIComponent(this.camera.code)}/index.m3u8`;
      try {
        const Hls = await load();
        if (this.closed) return;
        if (Hls.isSupported()) {
          this.hls = new Hls({ enableWorker: false, maxBufferLength: 12, backBufferLength: 10 });
          this.hls.on(Hls.Events.ERROR, (_, data) => {
            if (data.fatal) this._fail(data);
          });
          this.hls.loadSource(url);
          this.hls.attachMedia(this.video);
        } else if (this.video.canPlayType("application/vnd.apple.mpegurl")) {
          this.video.src = url;
          this.video.onerror = () => this._fail({});
        } else {
          this._say("failed", t("此浏览器不能播放 H.264 视频"));
          return;
        }
        await this.video.play();
      } catch (problem) {
        if (!this.closed && problem.name !== "AbortError") this._fail({});
      }
    }

    _fail(data) {
      const missing = data.response && data.response.code === 404;
      this._stop();
      this._say("failed", missing ? t("该点位没有视频流") : t("取流失败：视频服务没有响应"));
    }

    /** The picture stands while something else needs the processor, and is no stalled one. */
    hold(on) {
      this.held = on;
      if (!this.hls) return;
      if (on) {
        this.hls.stopLoad(); // taking a segment apart costs more than showing it
        this.video.pause();
      } else {
        this.hls.startLoad();
        this.video.play().catch(() => undefined); // what is wrong is said by the stream itself
      }
    }

    _watch() {
      const now = performance.now();
      if (this.held) {
        this.frameAt = now;
        return;
      }
      if (this.video.currentTime !== this.position && this.video.readyState >= 2) {
        this.position = this.video.currentTime;
        this.frameAt = now;
        const shown = this.hls && this.hls.playingDate ? this.hls.playingDate : new Date();
        this.last.textContent = `${t("最近一帧")} ${yiping.mapCard.time(shown)}`;
        if (this.position > 0) this._say("playing", "");
      } else if (this.box.dataset.state === "playing" && now - this.frameAt > STALLED_MS) {
        this._say("stalled", t("画面停住了，正在等待新画面"));
      } else if (this.box.dataset.state === "loading" && now - this.frameAt > 2 * STALLED_MS) {
        this._fail({});
      }
    }

    _stop() {
      if (this.hls) this.hls.destroy();
      this.hls = null;
      this.video.removeAttribute("src");
      this.video.load();
    }

    close() {
      if (this.closed) return;
      this.closed = true;
      clearInterval(this.timer);
      this._stop();
      this.box.remove();
      if (current === this) current = null;
      if (this.returnTo && this.returnTo.isConnected) this.returnTo.focus({ preventScroll: true });
    }
  }

  // Opens the player of `camera` ({ code, name }) inside `frame`; one at a time.
  function open(camera, frame) {
    if (current) current.close();
    current = new Player(camera, frame || document.body);
    return current;
  }

  yiping.video = { open, inline: (camera, frame) => new Player(camera, frame, true), close: () => current && current.close(), current: () => current };
})();
