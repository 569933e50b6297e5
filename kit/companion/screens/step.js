/* One step of a plan: whom to call, write to or open, whether they are there now, and what happens next. */

import { isStale } from "../../resolver/steps.js";
import { element, phrase } from "../dom.js";
import { writingTags } from "../locales.js";
import { say, withValue } from "../words.js";
import { day } from "./frame.js";

/** By type of channel: the word for using it. */
const VERBS = { phone: "call", sms: "text", chat: "chat", email: "write", url: "open", app: "open" };

/** Return a step as a section. `brief`: without reasons and other ways. `under`: below the heading of another part. */
export function stepSection(app, plan, step, { brief = false, under = false } = {}) {
  const label = app.pack.labels.steps[step.step];
  // Under several parts the same step is no landmark: all of them would have one name.
  const id = under ? null : `step-${step.step}`;
  const service = step.service && plan.services[step.service];
  const others = brief ? [] : step.alternatives.filter((one) => plan.services[one]);
  return element(
    "section",
    { "aria-labelledby": id, class: step.step === "danger-now" ? "danger" : "step" },
    phrase(under ? "h3" : "h2", label, { id }),
    service ? card(app, plan, step, service, { brief, under }) : reasons(app, step.why),
    service
      ? others.length > 0 &&
          element(
            "details",
            {},
            say(app.words, "summary", "lines"),
            others.map((one) => card(app, plan, step, plan.services[one], { brief: true, under })),
          )
      : others.map((one) => {
          const found = plan.services[one];
          return folded(found.name_display, card(app, plan, step, found, { brief: true, titled: false }));
        }),
    step.step === "tell-the-platform" && folded(say(app.words, "span", "other-site"), reasons(app, ["no-address"])),
  );
}

/** Return a part under its name, to be opened: there may be many, such as all platforms. */
function folded(name, ...parts) {
  return element("details", { class: "folded" }, element("summary", {}, name), ...parts);
}

/** Return a service as a card with everything that a reader can tap. */
function card(app, plan, step, service, { brief, titled = true, under = false }) {
  const { words } = app;
  const found = plan.availability[service.id];
  const codes = [step.conditions[service.id], step.notes[service.id]].filter(Boolean);
  const isFirst = service.id === step.service;
  const now = app.content.now();
  const route = routeOf(service, plan.situation);
  return element(
    "article",
    {},
    titled && element(under ? "h4" : "h3", {}, service.name_display),
    service.region_names.length > 0 && element("p", { class: "quiet" }, service.region_names.join(", ")),
    service.purpose && phrase("p", service.purpose),
    reasons(app, codes),
    notices(app, service, null),
    opening(app, service, found),
    service.channels.map((channel, index) => action(app, service, channel, found.channels[index], route)),
    route?.steps && !service.channels.some(({ steps }) => isSame(steps, route.steps)) && phrase("p", route.steps),
    route?.asks && phrase("p", route.asks),
    !speaks(service, app.pack.locale) && service.answers_in && phrase("p", service.answers_in, { class: "quiet" }),
    isStale(service, now) && stale(app, service),
    !brief && service.after && next(app, service),
    !brief && isFirst && why(app, step),
  );
}

function action(app, service, channel, found, route) {
  const { words } = app;
  const verb = words(VERBS[channel.type] ?? "open");
  const label = element(
    "span",
    {},
    element("span", { lang: verb.lang, dir: verb.dir }, verb.text),
    channel.display && " ",
    channel.display && element("bdi", { class: "number" }, channel.display),
  );
  const elsewhere = ["url", "chat", "app"].includes(channel.type);
  const link =
    channel.href &&
    element(
      "a",
      {
        class: found?.open === false ? "action shut" : "action",
        href: channel.href,
        ...(elsewhere ? { target: "_blank", rel: "noopener noreferrer" } : {}),
      },
      label,
    );
  return element(
    "div",
    { class: "channel" },
    channel.label && phrase("p", channel.label, { class: "quiet" }),
    notices(app, service, channel.position),
    beforehand(app, channel),
    link || label,
    channel.keyword && withValue(words, "p", "text-word", channel.keyword),
    // The usual steps can lead to the wrong form: where the situation has a route, only its steps are shown.
    channel.steps && (!route || isSame(channel.steps, route.steps)) && phrase("p", channel.steps),
  );
}

/** Return whether people there are known to speak the language of the pack: then nothing needs to be said about it. */
function speaks({ languages }, locale) {
  const primary = (tag) => tag.split("-")[0].toLowerCase();
  return (languages ?? []).some((tag) => primary(tag) === primary(locale));
}

/** Return how to report the situation inside a platform, or null where nothing of that is known. */
function routeOf({ routes = {} }, situation) {
  return routes[situation] ?? routes.any ?? null;
}

function isSame(one, other) {
  return one?.text === other?.text;
}

/** Return what is known of a channel before it is used: its cost, the phone bill, and whether a name is needed. */
function beforehand({ words, pack }, { type, cost, on_bill: onBill, anonymous }) {
  const isCharged = type === "phone" || type === "sms";
  const found = [
    isCharged && cost === "free" && words("free"),
    isCharged && cost === "standard" && pack.labels.handouts?.["usual-cost"],
    isCharged && onBill === true && words("on-bill"),
    isCharged && onBill === false && words("not-on-bill"),
    anonymous && pack.labels.why.anonymous,
  ].filter(Boolean);
  if (found.length === 0) return null;
  const parts = found.flatMap((label, index) => [index > 0 && " · ", phrase("span", label)]);
  return element("p", { class: "quiet" }, parts);
}

function opening({ words, choices, content }, { channels }, found) {
  if (!found) return null;
  // A form of the web or in an app is not opened or shut by anybody.
  if (found.open === null && channels.every(({ type }) => type === "url" || type === "app")) return null;
  if (found.open === null) return say(words, "p", "hours", { class: "quiet" });
  const change = found.open ? found.closes_at : found.opens_at;
  return element(
    "p",
    { class: found.open ? "open" : "closed" },
    say(words, "strong", found.open ? "open-now" : "closed"),
    change && " ",
    change && withValue(words, "span", found.open ? "closes-at" : "opens-at", moment(change, choices, content.now())),
  );
}

/** Return an instant on the clock of the device, with the weekday where it is not today, and with the date from six days on. */
function moment(instant, choices, now) {
  const date = new Date(instant);
  const isToday = date.toDateString() === new Date(now).toDateString();
  const isSoon = date.getTime() - now < 6 * 86_400_000;
  const day = isToday ? {} : isSoon ? { weekday: "long" } : { day: "numeric", month: "long", year: "numeric" };
  return new Intl.DateTimeFormat(writingTags(choices), { hour: "numeric", minute: "2-digit", ...day }).format(date);
}

/** Return the notices that hold now of the channel at this position, or with null those of the whole service. */
function notices(app, service, position) {
  const labels = app.pack.labels.notices ?? {};
  const now = app.content.now();
  return (service.notices ?? [])
    .filter(({ from, until }) => Date.parse(from) <= now && now < Date.parse(until))
    .filter((notice) => labels[notice.kind] && (notice.position ?? null) === position)
    .map(({ kind }) => phrase("p", labels[kind], { class: "notes" }));
}

function stale(app, service) {
  const checked = service.checked_on;
  return element(
    "p",
    { class: "quiet" },
    say(app.words, "span", "old"),
    checked && [" ", say(app.words, "span", "checked"), " ", day(app, new Date(checked))],
  );
}

function next(app, service) {
  return element("div", {}, say(app.words, "h4", "next"), phrase("p", service.after));
}

function why(app, step) {
  const found = reasons(app, step.why);
  return found && element("details", {}, say(app.words, "summary", "why"), found);
}

/** Return the words for codes of reasons, as a list; unknown codes are left out. */
function reasons(app, codes) {
  const found = codes.map((code) => app.pack.labels.why[code]).filter(Boolean);
  return found.length > 0 ? element("ul", { class: "reasons" }, found.map((label) => phrase("li", label))) : null;
}
