// What the theme leaves undone for readers who use a keyboard, and for those who print.
document.addEventListener("DOMContentLoaded", () => {
  // A box that scrolls must be reachable by keyboard: the focus goes to it, and the arrow keys move it.
  for (const box of document.querySelectorAll(".highlight pre, .cell_output, .bd-article table, .bd-article div.math")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
});

// Paper is white: what is printed has the light look, whatever the screen has.
const page = document.documentElement;
let onScreen = page.dataset.theme;
addEventListener("beforeprint", () => {
  onScreen = page.dataset.theme;
  page.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  page.dataset.theme = onScreen;
});
