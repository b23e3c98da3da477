// The report form's comforts: photos made small before they are sent, one's own position, one tap that is one report.
// All of it works without: the form is sent as it is.
(function () {
  "use strict";

  // The receipt's link is kept by the phone's own sharing, else copied; without either the page says to save it.
  const keep = document.querySelector("[data-keep]");
  if (keep && isSecureContext && (navigator.share || navigator.clipboard)) {
    const url = location.origin + location.pathname;
    keep.hidden = false;
    keep.addEventListener("click", async () => {
      try {
        if (navigator.share) return await navigator.share({ url });
        await navigator.clipboard.writeText(url);
        keep.textContent = keep.dataset.keep;
        keep.setAttribute("aria-live", "polite");
      } catch (e) {
        if (e.name !== "AbortError") keep.hidden = true; // he thought better of it, or it cannot be done here
      }
    });
  }

  // The number is copied by a tap; where the page may not, as over plain HTTP, by what is selected.
  const copy = document.querySelector("[data-copy]");
  if (copy) {
    const number = document.getElementById("number");
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(number.textContent);
      } catch {
        getSelection().selectAllChildren(number);
        if (!document.execCommand("copy")) return; // it stays selected: he copies it himself
        getSelection().removeAllRanges();
      }
      copy.querySelector("span").textContent = copy.dataset.copy;
    });
  }

  const form = document.querySelector(".ph-form");
  if (!form) return;

  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // back from the receipt: the form's key is used up
  });

  // Photos are made small. Where they were taken is lost with that, so it is asked for below.
  const shots = form.querySelector("[data-shots]");
  const input = form.querySelector("#photos");
  let taken = [];

  function show() {
    for (const old of shots.querySelectorAll(".taken")) old.remove();
    const add = shots.querySelector(".add");
    taken.forEach((file, place) => {
      const box = document.createElement("div");
      const image = document.createElement("img");
      const remove = document.createElement("button");
      box.className = "shot taken";
      image.src = URL.createObjectURL(file);
      image.alt = "";
      image.onload = () => URL.revokeObjectURL(image.src);
      remove.type = "button";
      remove.setAttribute("aria-label", shots.dataset.remove);
      remove.addEventListener("click", () => {
        taken.splice(place, 1);
        show();
      });
      box.append(image, remove);
      shots.insertBefore(box, add);
    });
    add.hidden = taken.length >= Number(shots.dataset.shots);
    const kept = new DataTransfer();
    for (const file of taken) kept.items.add(file);
    input.files = kept.files;
  }

  if (input) {
    input.addEventListener("change", async () => {
      const room = Number(shots.dataset.shots) - taken.length;
      const chosen = await Promise.all([...input.files].slice(0, room).map(yiping.photo.small));
      taken = [...taken, ...chosen];
      show();
    });
  }

  // A recording and a clip: listened to and looked at before they are sent, and taken away again.
  const clips = form.querySelector("[data-clips]");
  if (clips) {
    for (const field of clips.querySelectorAll("input")) field.addEventListener("change", () => showClip(field));
    if (yiping.voice.able) recorder(clips.querySelector("#voice"));
  }

  function showClip(field) {
    const label = field.parentElement;
    clips.querySelector(`[data-of=${field.id}]`)?.remove();
    label.hidden = field.files.length > 0;
    if (!field.files.length) return;
    const box = document.createElement("div");
    const player = document.createElement(field.id === "voice" ? "audio" : "video");
    const remove = document.createElement("button");
    box.className = "clip";
    box.dataset.of = field.id;
    player.controls = true;
    player.src = URL.createObjectURL(field.files[0]);
    player.setAttribute("aria-label", label.textContent);
    remove.type = "button";
    remove.className = "b o";
    remove.textContent = clips.dataset.remove;
    remove.addEventListener("click", () => {
      URL.revokeObjectURL(player.src);
      field.value = "";
      showClip(field);
    });
    box.append(player, remove);
    clips.append(box);
  }

  /** In place of the field for a file, a button that records; where the phone will not, the field again. */
  function recorder(field) {
    const label = field.parentElement;
    let running = null;
    label.addEventListener("click", (event) => {
      if (!yiping.voice.able || label.dataset.refused) return;
      event.preventDefault();
      if (running) running.stop();
      else start();
    });

    async function start() {
      const word = label.querySelector("span");
      running = yiping.voice.record(Number(clips.dataset.most), (n) => {
        label.classList.add("is-recording");
        word.textContent = clips.dataset.stop.replace("{n}", String(n));
      });
      const made = await running.done;
      running = null;
      label.classList.remove("is-recording");
      word.textContent = clips.dataset.start;
      if (!made) {
        label.dataset.refused = "1";
        field.click();
        return;
      }
      const kept = new DataTransfer();
      kept.items.add(made);
      field.files = kept.files;
      showClip(field);
    }
  }

  // One's own position, where the page may ask for it.
  const here = form.querySelector("[data-here]");
  if (here && window.isSecureContext && navigator.geolocation) {
    const label = here.lastChild;
    here.hidden = false;
    here.addEventListener("click", () => {
      label.textContent = here.dataset.looking;
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          form.elements.lng.value = coords.longitude.toFixed(6);
          form.elements.lat.value = coords.latitude.toFixed(6);
          form.elements.place.required = false;
          label.textContent = here.dataset.found.replace("{m}", String(Math.round(coords.accuracy)));
        },
        () => (label.textContent = here.dataset.lost),
        { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 }
      );
    });
  }

  // A picked picture takes away the word under another one.
  for (const radio of form.querySelectorAll("[name=what]")) {
    radio.addEventListener("change", () => {
      for (const item of form.querySelectorAll("[name=item]")) {
        if (!item.value.startsWith(radio.value + "-")) item.checked = false;
      }
    });
  }

  // Sent once: the button says so. Without a connection nothing is sent and nothing is lost.
  const button = form.querySelector("[type=submit]");
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine) {
      event.preventDefault();
      let told = form.querySelector(".alert");
      if (!told) {
        told = document.createElement("p");
        told.className = "alert";
        told.setAttribute("role", "alert");
        form.querySelector(".ph-body").prepend(told);
      }
      told.textContent = form.dataset.offline;
      scrollTo(0, 0);
      return;
    }
    button.disabled = true;
    button.textContent = form.dataset.sending;
  });
})();
