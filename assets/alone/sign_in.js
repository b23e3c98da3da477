// The sign-in pages' small comforts: show the password, fill in a demo account, change the theme. All works without.
(function () {
  for (const eye of document.querySelectorAll("[data-shows]")) {
    const field = document.getElementById(eye.dataset.shows);
    eye.hidden = false;
    eye.addEventListener("click", () => {
      const show = field.type === "password";
      field.type = show ? "text" : "password";
      eye.setAttribute("aria-pressed", String(show));
      field.focus();
    });
  }
  for (const link of document.querySelectorAll("[data-fill]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("si-name").value = link.dataset.fill;
      document.getElementById("si-password").value = link.dataset.password;
      for (const line of document.querySelectorAll(".si-demo li")) line.classList.toggle("is-on", line.contains(link));
      document.querySelector(".si-go").focus();
    });
  }
  for (const link of document.querySelectorAll("[data-theme-to]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.documentElement.dataset.theme = link.dataset.themeTo;
      try { localStorage.setItem("yiping.theme", link.dataset.themeTo); } catch (e) { /* for this page alone */ }
    });
  }
})();
