/* The young person's age and the region: asked beside a plan, and only where an answer changes that plan. */

import { resolve } from "../../resolver/index.js";
import { answeredAge, spansOf } from "../ages.js";
import { element, phrase } from "../dom.js";
import { writingTags } from "../locales.js";
import { say } from "../words.js";

/** What a reader answers who is in no region on offer: no service is for it, so that a plan leaves out all that are for regions. */
const ELSEWHERE = "elsewhere";

/** By country the regions that are the whole of it (ISO 3166-2), where services are for all of them: there is no other part. */
const WHOLE = { GB: ["GB-ENG", "GB-NIR", "GB-SCT", "GB-WLS"] };

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
    ages.length > 0 && field(app, "age", whose, ages, (value) => spanFrom(app, value)),
    regions.length > 0 && field(app, "region", "region", regions, (value) => ({ region: value || null })),
    say(app.words, "p", "fits", { id: "fits", class: "quiet" }),
  );
}

/** Return a field. `options` are `[value, text or phrase, isKnown]`, and `changes` returns the choices that a value makes. */
function field(app, name, label, options, changes) {
  const unsaid = ["", app.words("not-said"), false];
  return [
    say(app.words, "label", label, { for: name }),
    element(
      "select",
      { id: name, onchange: (event) => app.refine(changes(event.target.value)) },
      [unsaid, ...options].map(([value, label, isKnown]) => option(label, { value, selected: isKnown })),
    ),
  ];
}

function option(label, attributes) {
  return label.text === undefined ? element("option", attributes, label) : phrase("option", label, attributes);
}

/** Return `[age, text, isKnown]` of the spans of ages, each by its first age, where they get different plans. */
function agesOf(app) {
  if (app.choices.audience === "survivor") return [];
  const spans = spansOf(app.pack);
  // Spans whose plans are equal here stay apart: beside another plan they differ, and an answer has to mean the same there.
  if (new Set(spans.map(([age]) => shownFor(app, { age }))).size < 2) return [];
  const known = answeredAge(app.pack, app.choices);
  const isKnown = ([first, last]) => known !== null && first <= known && known <= last;
  return spans.map((span) => [span[0], spanText(...span, app.choices), isKnown(span)]);
}

/** Return the choices that the answer with this first age makes, or none. */
function spanFrom(app, value) {
  const span = spansOf(app.pack).find(([first]) => String(first) === value);
  return { age: span?.[0] ?? null, ageTo: span?.[1] ?? null };
}

/** Return ages as text, such as 13–17 or 18+, which stays in this order in a line from right to left. */
function spanText(first, last, choices) {
  const digits = new Intl.NumberFormat(writingTags(choices));
  const text = last === Infinity ? `${digits.format(first)}+` : `${digits.format(first)}–${digits.format(last)}`;
  return first === last ? digits.format(first) : `\u2066${text}\u2069`;
}

/** Return `[code, name, isKnown]` of the regions of the country that services are for, and of all others, where they change the plan. */
function regionsOf(app) {
  const { country, region, locale } = app.choices;
  const names = new Map();
  for (const { regions, region_names: named } of app.pack.services) {
    regions.forEach((code, index) => code.startsWith(`${country}-`) && names.set(code, named[index]));
  }
  const codes = [...names.keys()];
  const plans = new Set([null, ...codes].map((one) => shownFor(app, { region: one })));
  if (plans.size < 2) return [];
  const order = new Intl.Collator([locale, "en"]);
  const offered = [...names].sort(([, one], [, other]) => order.compare(one, other));
  if (!WHOLE[country]?.every((code) => names.has(code))) offered.push([ELSEWHERE, app.words("elsewhere")]);
  return offered.map(([code, name]) => [code, name, code === region]);
}

/** Return what a reader sees first of the plan with these answers: each step with its service and the others, and the tips. */
function shownFor(app, answers) {
  const plan = resolve(app.pack, { ...app.query(app.situation), ...answers }, app.content.now());
  const steps = plan.steps.map(({ step, service, alternatives }) => [step, service, [...alternatives].sort()]);
  return JSON.stringify([steps, plan.tips]);
}
