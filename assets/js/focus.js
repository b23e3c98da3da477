// Where the keyboard is when a drawer opens and closes: in the drawer, then back where it came from.
(function () {
  "use strict";

  let opener = null; // what had the focus before the drawer
  let opened = false;

  function follow() {
    const drawer = document.querySelector(".drawer");
    if (drawer && !opened) {
      opener = document.activeElement;
      drawer.querySelector("[data-close-building]").focus({ preventScroll: true });
    } else if (!drawer && opened && opener && opener.isConnected) opener.focus({ preventScroll: true });
    opened = Boolean(drawer);
  }

  window.addEventListener("yiping:panels", follow);
})();
