/* Leave at once: nothing of what was shown stays on the screen, and the page takes the place of this one in the history. */

/** A page that anyone may have open, without a name that tells anything. */
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

/** Show an empty page in the switcher of apps, and whenever another window or tab is in front. */
export function coverWhenHidden() {
  document.addEventListener("visibilitychange", () => {
    document.documentElement.classList.toggle("covered", document.visibilityState === "hidden");
  });
}
