/* What to do: the steps of the plan in order, then the tips for the first minutes. */

import { resolve } from "../../resolver/index.js";
import { element, phrase } from "../dom.js";
import { button, say } from "../words.js";
import { heading } from "./frame.js";
import { questions } from "./questions.js";
import { stepSection } from "./step.js";
import { tipDetails } from "./tip.js";

/** After how many steps the questions stand: the emergency number, and the first person to talk to, come before. */
const STEPS_BEFORE_QUESTIONS = 2;

/** Return the screen with the plan for the situation that the reader chose. */
export function planScreen(app) {
  const { pack, words } = app;
  const plan = resolve(pack, app.query(app.situation), app.content.now());
  const bySlug = new Map(pack.tips.map((tip) => [tip.slug, tip]));
  const talk = plan.steps.filter(({ step }) => step === "talk");
  const lines = talk.flatMap(({ service, alternatives }) => [service, ...alternatives]).filter((id) => id !== null);
  const allClosed = lines.length > 0 && lines.every((id) => plan.availability[id]?.open === false);
  return [
    heading(pack.labels.situations[plan.situation]),
    button(words, "no-voice", () => app.go("plan", { cannotSpeak: !app.cannotSpeak }, "keep"), {
      id: "no-voice",
      class: "small",
      "aria-pressed": String(app.cannotSpeak),
    }),
    allClosed && say(words, "p", "all-closed", { class: "notes" }),
    ...withQuestions(app, plan),
    plan.tips.length > 0 &&
      element(
        "section",
        { "aria-labelledby": "tips" },
        say(words, "h2", "tips", { id: "tips" }),
        plan.tips.map((slug, index) => tipDetails(app, bySlug.get(slug), { open: index === 0 })),
      ),
    ...notices(pack),
  ].filter(Boolean);
}

/** Return the steps as sections, with the questions among them, where they delay no call. */
function withQuestions(app, plan) {
  const sections = plan.steps.map((step) => stepSection(app, plan, step));
  sections.splice(STEPS_BEFORE_QUESTIONS, 0, questions(app));
  return sections;
}

/** Return what every pack says of the app itself: what is stored, and that nothing is reported for the reader. */
function notices(pack) {
  return pack.tips
    .filter(({ kind }) => kind === "notice")
    .map((tip) => phrase("p", { text: tip.short, lang: tip.lang, dir: tip.dir }, { class: "quiet" }));
}
