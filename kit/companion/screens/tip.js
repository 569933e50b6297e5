/* A tip in its five parts: title, short answer, what to do first, what not to do, and more. */

import { element, phrase, plainHtml } from "../dom.js";
import { say } from "../words.js";

/** Return a tip that opens and closes. */
export function tipDetails(app, tip, { open }) {
  const { words, pack } = app;
  const { lang, dir } = tip;
  const labels = pack.labels.handouts ?? {};
  const list = (name, label, lines) =>
    lines.length > 0 && [label && phrase("h4", label), element(name, { lang, dir }, lines.map((line) => element("li", {}, line)))];
  return element(
    "details",
    { class: "tip", open },
    element("summary", {}, phrase("h3", { text: tip.title, lang, dir })),
    isForeign(tip, pack) && say(words, "p", "other-language", { class: "quiet" }),
    !tip.reviewed && say(words, "p", "draft", { class: "quiet" }),
    phrase("p", { text: tip.short, lang, dir }),
    list("ol", labels.first, tip.do_now),
    list("ul", labels["do-not"], tip.do_not),
    tip.more_html &&
      element("details", {}, say(words, "summary", "more"), element("div", { lang, dir }, ...plainHtml(tip.more_html))),
  );
}

/** Return whether the tip is in another language than the pack: no translation of it is approved yet. */
function isForeign(tip, pack) {
  return tip.lang.split("-")[0].toLowerCase() !== pack.locale.split("-")[0].toLowerCase();
}
