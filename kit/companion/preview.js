/* A preview in the console: the screens of the companion with content that comes with the page. No network, no storage, no way out.

   The element #content holds JSON: `pack`, `country`, `audience`, `theme` ("light", "dark", or null for that of the device), and
   what is shown first: `tip` (a slug), `service` (an id), `alert` (title, body, lang, dir, tip, services), `situation`, or nothing
   of these for the situations. `age` (years) and `region` (ISO 3166-2) may be missing: the reader has not said them. */

import { element, restore, stateOf } from "./dom.js";
import { frame, heading } from "./screens/frame.js";
import { alertParts, helpSections } from "./screens/help.js";
import { planScreen } from "./screens/plan.js";
import { situationsScreen } from "./screens/situations.js";
import { tipDetails } from "./screens/tip.js";
import { wordsOf } from "./words.js";

const SCREENS = {
  situations: situationsScreen,
  plan: planScreen,
  tip: (app) => [tipDetails(app, tipOf(app, app.shows.tip), { open: true })],
  service: (app) => helpSections(app, [app.shows.service]),
  alert: alertScreen,
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
  go(screen, changes = {}, focus = "heading") {
    if (!(screen in SCREENS)) return;
    Object.assign(this, { screen, ...changes });
    const root = document.documentElement;
    root.lang = this.pack.locale;
    root.dir = this.pack.dir;
    const shown = element("div", { id: "app" }, frame(this, SCREENS[screen](this)));
    for (const menu of shown.querySelectorAll("nav")) menu.remove();
    const before = document.getElementById("app");
    const state = focus === "keep" ? stateOf(before) : null;
    before.replaceWith(shown);
    if (state) restore(shown, state);
    else scrollTo(0, 0);
  }

  /** Stay: leaving would leave the console. */
  exit() {}

  /** Show the plan for an answer to one of its questions. */
  refine(changes) {
    Object.assign(this.choices, changes);
    this.go(this.screen, {}, "keep");
  }

  /** Return the query of this reader, who reads the language of the pack. That of the browser is the staff's. */
  query(situation) {
    const { country, audience, locale, age, region } = this.choices;
    const canSpeak = this.cannotSpeak ? false : null;
    return { country, situation, audience, age, region, languages: [locale], can_speak: canSpeak };
  }
}

function alertScreen(app) {
  const { title, lang, dir } = app.shows.alert;
  return [heading({ text: title, lang, dir }), ...alertParts(app, app.shows.alert)];
}

function tipOf(app, slug) {
  return app.pack.tips.find((tip) => tip.slug === slug);
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
