// The search box: "/" from anywhere, arrows, Enter and Escape, or a finger. It asks the server while one types, shows
// what is found as a listbox, and hands the chosen one on.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const PAUSE_MS = 120;
  const LIMIT = 20;
  const t = (source, values) => yiping.t(source, values);

  const english = () => document.body.dataset.lang === "en";
  const local = (name, nameEn) => (english() && nameEn) || name;

  // What the list says of a hit: its name, what it is, and where.
  function describe(hit) {
    const kinds = { area: "area", building: "building", person: "role", device: "device" };
    const what = kinds[hit.kind] ? yiping.word(kinds[hit.kind], hit.sort) : t("视频");
    const where = hit.kind === "area" ? hit.code : [local(hit.area_name, hit.area_name_en), hit.note].filter(Boolean).join(" · ");
    return { name: local(hit.name, hit.name_en), what, where };
  }

  function make(tag, attributes, text) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    if (text !== undefined) e.textContent = text;
    return e;
  }

  const typing = (e) => e.target.isContentEditable || /^(input|textarea|select)$/i.test(e.target.tagName);

  class Search {
    // choose(hit) is called with what was picked.
    constructor(box, choose) {
      this.box = box;
      this.choose = choose;
      this.hits = [];
      this.at = -1;
      this.input = make("input", {
        id: "search-input", type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: "60",
        placeholder: box.dataset.hint, "aria-label": box.dataset.hint, "aria-expanded": "false", "aria-controls": "search-list",
        "aria-autocomplete": "list",
      });
      this.key = make("kbd", { class: "search-key", "aria-hidden": "true" }, "/");
      this.list = make("ul", { id: "search-list", class: "search-list", role: "listbox", "aria-label": t("搜索结果") });
      this.said = make("p", { class: "search-said", role: "status" });
      this.list.hidden = true;
      box.replaceChildren(this.input, this.key, this.list, this.said);
      this.input.addEventListener("input", () => this._ask());
      this.input.addEventListener("focus", () => this.input.value && this._show());
      this.input.addEventListener("keydown", (e) => this._key(e));
      this.list.addEventListener("pointerdown", (e) => e.preventDefault()); // the focus stays in the box
      this.list.addEventListener("click", (e) => this._pick(Number(e.target.closest("[role=option]")?.dataset.at ?? -1)));
      this._outside = (e) => !box.contains(e.target) && this._hide();
      this._slash = (e) => {
        if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || typing(e) || !box.offsetParent) return;
        e.preventDefault();
        this.input.focus();
        this.input.select();
      };
      document.addEventListener("pointerdown", this._outside);
      document.addEventListener("keydown", this._slash);
    }

    destroy() {
      clearTimeout(this.pause);
      this.abort?.abort();
      document.removeEventListener("pointerdown", this._outside);
      document.removeEventListener("keydown", this._slash);
    }

    _ask() {
      clearTimeout(this.pause);
      this.abort?.abort();
      const asked = this.input.value.trim();
      this.waiting = Boolean(asked); // what is listed answers an earlier question
      this.eager = false;
      if (!asked) return this._take([], "");
      this.pause = setTimeout(() => this._fetch(asked), PAUSE_MS);
    }

    async _fetch(asked) {
      this.abort = new AbortController();
      try {
        const answer = await fetch(`/api/v1/search?limit=${LIMIT}&q=${encodeURIComponent(asked)}`, {
          signal: this.abort.signal, credentials: "same-origin",
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const { hits } = await answer.json();
        this._take(hits, hits.length ? "" : t("没有找到“{asked}”", { asked }));
      } catch (problem) {
        if (problem.name !== "AbortError") this._take([], t("暂时无法查找"));
      }
    }

    _take(hits, said) {
      this.waiting = false;
      this.hits = hits;
      this.at = hits.length ? 0 : -1;
      this.said.textContent = said;
      this.list.replaceChildren(...hits.map((hit, i) => this._option(hit, i)));
      this._show();
      this._mark();
      if (this.eager) this._pick(this.at);
    }

    _option(hit, i) {
      const { name, what, where } = describe(hit), option = make("li", { id: `search-${i}`, role: "option", "data-at": String(i) });
      option.append(make("b", {}, name), make("span", { class: "search-what" }, what), make("span", { class: "search-where" }, where));
      return option;
    }

    _mark() {
      this.list.querySelectorAll("[role=option]").forEach((e, i) => e.setAttribute("aria-selected", String(i === this.at)));
      const now = this.list.children[this.at];
      if (now) {
        this.input.setAttribute("aria-activedescendant", now.id);
        now.scrollIntoView({ block: "nearest" });
      } else this.input.removeAttribute("aria-activedescendant");
    }

    _show() {
      this.list.hidden = !this.hits.length;
      this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    }

    _hide() {
      this.list.hidden = true;
      this.said.textContent = "";
      this.input.setAttribute("aria-expanded", "false");
    }

    _key(e) {
      e.stopPropagation(); // the map's own keys are letters
      if (e.isComposing) return; // Enter and arrows belong to the input method
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (!this.hits.length) return;
        this._show();
        this.at = (this.at + (e.key === "ArrowDown" ? 1 : -1) + this.hits.length) % this.hits.length;
        this._mark();
      } else if (e.key === "Enter") {
        e.preventDefault();
        if (this.waiting) this.eager = true; // faster than the answer: its first hit is meant
        else if (!this.list.hidden) this._pick(this.at);
      } else if (e.key === "Escape") {
        if (this.list.hidden) this.input.value = "";
        this.eager = false;
        this._hide();
        if (!this.input.value) this.input.blur();
      }
    }

    _pick(at) {
      const hit = this.hits[at];
      if (!hit) return;
      this.input.value = describe(hit).name;
      this._hide();
      this.input.blur();
      this.choose(hit);
    }
  }

  yiping.search = { Search, describe };
})();
