/* The words of the app itself: those of the pack, and until there is one, the few that came with the app, or English. */

import { element, phrase } from "./dom.js";
import { FIRST_WORDS } from "./first_words.js";
import { chooseLocale } from "./locales.js";

/** By id, as `companion.<id>` or in another group of content/facts/tips.yaml, which is translated; a test keeps them equal. */
export const ENGLISH = {
  "age": "How old are you?",
  "age-of": "How old is the young person?",
  "all-closed": "No one here is open right now. In danger? Call the emergency number.",
  "as-of": "Help as of:",
  "back": "Back",
  "browser": "Your browser may still list this page in its history. A private window does not.",
  "call": "Call",
  "change": "Change country, language or who you are",
  "chat": "Chat",
  "checked": "Last checked:",
  "clock": "The clock of this device is wrong. Opening hours may be wrong too.",
  "closed": "Closed",
  "closes-at": "Open until:",
  "country": "Which country are you in?",
  "danger-now": "In danger right now",
  "draft": "Draft. Not reviewed yet.",
  "elsewhere": "Another part of the country",
  "empty": "No connection, and no help is kept on this device yet.",
  "fits": "This helps to show what fits. It stays on this device.",
  "forget": "Forget everything",
  "forget-what": "This removes your choices and the help that is kept on this device.",
  "free": "Free",
  "hours": "Opening hours not known",
  "kept-back": "New help could not be checked. You see the last good one.",
  "language": "Language",
  "leave": "Leave now",
  "leave-how": "Can someone see your screen? Press “Leave now” or the Esc key at any time.",
  "lines": "Other ways to get help",
  "local-emergency": "Call the emergency number of the country you are in.",
  "more": "Read more",
  "news": "News",
  "next": "What happens next",
  "no-news": "There is no news now.",
  "no-voice": "I cannot speak right now",
  "not-kept": "This browser keeps nothing. When you close this page, the help is gone.",
  "not-on-bill": "Not on the phone bill",
  "not-said": "I do not want to say",
  "offline": "No connection. This is the help kept on this device.",
  "old": "This help may be old.",
  "on-bill": "Shows on the phone bill",
  "open": "Open",
  "open-now": "Open now",
  "opens-at": "Opens at:",
  "other-language": "This text is not in your language yet.",
  "other-site": "Another app or site",
  "pull": "A browser is not sent news. Look here for it.",
  "refused": "The help could not be checked, so it is not shown.",
  "region": "Which part of the country are you in?",
  "stays": "What you say happened stays on this device.",
  "text": "Text",
  "text-word": "Send a text message with this word:",
  "tips": "What you can do",
  "trusted-adult": "Tell one adult whom you trust.",
  "try-again": "Try again",
  "unchecked": "This browser cannot check where this help comes from.",
  "wait": "One moment.",
  "what": "What happened?",
  "who": "Who are you?",
  "why": "Why this one",
  "write": "Write",
};

/** Return the function that finds words in a pack, or in English where there is none; without a pack, those that came with the app. */
export function wordsOf(pack) {
  const { steps, why, contact, companion } = pack?.labels ?? firstLabels();
  const labels = { ...steps, ...why, ...contact, ...companion };
  return (id) => labels[id] ?? { text: ENGLISH[id], lang: "en", dir: "ltr" };
}

/** Chosen once: screens find each of their words by it. */
let first = null;

/** Return the locale that came with the app for the languages of the browser, `{ locale, dir }`. */
export function firstLocale() {
  if (!first) {
    const locale = chooseLocale([...Object.keys(FIRST_WORDS), "en"], navigator.languages) ?? "en";
    first = { locale, dir: FIRST_WORDS[locale]?.dir ?? "ltr" };
  }
  return first;
}

function firstLabels() {
  const { locale, dir } = firstLocale();
  const words = Object.entries(FIRST_WORDS[locale]?.words ?? {});
  return { companion: Object.fromEntries(words.map(([id, text]) => [id, { text, lang: locale, dir }])) };
}

/** Return an element with words of the app. */
export function say(words, name, id, attributes = {}) {
  return phrase(name, words(id), attributes);
}

/** Return a button with words of the app. */
export function button(words, id, onclick, attributes = {}) {
  return phrase("button", words(id), { type: "button", onclick, ...attributes });
}

/** Return words of the app with a value behind them, such as a time. */
export function withValue(words, name, id, value, attributes = {}) {
  return element(name, attributes, say(words, "span", id), " ", element("bdi", {}, value));
}
