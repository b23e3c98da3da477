// Installing on a home screen: the service worker with its offline page, the browser's own offer, and in words why not
// where the page is not on a secure origin or the browser has no offer to make.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const t = (source, values) => yiping.t(source, values);
  const LATER_MS = 5000; // the first screen comes first

  let offer = null;

  const installed = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

  /** What installing would say or do now: "offer", "installed", "insecure" or "by hand". */
  function state() {
    if (installed()) return "installed";
    if (!window.isSecureContext) return "insecure";
    return offer ? "offer" : "by hand";
  }

  const SAID = {
    installed: "已安装",
    insecure: "此页不是安全连接（HTTPS），浏览器不允许安装、常亮和定位。请管理员配置 HTTPS。",
    "by hand": "请用浏览器菜单里的“添加到主屏幕”或“安装”。",
  };

  async function install() {
    const how = state();
    if (how !== "offer") {
      yiping.say(t(SAID[how]));
      return;
    }
    const { outcome } = await offer.prompt();
    if (outcome === "accepted") offer = null;
  }

  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault(); // offered from the menu, not over the map
    offer = event;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-act='install']")) install();
  });
  if (window.isSecureContext && "serviceWorker" in navigator) {
    window.addEventListener("load", () =>
      setTimeout(() => navigator.serviceWorker.register("/sw.js").catch(() => undefined), LATER_MS)
    );
  }

  Object.assign(yiping, { install: { state } });
})();
