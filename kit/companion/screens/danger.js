/* What to do in danger, above whatever else is asked: nobody has to choose anything first. */

import { resolve } from "../../resolver/index.js";
import { element } from "../dom.js";
import { say } from "../words.js";
import { stepSection } from "./step.js";

const EMERGENCY = "danger-now";
const WORLDWIDE = "ZZ";

/** Return the emergency number of the country of the help that is shown; for the worldwide help, what `inDanger` says. */
export function emergency(app) {
  if (app.choices.country === WORLDWIDE) return inDanger(app.words);
  const plan = resolve(app.pack, app.query("not-sure"), app.content.now());
  const step = plan.steps.find((one) => one.step === EMERGENCY);
  return step && stepSection(app, plan, step, { brief: true });
}

/** Return what to do in danger while no country is known, as a section. */
export function inDanger(words) {
  return element(
    "section",
    { class: "danger", "aria-labelledby": "danger" },
    say(words, "h2", "danger-now", { id: "danger" }),
    element("article", {}, say(words, "p", "local-emergency"), say(words, "p", "trusted-adult")),
  );
}
