// The desk's dialogs: opened by name, filled, and answered by a promise with their fields, or null when left. Enter sends
// (Shift+Enter makes a new line), Escape leaves, digits choose. The focus goes back where it was.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});

  const ending = new WeakMap(); // dialog → what ends its opening: its close event comes a task after it was closed

  const box = (name) => document.getElementById(`desk-dialog-${name}`);

  function set(dialog, name, text) {
    const place = dialog.querySelector(`[data-f="${name}"]`);
    if (place) place.textContent = text || "";
  }

  /** What the form holds. */
  function fields(form) {
    return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
  }

  function onKey(event) {
    const { target, key } = event, dialog = event.currentTarget;
    const writes = target.matches("textarea, input[type=text], input[type=search], input[type=datetime-local]");
    if (key === "Enter" && !event.shiftKey && !event.isComposing && !target.matches("button")) {
      event.preventDefault();
      dialog.querySelector("form").requestSubmit();
    } else if (/^[1-9]$/.test(key) && !writes && !event.ctrlKey && !event.metaKey) {
      const choice = (target.closest("fieldset") || dialog.querySelector("fieldset") || dialog).querySelectorAll("input[type=radio]")[Number(key) - 1];
      if (!choice) return;
      event.preventDefault();
      choice.checked = true;
      choice.focus();
    }
  }

  /**
   * Open the dialog `name`. `said` fills its places, `prepare(dialog)` what is more. `send(fields)` may answer with a
   * sentence that keeps the dialog open. Resolves to the fields that were sent, or null.
   */
  function open(name, { said = {}, prepare, send } = {}) {
    const dialog = box(name);
    if (!dialog || dialog.open) return Promise.resolve(null);
    ending.get(dialog)?.();
    const form = dialog.querySelector("form"), from = document.activeElement;
    form.reset();
    set(dialog, "said", "");
    for (const [place, text] of Object.entries(said)) set(dialog, place, text);
    if (prepare) prepare(dialog);
    dialog.showModal();
    const first = dialog.querySelector("input:checked, select, textarea, input[type=text], [data-mentions] button") || dialog.querySelector("[type=submit]") || dialog.querySelector("[data-cancel]");
    if (first) first.focus();
    return new Promise((done) => {
      let answer = null, sending = false;
      const onSubmit = async (event) => {
        event.preventDefault();
        if (sending) return; // a second Enter while the first is on its way is no second note, call or task
        sending = true;
        form.setAttribute("aria-busy", "true");
        const given = fields(form), refused = send ? await send(given) : null;
        sending = false;
        form.removeAttribute("aria-busy");
        if (refused) {
          set(dialog, "said", refused);
          return;
        }
        answer = given;
        dialog.close();
      };
      const onClick = (event) => event.target.closest("[data-cancel]") && dialog.close();
      dialog.addEventListener("keydown", onKey);
      form.addEventListener("submit", onSubmit);
      dialog.addEventListener("click", onClick);
      const onClose = () => dialog.open || end(); // open again: it was of the opening before
      const end = () => {
        ending.delete(dialog);
        dialog.removeEventListener("keydown", onKey);
        form.removeEventListener("submit", onSubmit);
        dialog.removeEventListener("click", onClick);
        dialog.removeEventListener("close", onClose);
        if (from && from.isConnected) from.focus({ preventScroll: true });
        done(answer);
      };
      dialog.addEventListener("close", onClose);
      ending.set(dialog, end);
    });
  }

  const isOpen = () => Boolean(document.querySelector(".desk-dialog[open]"));

  /** Radio buttons made from `options` ([value, text, note]) inside `place`, the first chosen. */
  function offer(place, name, options) {
    place.replaceChildren(
      ...options.map(([value, text, note], i) => {
        const label = document.createElement("label"), input = document.createElement("input");
        label.className = "desk-choice";
        Object.assign(input, { type: "radio", name, value, checked: i === 0 });
        const key = document.createElement("kbd"), words = document.createElement("span"), more = document.createElement("span");
        key.textContent = i < 9 ? String(i + 1) : "";
        words.textContent = text;
        more.textContent = note || "";
        more.className = "desk-dim";
        label.append(input, key, words, more);
        return label;
      })
    );
  }

  yiping.deskDialogs = { open, isOpen, offer };
})();
