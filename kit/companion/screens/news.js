/* News: the alerts of the feed, each with its help. A browser is not sent any, because only a server could subscribe it to topics. */

import { NOT_MODIFIED, answer } from "../content.js";
import { element, phrase } from "../dom.js";
import { button, say } from "../words.js";
import { heading } from "./frame.js";
import { alertParts } from "./help.js";

/** The audiences of the feed. For all others, such as an adult who was harmed as a child, it is asked without one. */
const AUDIENCES = ["teen", "parent", "educator", "bystander"];

/** By path the last answer of the feed, in memory alone: its ETag and the alerts. */
const last = new Map();

/** Return the screen of news; the alerts appear once they have been fetched. */
export function newsScreen(app) {
  const list = element("div", { "aria-live": "polite" }, say(app.words, "p", "wait"));
  fill(app, list);
  return [heading(app.words("news")), say(app.words, "p", "pull", { class: "quiet" }), list];
}

async function fill(app, list) {
  try {
    const alerts = await alertsFor(app.choices);
    const found = alerts.filter(({ status }) => status === "Actual").map((alert, index) => article(app, alert, index));
    list.replaceChildren(...(found.length > 0 ? found : [say(app.words, "p", "no-news")]));
  } catch {
    list.replaceChildren(say(app.words, "p", "offline"), button(app.words, "try-again", () => app.go("news"), { class: "small" }));
  }
}

/** Return the alerts for the reader. Those for all others are fetched too, so that no request tells who the reader is. */
function alertsFor({ country, locale, audience }) {
  const queries = [{ country, locale }, ...AUDIENCES.map((one) => ({ country, locale, audience: one }))];
  const answers = queries.map((query) => alertsAt(`/v1/alerts?${new URLSearchParams(query)}`));
  // The failure of one that is not shown is no failure.
  for (const one of answers) one.catch(() => {});
  return answers[1 + AUDIENCES.indexOf(audience)];
}

/** Return the alerts at a path. An answer that has not changed is not sent again. */
async function alertsAt(path) {
  const { etag, alerts } = last.get(path) ?? {};
  const response = await answer(path, etag ? { headers: { "If-None-Match": etag } } : {});
  if (response.status === NOT_MODIFIED) return alerts;
  const found = JSON.parse(new TextDecoder().decode(response.body)).alerts;
  last.set(path, { etag: response.headers.get("ETag"), alerts: found });
  return found;
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
