// Who sits here: changes carry the session's token, an answer that nobody is signed in leads to the sign-in page, and
// while somebody does something the server is told, so that only a page left alone is signed out.
// Dash has no hook for the headers of its requests: `fetch` is wrapped once, for requests to ourselves.
(function () {
  const COOKIE = "yiping_form";
  const HEADER = "X-Yiping-Form";
  const TELL_MS = 60_000;

  function token() {
    const found = document.cookie.split("; ").find((part) => part.startsWith(COOKIE + "="));
    return found ? found.slice(COOKIE.length + 1) : "";
  }

  function signIn() {
    location.assign("/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
  }

  const plain = window.fetch.bind(window);
  window.fetch = async function (input, options) {
    const ours = new URL(input instanceof Request ? input.url : input, location.href).origin === location.origin;
    const method = ((options && options.method) || (input instanceof Request && input.method) || "GET").toUpperCase();
    let sent = options;
    if (ours && token() && method !== "GET" && method !== "HEAD") {
      const headers = new Headers((options && options.headers) || (input instanceof Request ? input.headers : undefined));
      headers.set(HEADER, token());
      sent = { ...options, headers };
    }
    const answer = await plain(input, sent);
    // A guest who may look is told 401 for a change: that is the page's to say. Where a page's own read is refused
    // nobody is signed in any more.
    if (ours && answer.status === 401 && (method === "GET" || token())) signIn();
    return answer;
  };

  let told = 0;
  function active() {
    if (!token() || Date.now() - told < TELL_MS) return;
    told = Date.now();
    window.fetch("/api/v1/me/active", { method: "POST", keepalive: true }).catch(() => {});
  }
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    addEventListener(kind, active, { passive: true, capture: true });
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest || !event.target.closest("[data-act='sign-out']")) return;
    event.preventDefault();
    window.fetch("/sign-out", { method: "POST", redirect: "manual" }).finally(() => location.assign("/sign-in"));
  });
})();
