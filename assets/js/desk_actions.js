// What an officer does to alarms: the request with the version he saw, and what is said of the answer. What the server
// answers is what is shown; nothing is pretended before.
(function (root) {
  "use strict";

  const UNDO_MS = 10000;
  const PATIENCE_MS = 8000; // a server that hangs is said, not waited for
  const SAFE = new Set(["acknowledge", "claim", "release", "shelve", "unshelve", "close"]);
  const DONE = {
    acknowledge: "已确认", claim: "已认领", release: "已放回", shelve: "已搁置", unshelve: "已取消搁置", close: "已关闭",
    comment: "已记下", call: "已记下", dispatch: "已派单", incident: "已转为事件", undo: "已撤销",
  };

  /** The request for `action` on `alarms` (id, version) with `more`: one by its own address, several at once. */
  function requestFor(action, alarms, more = {}) {
    if (alarms.length === 1) {
      const [{ alarm_id: id, version }] = alarms;
      return { url: `/api/v1/alarms/${id}/${action}`, body: { version, ...more } };
    }
    const items = alarms.map(({ alarm_id: id, version }) => ({ id, version }));
    return { url: "/api/v1/alarms/act", body: { action, items, ...more } };
  }

  /** What an answer says went wrong, in the reader's language where its sentence is one of the catalogue's. */
  function sentence(said) {
    if (!said || !said.error) return null;
    const translate = root.yiping.t || ((text) => text);
    return said.source ? translate(said.source, said.named) : translate(said.error);
  }

  /** The answer in one form: what is done, what was refused and why. A conflict of one alarm is a refusal. */
  function outcomeOf(alarms, status, body) {
    if (status >= 200 && status < 300) return body.done ? { done: body.done, refused: (body.refused || []).map((one) => ({ id: one.id, why: sentence({ ...one, error: one.why }) })) } : { done: [body.alarm || body], refused: [] };
    const why = sentence(body);
    return { done: [], refused: alarms.map(({ alarm_id: id }) => ({ id, why })) };
  }

  const api = { DONE, SAFE, UNDO_MS, requestFor, outcomeOf, sentence };
  root.yiping = root.yiping || {};
  root.yiping.deskActions = api;
  if (typeof module !== "undefined") module.exports = api;
  if (typeof document === "undefined") return;

  const { yiping } = root;
  const t = (source, values) => yiping.t(source, values);

  /** What shows that a change comes from a page of ours: the value of a cookie that only those can read. */
  function proof() {
    const found = document.cookie.match(/(?:^|; )yiping_form=([^;]+)/);
    return found ? { "X-Yiping-Form": found[1] } : {};
  }

  api.request = (method, url, body) => fetch(url, {
    method,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", ...proof() },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  api.post = (url, body) => api.request("POST", url, body);

  /** Send it; the network failing is an outcome as well. */
  api.send = async function send(action, alarms, more) {
    const { url, body } = requestFor(action, alarms, more);
    try {
      const answer = await api.post(url, body);
      const said = await answer.json().catch(() => null);
      if (answer.status === 401) return { done: [], refused: alarms.map((a) => ({ id: a.alarm_id, why: t("登录已过期，请重新登录") })) };
      return outcomeOf(alarms, answer.status, said);
    } catch {
      return { done: [], refused: alarms.map((a) => ({ id: a.alarm_id, why: t("服务器没有响应，不知道是否生效，请再看一眼") })) };
    }
  };

  /** The record of somebody who answers for a place: { found }, or { why } not. The server keeps who asked and why. */
  api.reveal = async function reveal(id, reason) {
    try {
      const answer = await api.post("/api/v1/unmask", { kind: "responsible", id, reason });
      const said = await answer.json().catch(() => null);
      return answer.ok ? { found: said, why: null } : { found: null, why: sentence(said) || t("操作没有生效，请再看一眼") };
    } catch {
      return { found: null, why: t("服务器没有响应，不知道是否生效，请再看一眼") };
    }
  };

  /** A line at the foot of the desk for `ms`, with an action where one is given; newest at the bottom. */
  api.toast = function toast(place, text, { ms = 6000, action, onAction, kind = "" } = {}) {
    const line = document.createElement("p");
    line.className = `desk-toast ${kind}`;
    line.append(document.createTextNode(text));
    const leave = () => {
      clearTimeout(timer);
      line.remove();
    };
    const timer = setTimeout(leave, ms);
    if (action) {
      const button = document.createElement("button"), key = document.createElement("kbd");
      button.type = "button";
      button.className = "desk-button is-small";
      key.textContent = "Z";
      button.append(action, key);
      button.addEventListener("click", () => {
        leave();
        onAction();
      });
      line.append(button);
    }
    place.append(line);
    while (place.children.length > 4) place.firstElementChild.remove();
    return leave;
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
