/* Start the app, and show one screen after the other. Screens are state, not addresses: nothing is added to the history. */

import { answeredAge } from "./ages.js";
import { Content } from "./content.js";
import { restore, stateOf } from "./dom.js";
import "./early_exit.js";
import { quickExit } from "./quick_exit.js";
import { languagesOf } from "./locales.js";
import { choicesScreen, forgetScreen } from "./screens/choices.js";
import { newsScreen } from "./screens/news.js";
import { planScreen } from "./screens/plan.js";
import { situationsScreen } from "./screens/situations.js";
import { waitScreen } from "./screens/wait.js";
import { frame, noteWait } from "./screens/frame.js";
import { Store } from "./store.js";
import { firstLocale, wordsOf } from "./words.js";

const SCREENS = {
  wait: waitScreen,
  choices: choicesScreen,
  situations: situationsScreen,
  plan: planScreen,
  news: newsScreen,
  forget: forgetScreen,
};

/** What a reader has not chosen yet: until there is a country, the words are those of the worldwide pack. */
const UNSAID = { country: "ZZ", locale: null, audience: null, age: null, ageTo: null, region: null };

/** Between two renewals because the page is visible again, in milliseconds. */
const PAUSE = 60_000;

/** What is shown: the screen, the reader's choices, and what the reader said happened, which is never kept. */
class App {
  constructor(store) {
    this.store = store;
    this.content = new Content(store);
    this.choices = null;
    /** The country or language that the reader has chosen and whose help is still being fetched. */
    this.wanted = null;
    this.screen = "wait";
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

  /** The first screen that has something to choose: those who have left are asked who they are, and nothing else again. */
  get first() {
    return this.choices.audience ? "situations" : "choices";
  }

  async start() {
    const kept = await this.store.get("choices");
    this.choices = { ...UNSAID, ...kept };
    // Earlier versions of the app kept the first age alone of a span that another plan may divide.
    if (kept?.ageTo === undefined) this.choices.age = null;
    const isShown = kept ? await this.content.show(kept.country, kept.locale) : false;
    this.go(isShown ? this.first : "wait");
    await this.update(isShown ? null : "start");
  }

  /** Fetch what is new for the choices with these changes, and keep the changes where there is help; return whether there is. */
  renew(changes = {}) {
    this.renewedAt = Date.now();
    const renewed = this.renewed.then(async () => {
      // The reader has chosen something else before the turn of this came.
      if (this.wanted && changes !== this.wanted) return false;
      const { country, locale } = { ...this.choices, ...changes };
      const isThere = await this.content.renew(country, locale, navigator.languages);
      if (isThere) this.choices = { ...this.choices, ...changes, locale: this.pack.locale };
      return isThere;
    });
    // One after the other: an answer for an earlier choice must not come last.
    this.renewed = renewed.catch(() => {});
    return renewed;
  }

  /** Choose a country or language, and show the choices in its words; the earlier ones stay where there is no help for it. */
  async choose(changes) {
    const wanted = { ...this.wanted, ...changes };
    if (!this.wanted) noteWait(this);
    this.wanted = wanted;
    const isThere = await this.renew(wanted).catch(() => false);
    if (this.wanted !== wanted) return;
    this.wanted = null;
    if (isThere) await this.store.put("choices", this.choices);
    if (this.screen !== "wait") this.go(this.screen, {}, "keep");
    else this.go(isThere ? "situations" : "choices");
  }

  /** Choose who the reader is, keep all choices, and go on to what happened: in the chosen country, once its help is here. */
  async enter(audience) {
    // The age that a young person gave is not that of the child whom a parent reads for.
    const { age, ageTo } = audience === this.choices.audience ? this.choices : { age: null, ageTo: null };
    this.choices = { ...this.choices, audience, age, ageTo };
    if (this.wanted) {
      this.go("wait");
      return;
    }
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
    if (wasEmpty && reason) this.go("wait");
    const before = [this.pack && JSON.stringify(this.pack), ...this.content.notes].join();
    await this.renew();
    const after = [this.pack && JSON.stringify(this.pack), ...this.content.notes].join();
    if (!reason && before === after) return;
    const isReady = wasEmpty && this.pack && this.choices.audience;
    const screen = this.screen === "wait" && !this.wanted ? "choices" : this.screen;
    this.go(isReady ? "situations" : screen, {}, reason ? "heading" : "keep");
  }

  /** Renew the help of a page that was hidden, perhaps for days: a service may have been withdrawn since. */
  async updateWhenVisible() {
    // The clock may have been set back.
    const isDue = Math.abs(Date.now() - this.renewedAt) >= PAUSE;
    if (document.visibilityState === "visible" && isDue) await this.update(null);
  }

  exit() {
    return quickExit();
  }

  async forget() {
    document.getElementById("app").replaceChildren();
    await this.store.forget();
    await quickExit();
  }

  /** Show a screen; its heading gets the focus, so that screen readers begin there. `keep`: what the reader opened stays open. */
  go(screen, changes = {}, focus = "heading") {
    const { pack } = this;
    Object.assign(this, { screen: pack || screen === "wait" ? screen : "choices", ...changes });
    const root = document.documentElement;
    const { locale, dir } = pack ?? firstLocale();
    root.lang = locale;
    root.dir = dir;
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
    const { country, audience, locale, region } = this.choices;
    const age = answeredAge(this.pack, this.choices);
    const canSpeak = this.cannotSpeak ? false : null;
    return { country, situation, audience, age, region, languages: languagesOf(locale), can_speak: canSpeak };
  }
}

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
