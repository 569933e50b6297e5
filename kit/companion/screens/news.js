/* News: the alerts of the feed, each with its help. A browser is not sent any, because only a server could subscribe it to topics. */

import { NOT_MODIFIED, answer } from "../content.js";
import { element, phrase } from "../dom.js";
import { button, say } from "../words.js";
import { heading } from "./frame.js";
import { alertParts } from "./help.js";

/** Audiences that a URL may name; an adult who was harmed as a child is none of them. */
const NAMED = ["teen", "parent", "educator", "bystander"];

/** The last answer of the feed, in memory alone: its path, its ETag, and the alerts. */
let last = { path: null, etag: null, alerts: [] };

/** Return the screen of news; the alerts appear once they have been fetched. */
export function newsScreen(app) {
  const list = element("div", { "aria-live": "polite" }, say(app.words, "p", "wait"));
  fill(app, list);
  return [heading(app.words("news")), say(app.words, "p", "pull", { class: "quiet" }), list];
}

async function fill(app, list) {
  const { country, locale, audience } = app.choices;
  const query = new URLSearchParams({ country, locale, ...(NAMED.includes(audience) ? { audience } : {}) });
  try {
    const alerts = await alertsAt(`/v1/alerts?${query}`);
    const found = alerts.filter(({ status }) => status === "Actual").map((alert, index) => article(app, alert, index));
    list.replaceChildren(...(found.length > 0 ? found : [say(app.words, "p", "no-news")]));
  } catch {
    list.replaceChildren(say(app.words, "p", "offline"), button(app.words, "try-again", () => app.go("news"), { class: "small" }));
  }
}

/** Return the alerts of the feed. An answer that has not changed is not sent again. */
async function alertsAt(path) {
  const etag = last.path === path ? last.etag : null;
  const response = await answer(path, etag ? { headers: { "If-None-Match": etag } } : {});
  if (response.status !== NOT_MODIFIED) {
    const { alerts } = JSON.parse(new TextDecoder().decode(response.body));
    last = { path, etag: response.headers.get("ETag"), alerts };
  }
  return last.alerts;
}

function article(app, alert, index) {
  const { title, lang, dir } = alert;
  const id = `alert-${index}`;
  return element(
    "article",
    { "aria-labelledby": id },
    phrase("h2", { text: title, lang, dir }, { id }),
    alertParts(app, alert, { under: true }),
  );
}
