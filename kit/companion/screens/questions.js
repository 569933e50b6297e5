/* The young person's age and the region: asked beside a plan, and only where an answer changes that plan. */

import { resolve } from "../../resolver/index.js";
import { element } from "../dom.js";
import { writingTags } from "../locales.js";
import { say } from "../words.js";

/** What the resolver takes for an adult (kit/resolver/candidates.js). */
const ADULT = 18;
/** Audiences that read for somebody else. A survivor is an adult, and is not asked. */
const FOR_ANOTHER = ["parent", "educator", "bystander"];

/** Return the questions as a section; null where no answer would change the plan. */
export function questions(app) {
  const ages = agesOf(app);
  const regions = regionsOf(app);
  if (ages.length === 0 && regions.length === 0) return null;
  const whose = FOR_ANOTHER.includes(app.choices.audience) ? "age-of" : "age";
  return element(
    "section",
    { class: "questions", "aria-labelledby": "fits" },
    ages.length > 0 && field(app, "age", whose, ages, (value) => (value === "" ? null : Number(value))),
    regions.length > 0 && field(app, "region", "region", regions, (value) => value || null),
    say(app.words, "p", "fits", { id: "fits", class: "quiet" }),
  );
}

function field(app, name, label, options, parse) {
  const known = app.choices[name] ?? null;
  const unsaid = app.words("not-said");
  return [
    say(app.words, "label", label, { for: name }),
    element(
      "select",
      { id: name, onchange: (event) => app.refine({ [name]: parse(event.target.value) }) },
      element("option", { value: "", lang: unsaid.lang, dir: unsaid.dir }, unsaid.text),
      options.map(([value, text]) => element("option", { value, selected: value === known }, text)),
    ),
  ];
}

/**
 * Return `[age, text]` of the spans of ages that get different plans, each by its first age.
 *
 * The ages at which plans may change are those that the rules of the pack name.
 */
function agesOf(app) {
  if (app.choices.audience === "survivor") return [];
  const rules = [...app.pack.services.map(({ eligibility }) => eligibility), ...app.pack.tips];
  const bounds = rules.flatMap(({ min_age: low, max_age: high }) => [low, high != null ? high + 1 : null]);
  const starts = [...new Set([0, ADULT, ...bounds.filter((age) => age != null)])].sort((one, other) => one - other);
  const plans = starts.map((age) => shownFor(app, { age }));
  const spans = starts.filter((_, index) => plans[index] !== plans[index - 1]);
  if (spans.length < 2) return [];
  const known = app.choices.age ?? null;
  return spans.map((from, index) => {
    const to = spans[index + 1] ?? Infinity;
    // An answer to the question beside another plan may lie inside a span of this one.
    const value = known !== null && from <= known && known < to ? known : from;
    return [value, spanText(from, to, app.choices)];
  });
}

/** Return ages as text, such as 13–17 or 18+, which stays in this order in a line from right to left. */
function spanText(from, to, choices) {
  const digits = new Intl.NumberFormat(writingTags(choices));
  const text = to === Infinity ? `${digits.format(from)}+` : `${digits.format(from)}–${digits.format(to - 1)}`;
  return from === to - 1 ? digits.format(from) : `\u2066${text}\u2069`;
}

/** Return `[code, name]` of the regions of the country that services are for, where they change the plan. */
function regionsOf(app) {
  const names = new Map();
  for (const { regions, region_names: named } of app.pack.services) {
    regions.forEach((code, index) => code.startsWith(`${app.choices.country}-`) && names.set(code, named[index]));
  }
  const codes = [...names.keys()];
  const plans = new Set([null, ...codes].map((region) => shownFor(app, { region })));
  if (plans.size < 2) return [];
  const order = new Intl.Collator([app.choices.locale, "en"]);
  return [...names].sort(([, one], [, other]) => order.compare(one, other));
}

/** Return what a reader sees first of the plan with these answers: each step with its service and the others, and the tips. */
function shownFor(app, answers) {
  const plan = resolve(app.pack, { ...app.query(app.situation), ...answers }, app.content.now());
  const steps = plan.steps.map(({ step, service, alternatives }) => [step, service, [...alternatives].sort()]);
  return JSON.stringify([steps, plan.tips]);
}
