/* Country, language, and who the reader is; and the way to forget all of it. */

import { element, inOrder, phrase } from "../dom.js";
import { COUNTRIES, countryNames, likelyCountries } from "../locales.js";
import { button, say } from "../words.js";
import { emergency } from "./danger.js";
import { heading } from "./frame.js";

const WORLDWIDE = "ZZ";
const AUDIENCES = ["teen", "parent", "bystander", "educator", "survivor"];

/** Return the screen of choices; without help of any kind, the one that says so. */
export function choicesScreen(app) {
  if (!app.pack) return emptyScreen(app);
  const { words } = app;
  return [
    // A reader with a plan has it there, and comes here to change something.
    (app.choices.country === WORLDWIDE || !app.choices.audience) && emergency(app),
    heading(words("country")),
    countryField(app),
    say(words, "label", "language", { for: "locale" }),
    localeField(app),
    say(words, "h2", "who", { id: "who" }),
    element("ul", { class: "choices", "aria-labelledby": "who" }, audiences(app)),
    say(words, "p", "stays", { class: "quiet" }),
    say(words, "p", "leave-how", { class: "quiet" }),
    say(words, "p", "browser", { class: "quiet" }),
  ].filter(Boolean);
}

/** Return the screen that asks before everything is forgotten. */
export function forgetScreen(app) {
  const { words } = app;
  return [
    heading(words("forget")),
    say(words, "p", "forget-what"),
    say(words, "p", "browser"),
    button(words, "forget", () => app.forget(), { class: "strong" }),
  ];
}

/** Return the first screen where neither the server nor this device has any help: what to do without it, and a way on. */
function emptyScreen(app) {
  const { words, content } = app;
  const refused = content.notes.includes("refused");
  return [
    heading(words("danger-now")),
    say(words, "p", "local-emergency", { class: "strongest" }),
    say(words, "p", "trusted-adult"),
    refused ? "" : say(words, "p", "empty"),
    button(words, "try-again", () => app.update("asked"), { class: "strong" }),
  ];
}

function countryField(app) {
  const { words } = app;
  const choices = { ...app.choices, ...app.wanted };
  const names = countryNames(COUNTRIES, choices.locale);
  const likely = likelyCountries();
  // Nobody should have to search a list of 249 in the worst minute: those that the browser names come first.
  const ordered = [...names.filter(([code]) => likely.has(code)), ...names.filter(([code]) => !likely.has(code))];
  const options = ordered.map(([code, name]) => element("option", { value: code, selected: code === choices.country }, name));
  const unknown = choices.country === WORLDWIDE && element("option", { value: WORLDWIDE, selected: true }, "…");
  const onchange = (event) => app.choose({ country: event.target.value, region: null });
  const label = words("country");
  return element("select", { id: "country", "aria-label": label.text, onchange }, unknown, options);
}

function localeField(app) {
  const { locale } = { ...app.choices, ...app.wanted };
  const names = app.content.locales.map((tag) => [tag, ownName(tag)]);
  names.sort(([, one], [, other]) => one.localeCompare(other));
  const options = names.map(([tag, name]) =>
    element("option", { value: tag, lang: tag, selected: tag === locale }, name),
  );
  return element("select", { id: "locale", onchange: (event) => app.choose({ locale: event.target.value }) }, options);
}

/** Return what the speakers of a language call it. */
function ownName(tag) {
  return new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
}

function audiences(app) {
  return inOrder(app.pack.labels.audiences, AUDIENCES).map(([audience, label]) =>
    element(
      "li",
      {},
      phrase("button", label, {
        type: "button",
        "aria-pressed": String(audience === app.choices.audience),
        onclick: () => app.enter(audience),
      }),
    ),
  );
}
