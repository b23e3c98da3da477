// The menu of the header: share a link to exactly this view, download it as a picture, print it; links to other pages
// of the same place follow the place that the page shows.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const root = document.documentElement;
  const KEPT = ["area", "lang", "from", "to"];
  const OF_A_LIST = ["area", "lang"]; // what a link adds that says itself which rows it leads to
  const PICTURE = "/assets/vendor/html-to-image.js";
  const PAINT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "opacity", "color"];
  const SAID_MS = 6000;

  // ---- what is said

  let said = null;
  let quiet = 0;

  /** Say `text` at the foot of the page and to screen readers; `action` is a link beside it. */
  function say(text, action) {
    if (!said) {
      said = document.createElement("div");
      said.className = "toast said";
      said.setAttribute("role", "status");
      document.body.append(said);
    }
    said.replaceChildren(text, ...(action ? [" ", action] : []));
    clearTimeout(quiet);
    quiet = setTimeout(() => said.replaceChildren(), action ? SAID_MS * 2 : SAID_MS);
  }

  // ---- links

  /** The address of `path` for the place, period and language on screen. */
  function addressOf(path) {
    const now = new URLSearchParams(location.search), kept = new URLSearchParams();
    const asks = path.includes("?");
    for (const name of asks ? OF_A_LIST : KEPT) if (now.get(name)) kept.set(name, now.get(name));
    if (document.body.dataset.area && document.getElementById("overview-left")) kept.set("area", document.body.dataset.area);
    const query = kept.toString();
    return query ? `${path}${asks ? "&" : "?"}${query}` : path;
  }

  function follow() {
    const wall = root.classList.contains("wall"); // it leads nowhere
    for (const link of document.querySelectorAll("[data-to]")) {
      if (wall) link.removeAttribute("href");
      else if (link.dataset.to !== location.pathname) link.href = addressOf(link.dataset.to);
    }
  }
  window.addEventListener("yiping:panels", follow);

  // ---- share

  /** The address of exactly this view: place, period, layers, and also what is only in this browser. */
  function link() {
    const url = new URL(location.href);
    url.searchParams.delete("probe");
    if (document.body.dataset.area && document.getElementById("overview-left")) url.searchParams.set("area", document.body.dataset.area);
    url.searchParams.set("lang", root.lang === "en" ? "en" : "zh");
    url.searchParams.set("theme", root.dataset.theme || "dark");
    const at = yiping.map?.looksAt();
    if (at) url.searchParams.set("at", at);
    const fixed = document.querySelector("[data-permalink]"); // what the page shows without having been asked for it
    for (const [name, value] of new URLSearchParams(fixed ? fixed.dataset.permalink : "")) url.searchParams.set(name, value);
    url.hash = "";
    return url.href;
  }

  async function share() {
    const address = link();
    if (window.isSecureContext && navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(address);
        say(t("链接已复制"));
        return;
      } catch {
        // refused by the browser or its owner: the field below serves
      }
    }
    offer(address);
  }

  /** Without a clipboard: the address in a field, selected, and why. */
  function offer(address) {
    const dialog = document.createElement("dialog"), field = document.createElement("input"), close = document.createElement("button");
    const why = document.createElement("p");
    dialog.className = "share-dialog";
    dialog.setAttribute("aria-label", t("复制本页链接"));
    why.textContent = window.isSecureContext ? t("浏览器没有允许自动复制，请手动复制。") : t("此页不是安全连接（HTTPS），浏览器不允许自动复制，请手动复制。");
    field.readOnly = true;
    field.value = address;
    field.setAttribute("aria-label", t("链接"));
    close.type = "button";
    close.textContent = t("关闭");
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    dialog.append(why, field, close);
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
    field.select();
  }

  // ---- picture

  function load(source) {
    return new Promise((done, failed) => {
      if (window.htmlToImage) return done();
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => done();
      script.onerror = () => failed(new Error(source));
      document.head.append(script);
    });
  }

  const stamp = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-");

  async function picture() {
    say(t("正在生成图片"));
    let restore = () => undefined;
    try {
      await load(PICTURE);
      const page = document.querySelector(".overview, .page");
      const options = { backgroundColor: getComputedStyle(document.body).backgroundColor, pixelRatio: window.devicePixelRatio || 1, filter: kept };
      restore = fixed(page);
      const data = await window.htmlToImage.toPng(page, options);
      const link_ = document.createElement("a");
      link_.href = data;
      link_.download = `yiping-${document.body.dataset.area || "view"}-${stamp()}.png`;
      link_.click();
      say(t("图片已下载"));
    } catch {
      say(t("图片没有生成，请改用打印"));
    } finally {
      restore();
    }
  }

  /** Writes on each part of a drawing how the style sheet paints it, for the library takes drawings as they are; returns
   * what takes that away again. */
  function fixed(page) {
    const parts = [...page.querySelectorAll("svg *")];
    const looks = parts.map((part) => {
      const style = getComputedStyle(part);
      return PAINT.map((name) => [name, style.getPropertyValue(name)]);
    });
    const before = parts.map((part) => part.getAttribute("style"));
    parts.forEach((part, i) => looks[i].forEach(([name, value]) => part.style.setProperty(name, value)));
    return () => parts.forEach((part, i) => (before[i] === null ? part.removeAttribute("style") : part.setAttribute("style", before[i])));
  }

  /** What is not of the view itself stays out of its picture; what stands in the header leaves its room. */
  function kept(node) {
    if (!node.classList) return true;
    if (["toast", "said", "sr-only"].some((name) => node.classList.contains(name))) return false;
    const away = node.closest(".nav, .tools");
    if (!away || node.closest(".nav-home")) return true;
    return node.matches(".nav, .tools, .tools > summary") && getComputedStyle(away).position !== "fixed";
  }

  // ---- when

  const acts = { share, picture, print: () => window.print() };

  /** Closes what hangs open over the page, but for `kept`. */
  function shut(focus, kept) {
    for (const open of document.querySelectorAll(":is(.tools, .about)[open]")) {
      if (open === kept) continue;
      open.open = false;
      if (focus) open.firstElementChild.focus();
    }
  }

  document.addEventListener("click", (event) => {
    const item = event.target.closest("[data-act]");
    if (item && acts[item.dataset.act]) acts[item.dataset.act]();
    const summary = event.target.closest(":is(.tools, .about) > summary"), text = event.target.closest(".about-text");
    shut(false, (summary || text)?.parentElement);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut(true);
  });

  Object.assign(yiping, { say, share: { link, addressOf, acts } });
})();
