// The report form's comforts: photos made small before they are sent, one's own position, one tap that is one report.
// All of it works without: the form is sent as it is.
(function () {
  "use strict";

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
