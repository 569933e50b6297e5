// What the theme's own script makes without thinking of keyboards and screen readers.

/** Let the keyboard scroll a table that is wider than its place, and name the buttons of each sample. */
function mend() {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    else table.removeAttribute("tabindex");
  }
  document.querySelectorAll(".md-code__nav").forEach((buttons, place) => {
    const name = `Sample ${place + 1}`;
    if (buttons.ariaLabel !== name) buttons.ariaLabel = name;
  });
}

new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
window.addEventListener("resize", mend);
mend();
