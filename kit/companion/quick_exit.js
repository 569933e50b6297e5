/* Leave at once: nothing that was shown stays on the screen, and a neutral page takes the place of this one in the history. */

/** A page that anyone may have open; its name gives nothing away. */
export const NEUTRAL_PAGE = "https://www.wikipedia.org/";

/** Clear the screen and open the neutral page in the place of this one. */
export function quickExit() {
  document.documentElement.replaceChildren();
  location.replace(NEUTRAL_PAGE);
}

/** Leave when the Esc key is pressed, whatever has the focus. */
export function exitOnEscape() {
  addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      quickExit();
    },
    { capture: true },
  );
}

/** Show an empty page while the browser reports that the page is hidden: in the switcher of apps, or behind another tab. */
export function coverWhenHidden() {
  document.addEventListener("visibilitychange", () => {
    document.documentElement.classList.toggle("covered", document.visibilityState === "hidden");
  });
}
