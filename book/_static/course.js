// What the theme leaves undone for readers who use a keyboard.
document.addEventListener("DOMContentLoaded", () => {
  // A box that scrolls must be reachable by keyboard: the focus goes to it, and the arrow keys move it.
  for (const box of document.querySelectorAll(".highlight pre, .cell_output, .bd-article table, .bd-article div.math")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
});
