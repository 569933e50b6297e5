/* What surrounds every screen: the way out, notes on the help that is shown, and the way back. */

import { element } from "../dom.js";
import { writingTags } from "../locales.js";
import { button, say } from "../words.js";

/** Return the elements of the page around a screen. */
export function frame(app, screen) {
  const { words, content } = app;
  const notes = content.notes.filter((id) => app.pack || !["offline", "kept-back"].includes(id));
  const isOld = notes.includes("old") && content.issued;
  return [
    element(
      "header",
      {},
      back(app),
      button(words, "leave", () => app.exit(), { class: "leave", id: "leave" }),
    ),
    element(
      "main",
      {},
      element(
        "div",
        { role: "status", class: notes.length > 0 ? "notes" : null },
        app.wanted && app.screen !== "wait" && say(words, "p", "wait"),
        notes.map((id) => say(words, "p", id)),
        isOld && element("p", {}, say(words, "span", "as-of"), " ", day(app, content.issued)),
        notes.includes("offline") && button(words, "try-again", () => app.update("asked"), { class: "small" }),
      ),
      ...screen,
    ),
  ];
}

/** Say above the screen that something is being fetched. */
export function noteWait(app) {
  document.querySelector("main [role=status]")?.append(say(app.words, "p", "wait"));
}

/** Return the heading of a screen, which gets the focus. */
export function heading(phraseOfIt) {
  const { text, lang, dir } = phraseOfIt;
  return element("h1", { tabindex: "-1", lang, dir }, text);
}

/** Return a day as the reader writes it. */
export function day(app, date) {
  const format = new Intl.DateTimeFormat(writingTags(app.choices), { dateStyle: "long" });
  return element("time", { datetime: date.toISOString().slice(0, 10) }, format.format(date));
}

const BEHIND = { plan: "situations", news: "situations", forget: "situations", choices: "situations", wait: "choices" };

function back(app) {
  const screen = BEHIND[app.screen];
  const isFirst = app.screen !== "wait" && !app.choices.audience;
  if (!screen || isFirst || !app.pack) return element("span");
  return button(app.words, "back", () => app.go(screen), { class: "back", id: "back" });
}
