/* A preview in the console: the screens of the companion with content that comes with the page. No network, no storage, no way out.

   The element #content holds JSON: `pack`, `country`, `audience`, `theme` ("light", "dark", or null for that of the device), and
   what is shown first: `tip` (a slug), `service` (an id), `alert` (title, body, lang, dir, tip, services), `situation`, or nothing
   of these for the situations. `age` (years) and `region` (ISO 3166-2) may be missing: the reader has not said them. */

import { availability, resolve } from "../resolver/index.js";
import { element, phrase } from "./dom.js";
import { frame, heading } from "./screens/frame.js";
import { planScreen } from "./screens/plan.js";
import { situationsScreen } from "./screens/situations.js";
import { stepSection } from "./screens/step.js";
import { tipDetails } from "./screens/tip.js";
import { wordsOf } from "./words.js";

const SCREENS = {
  situations: situationsScreen,
  plan: planScreen,
  tip: (app) => [tipDetails(app, tipOf(app, app.shows.tip), { open: true })],
  service: (app) => helpSections(app, [app.shows.service]),
  alert: alertScreen,
};

/** By role: the step in which a service stands where no plan offers it to this reader. */
const STEP_OF_ROLE = {
  emergency: "danger-now",
  "police-report": "report",
  "hotline-csam-report": "report",
  "image-removal": "take-down",
  "platform-report": "tell-the-platform",
};

/** What screens read of the app (main.js), for content that never changes. */
class Preview {
  constructor(shows) {
    const { pack, country, audience, age = null, region = null } = shows;
    this.shows = shows;
    this.pack = pack;
    this.words = wordsOf(pack);
    this.choices = { country, locale: pack.locale, audience, age, region };
    this.content = { notes: [], issued: null, locales: [pack.locale], now: () => Date.now() };
    this.situation = shows.situation ?? null;
    this.cannotSpeak = false;
    this.screen = ["tip", "service", "alert"].find((name) => shows[name]) ?? (this.situation ? "plan" : "situations");
  }

  /** Show a screen; those that change what a reader has chosen are left out. */
  go(screen, changes = {}) {
    if (!(screen in SCREENS)) return;
    Object.assign(this, { screen, ...changes });
    const root = document.documentElement;
    root.lang = this.pack.locale;
    root.dir = this.pack.dir;
    const shown = element("div", { id: "app" }, frame(this, SCREENS[screen](this)));
    for (const menu of shown.querySelectorAll("nav")) menu.remove();
    const leave = shown.querySelector("#leave");
    // A copy has no listener: leaving would leave the console.
    leave?.replaceWith(leave.cloneNode(true));
    document.getElementById("app").replaceWith(shown);
    scrollTo(0, 0);
  }

  /** Show the plan for an answer to one of its questions. */
  refine(changes) {
    Object.assign(this.choices, changes);
    this.go(this.screen);
  }

  /** Return the query of this reader, who reads the language of the pack. That of the browser is the staff's. */
  query(situation) {
    const { country, audience, locale, age, region } = this.choices;
    const canSpeak = this.cannotSpeak ? false : null;
    return { country, situation, audience, age, region, languages: [locale], can_speak: canSpeak };
  }
}

function alertScreen(app) {
  const { title, body, lang, dir, tip, services } = app.shows.alert;
  const named = tipOf(app, tip);
  return [
    heading({ text: title, lang, dir }),
    phrase("p", { text: body, lang, dir }, { class: "lines" }),
    named && tipDetails(app, named, { open: true }),
    ...helpSections(app, services, named?.situations),
  ].filter(Boolean);
}

function tipOf(app, slug) {
  return app.pack.tips.find((tip) => tip.slug === slug);
}

/** Return these services under the steps in which plans for the situations offer them; by default those that each names. */
function helpSections(app, ids, situations) {
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
  return [...steps.values()].map(({ plan, step }) => stepSection(app, plan, step));
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

/** Make the rules for a colour scheme hold always or never, whatever the device prefers. */
function setTheme(theme) {
  document.documentElement.style.colorScheme = theme;
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSMediaRule) || !rule.conditionText.includes("prefers-color-scheme")) continue;
      rule.media.mediaText = rule.conditionText.includes(theme) ? "all" : "not all";
    }
  }
}

// Nobody calls a helpline from a preview.
addEventListener("click", (event) => event.target.closest("a") && event.preventDefault(), { capture: true });
const shows = JSON.parse(document.getElementById("content").textContent);
if (shows.theme) setTheme(shows.theme);
const preview = new Preview(shows);
preview.go(preview.screen);
