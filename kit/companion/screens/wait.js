/* What is shown until there is an answer: what to do in danger does not wait for one. */

import { inDanger } from "./danger.js";
import { heading } from "./frame.js";

/** Return the screen for a reader who waits for the help of a country. */
export function waitScreen(app) {
  return [heading(app.words("wait")), inDanger(app.words)];
}
