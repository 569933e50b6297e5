/* Start the app, and show one screen after the other. Screens are state, not addresses: nothing is added to the history. */

import { Content } from "./content.js";
import { restore, stateOf } from "./dom.js";
import { coverWhenHidden, exitOnEscape, quickExit } from "./quick_exit.js";
import { languagesOf } from "./locales.js";
import { choicesScreen, forgetScreen } from "./screens/choices.js";
import { newsScreen } from "./screens/news.js";
import { planScreen } from "./screens/plan.js";
import { situationsScreen } from "./screens/situations.js";
import { frame } from "./screens/frame.js";
import { Store } from "./store.js";
import { wordsOf } from "./words.js";

const SCREENS = {
  choices: choicesScreen,
  situations: situationsScreen,
  plan: planScreen,
  news: newsScreen,
  forget: forgetScreen,
};
const WORLDWIDE = "ZZ";

/** Between two renewals because the page is visible again, in milliseconds. */
const PAUSE = 60_000;

/** What is shown: the screen, the reader's choices, and what the reader said happened, which is never kept. */
class App {
  constructor(store) {
    this.store = store;
    this.content = new Content(store);
    this.choices = null;
    this.screen = "choices";
    this.situation = null;
    this.cannotSpeak = false;
    this.renewed = Promise.resolve();
    this.renewedAt = 0;
  }

  get words() {
    return wordsOf(this.content.pack);
  }

  get pack() {
    return this.content.pack;
  }

  async start() {
    const kept = await this.store.get("choices");
    // Until the reader has named a country, the words are those of the worldwide pack.
    this.choices = kept ?? { country: WORLDWIDE, locale: null, audience: null, age: null, region: null };
    const isShown = kept ? await this.content.show(kept.country, kept.locale) : false;
    if (isShown) this.go("situations");
    await this.update(isShown ? null : "start");
  }

  /** Fetch what is new for the choices. */
  renew() {
    this.renewedAt = Date.now();
    const renewed = this.renewed.then(async () => {
      const { country, locale } = this.choices;
      await this.content.renew(country, locale, navigator.languages);
      if (this.pack) this.choices.locale = this.pack.locale;
    });
    // One after the other: an answer for an earlier choice must not come last.
    this.renewed = renewed.catch(() => {});
    return renewed;
  }

  /** Choose a country or language, and show the choices in its words; go back to the earlier choice where it has no help. */
  async choose(changes) {
    const before = this.choices;
    this.choices = { ...before, ...changes };
    await this.renew();
    if (!this.pack) {
      this.choices = before;
      await this.renew();
    }
    if (this.choices.audience) await this.store.put("choices", this.choices);
    this.go("choices", {}, "keep");
  }

  /** Choose who the reader is, keep all choices, and go on to what happened. */
  async enter(audience) {
    // The age that a young person gave is not that of the child whom a parent reads for.
    const age = audience === this.choices.audience ? this.choices.age : null;
    this.choices = { ...this.choices, audience, age };
    await this.store.put("choices", this.choices);
    this.go("situations");
  }

  /** Keep an answer to a question beside the plan, and show the plan that it leads to. */
  async refine(changes) {
    this.choices = { ...this.choices, ...changes };
    await this.store.put("choices", this.choices);
    this.go(this.screen, {}, "keep");
  }

  /** Renew the help, and show it: at the start, when the reader asks, and when the network is back. */
  async update(reason) {
    const wasEmpty = !this.pack;
    const before = [this.pack && JSON.stringify(this.pack), ...this.content.notes].join();
    await this.renew();
    const after = [this.pack && JSON.stringify(this.pack), ...this.content.notes].join();
    if (!reason && before === after) return;
    const isReady = wasEmpty && this.pack && this.choices.audience;
    this.go(isReady ? "situations" : this.screen, {}, reason ? "heading" : "keep");
  }

  /** Renew the help of a page that was hidden, perhaps for days: a service may have been withdrawn since. */
  async updateWhenVisible() {
    // The clock may have been set back.
    const isDue = Math.abs(Date.now() - this.renewedAt) >= PAUSE;
    if (document.visibilityState === "visible" && isDue) await this.update(null);
  }

  async forget() {
    document.getElementById("app").replaceChildren();
    await this.store.forget();
    quickExit();
  }

  /** Show a screen; its heading gets the focus, so that screen readers begin there. `keep`: what the reader opened stays open. */
  go(screen, changes = {}, focus = "heading") {
    const { pack } = this;
    Object.assign(this, { screen: pack ? screen : "choices", ...changes });
    const root = document.documentElement;
    root.lang = pack?.locale ?? "en";
    root.dir = pack?.dir ?? "ltr";
    const shown = document.getElementById("app");
    const state = focus === "keep" ? stateOf(shown) : null;
    shown.replaceChildren(...frame(this, SCREENS[this.screen](this)));
    if (state) {
      restore(shown, state);
      return;
    }
    document.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  /** Return the query of the reader for the resolver. It stays on this device. */
  query(situation) {
    const { country, audience, locale, age, region } = this.choices;
    const canSpeak = this.cannotSpeak ? false : null;
    return { country, situation, audience, age, region, languages: languagesOf(locale), can_speak: canSpeak };
  }
}

exitOnEscape();
coverWhenHidden();
const app = new App(await Store.open());
try {
  await app.start();
} catch {
  // Whatever went wrong, the first screen says what to do in danger, and offers to try again.
  app.go("choices");
}
addEventListener("online", () => app.update(null));
document.addEventListener("visibilitychange", () => app.updateWhenVisible());
// Without it (a private window, an old browser) the app works while there is a network.
navigator.serviceWorker?.register("/companion/sw.js", { scope: "/companion/" }).catch(() => {});
