/* An alert with its help, as the app shows it in the news and the console as a preview; and services without a plan of their own. */

import { availability, resolve } from "../../resolver/index.js";
import { phrase } from "../dom.js";
import { stepSection } from "./step.js";
import { tipDetails } from "./tip.js";

/** By role: the step in which a service stands where no plan offers it to this reader. */
const STEP_OF_ROLE = {
  emergency: "danger-now",
  "police-report": "report",
  "hotline-csam-report": "report",
  "image-removal": "take-down",
  "platform-report": "tell-the-platform",
};

/** Return what stands below the title of an alert: its text, its tip and its services. `under`: as for `stepSection`. */
export function alertParts(app, { body, lang, dir, tip, services }, { under = false } = {}) {
  const named = app.pack.tips.find(({ slug }) => slug === tip);
  return [
    phrase("p", { text: body, lang, dir }, { class: "lines" }),
    named && tipDetails(app, named, { open: !under }),
    ...helpSections(app, services ?? [], named?.situations, { under }),
  ].filter(Boolean);
}

/** Return these services under the steps in which plans for the situations offer them; by default those that each names. */
export function helpSections(app, ids, situations, { under = false } = {}) {
  const { pack } = app;
  const steps = new Map();
  for (const service of pack.services.filter(({ id }) => ids.includes(id))) {
    const found = offered(app, service, situations ?? [...service.situations, "not-sure"]);
    const same = steps.get(found.step.step);
    if (same) {
      same.step.alternatives.push(service.id);
      same.plan.services[service.id] = service;
      same.plan.availability[service.id] = found.plan.availability[service.id];
    } else {
      steps.set(found.step.step, found);
    }
  }
  return [...steps.values()].map(({ plan, step }) => stepSection(app, plan, step, { under }));
}

/** Return a plan of this service alone, with the step that offers it. */
function offered(app, service, situations) {
  const { pack } = app;
  const now = app.content.now();
  for (const situation of situations) {
    const plan = resolve(pack, app.query(situation), now);
    const step = plan.steps.find((one) => one.service === service.id || one.alternatives.includes(service.id));
    if (step) return only(service, plan.services[service.id], plan.availability, situation, step);
  }
  const role = service.roles.find((one) => one in STEP_OF_ROLE);
  const step = { step: STEP_OF_ROLE[role] ?? "talk", why: [], conditions: {}, notes: {} };
  return only(service, service, { [service.id]: availability(pack, service, now) }, situations[0], step);
}

function only({ id }, service, { [id]: available }, situation, step) {
  const plan = { situation, services: { [id]: service }, availability: { [id]: available } };
  return { plan, step: { ...step, service: id, alternatives: [], why: step.service === id ? step.why : [] } };
}
