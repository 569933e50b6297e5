/* What happened: the situations as large choices, below the emergency number. */

import { resolve } from "../../resolver/index.js";
import { element, inOrder, phrase } from "../dom.js";
import { button } from "../words.js";
import { heading } from "./frame.js";
import { stepSection } from "./step.js";

const EMERGENCY = "danger-now";
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
  const plan = resolve(pack, app.query("not-sure"), app.content.now());
  const emergency = plan.steps.find(({ step }) => step === EMERGENCY);
  const choices = inOrder(pack.labels.situations, SITUATIONS).map(([situation, label]) =>
    element(
      "li",
      {},
      phrase("button", label, { type: "button", onclick: () => app.go("plan", { situation, cannotSpeak: false }) }),
    ),
  );
  return [
    emergency && stepSection(app, plan, emergency, { brief: true }),
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
