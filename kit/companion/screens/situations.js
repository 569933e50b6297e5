/* What happened: the situations as large choices, below the emergency number. */

import { element, inOrder, phrase } from "../dom.js";
import { button } from "../words.js";
import { emergency } from "./danger.js";
import { heading } from "./frame.js";

const SITUATIONS = [
  "blackmail",
  "image-shared",
  "ai-generated-image",
  "grooming",
  "live-abuse",
  "offline-abuse",
  "self-harm-risk",
  "csam-seen",
  "hacked-account",
  "not-sure",
];

/** Return the screen with the situations of the pack. */
export function situationsScreen(app) {
  const { pack, words } = app;
  const choices = inOrder(pack.labels.situations, SITUATIONS).map(([situation, label]) =>
    element(
      "li",
      {},
      phrase("button", label, { type: "button", onclick: () => app.go("plan", { situation, cannotSpeak: false }) }),
    ),
  );
  return [
    emergency(app),
    heading(words("what")),
    element("ul", { class: "choices" }, choices),
    element(
      "nav",
      {},
      button(words, "news", () => app.go("news"), { class: "small" }),
      button(words, "change", () => app.go("choices"), { class: "small" }),
      button(words, "forget", () => app.go("forget"), { class: "small" }),
    ),
  ].filter(Boolean);
}
