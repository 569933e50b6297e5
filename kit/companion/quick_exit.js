/* Leave at once: nothing that was shown stays on the screen, and a neutral page takes the place of this one in the history. */

import { Store } from "./store.js";

/** A page that anyone may have open; its name gives nothing away. */
export const NEUTRAL_PAGE = "https://www.wikipedia.org/";

/** How long to wait until the answers of the reader are deleted, in milliseconds: the screen is empty by then. */
const PATIENCE = 300;

/** Clear the screen, delete what the reader said of themselves, and open the neutral page in the place of this one. */
export async function quickExit() {
  document.documentElement.replaceChildren();
  await Promise.race([forgetAnswers(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  location.replace(NEUTRAL_PAGE);
}

async function forgetAnswers() {
  const store = await Store.open();
  await store.forgetAnswers();
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

/** Leave by the link that the page has until there is the button of the app: by itself it would stay in the history. */
export function exitOnLink() {
  addEventListener("click", (event) => {
    if (!event.target.closest("a.leave")) return;
    event.preventDefault();
    quickExit();
  });
}

/** Show an empty page while the browser reports that the page is hidden: in the switcher of apps, or behind another tab. */
export function coverWhenHidden() {
  document.addEventListener("visibilitychange", () => {
    document.documentElement.classList.toggle("covered", document.visibilityState === "hidden");
  });
}
