/**
 * The steps of a plan: which of the candidates each step offers, and in which order.
 *
 * @import {FullQuery, Availability, Candidate, Pack, Ranking, Service, Step} from "./types.js"
 */

import { opened, serviceAvailability } from "./availability.js";
import { ADULT, isAnonymous, isFree, languageRank, noSharedLanguage, regionNotGiven, tailored, unusable } from "./candidates.js";
import { ageCode, conditions, emergencyReasons, reasons } from "./reasons.js";

const CRISIS = "self-harm-risk";
/** Situations in which only a service that names them takes a report. */
const NAMED_ONLY = [
  "blackmail",
  "image-shared",
  "ai-generated-image",
  "grooming",
  "live-abuse",
  "hacked-account",
  "offline-abuse",
];
const POLICE = "police-report";
const HOTLINE = "hotline-csam-report";

/** One pack, one query and one instant, with the services that can be offered. */
export class Steps {
  /** @type {Map<Candidate, Availability>} */
  #availabilities = new Map();

  /**
   * @param {Pack} pack
   * @param {FullQuery} query
   * @param {number} at milliseconds since 1970
   * @param {Service[]} withinReach
   * @param {Candidate[]} candidates
   * @param {boolean} night
   */
  constructor(pack, query, at, withinReach, candidates, night) {
    this.pack = pack;
    this.query = query;
    this.at = at;
    this.withinReach = withinReach;
    this.candidates = candidates;
    this.night = night;
  }

  /**
   * Return a step, or null where it is left out or not known to this version.
   *
   * @param {string} name
   * @param {boolean} beforeReport whether the plan's order has the step "report" after this one
   * @returns {Step | null}
   */
  make(name, beforeReport) {
    if (name === "danger-now") return this.#dangerNow();
    if (name === "talk") return this.#talk(beforeReport);
    if (name === "report") return this.#report();
    if (name === "take-down") return this.#takeDown();
    return name === "tell-the-platform" ? this.#tellThePlatform() : null;
  }

  /** Offer the emergency services by place alone. */
  #dangerNow() {
    const { query } = this;
    const ranked = this.withinReach.filter(({ roles }) => roles.includes("emergency"));
    const suits = (/** @type {Service} */ service) =>
      (query.situation === CRISIS ? service.named_situations : service.situations).includes(query.situation);
    sort(ranked, (service) => [
      !suits(service),
      service.country === "ZZ",
      service.regions.length > 0 && query.region === null,
      service.id,
    ]);
    const [first, ...others] = ranked;
    if (first === undefined) return withoutService("danger-now", ["local-emergency"], []);
    const language = languageRank(first, query);
    return {
      step: "danger-now",
      service: first.id,
      why: emergencyReasons(first, language, query),
      ...opened(serviceAvailability(this.pack, first, this.at)),
      stale: isStale(first, this.at),
      language_match: language === null ? null : language < query.languages.length,
      alternatives: others.map(({ id }) => id),
      conditions: {},
      notes: {},
    };
  }

  /**
   * Offer helplines: those for the situation here, else any here, else worldwide ones. A crisis line is always among them, and
   * an adult's plan holds the line that the young person can use. Directories come last.
   *
   * @param {boolean} beforeReport
   */
  #talk(beforeReport) {
    const { query, night } = this;
    const inCrisis = query.situation === CRISIS;
    const helplines = this.candidates.filter(({ roles, directory }) => roles.includes("helpline") && !directory);
    const directories = this.candidates.filter(({ directory, forAudience }) => directory && forAudience);
    const forAudience = helplines.filter((c) => c.forAudience);
    const here = forAudience.filter(({ worldwide }) => !worldwide);
    const abroad = forAudience.filter(({ worldwide }) => worldwide);
    // A crisis line of some regions may not answer here: where there is no other, the national lines come before it.
    const crisisFirst = inCrisis && helplines.some((c) => c.crisisLine && !regionNotGiven(c, query));
    const openOf = (/** @type {Candidate} */ c) => this.#availability(c).open;

    /** @type {Ranking<Candidate>} */
    const rank = (c) => [
      crisisFirst && !c.crisisLine,
      noSharedLanguage(c, query),
      unusable(c, query),
      inCrisis && openOf(c) !== true,
      openOf(c) === false,
      // At night, a line of unknown hours may leave a child waiting.
      night && openOf(c) !== true,
      regionNotGiven(c, query),
      !c.named,
      // A line for despair alone is not the first to ask about something else.
      !inCrisis && forDespairAlone(c),
      !tailored(c, query),
      !(openOf(c) && this.#availability(c).changesAt === null),
      openOf(c) !== true,
      // One that also gets such pictures removed saves a second call.
      !(c.named && c.roles.includes("image-removal")),
      ...tieBreak(c, query),
    ];

    let ranked = [here.filter((c) => c.serves), here, abroad.filter((c) => c.serves), abroad].find((tier) => tier.length > 0) ?? [];
    ranked = sort([...ranked], rank);
    if (!ranked.some(({ crisisLine }) => crisisLine)) {
      const lines = helplines.filter(({ crisisLine }) => crisisLine);
      ranked.push(...sort(lines, (c) => [c.worldwide, !c.forAudience, ...rank(c)]).slice(0, 1));
    }
    /** @type {Record<string, string>} */
    const notes = {};
    for (const { id } of directories) notes[id] = "directory";
    const youngs = helplines.filter(({ service }) => service.audiences.includes("teen"));
    /** @type {Candidate | undefined} */
    let best;
    if (["parent", "educator", "bystander"].includes(query.audience)) {
      // A line for young people alone comes before one that is for everybody.
      [best] = sort(youngs, (c) => [inCrisis && !c.crisisLine, c.worldwide, c.forAudience, ...rank(c)]);
    }
    if (best !== undefined) {
      notes[best.id] = query.audience === "parent" ? "for-your-child" : "for-the-young-person";
      if (!ranked.includes(best)) ranked.push(best);
    }
    if (!ranked.some(openOf)) {
      const already = ranked;
      ranked = [...already, ...sort(abroad.filter((c) => !already.includes(c)), rank)];
    }

    // What was appended may be open while those before it are not.
    /** @type {Ranking<Candidate>} */
    const mayNotAnswer = (c) => [openOf(c) === false, night && openOf(c) !== true];
    sort(ranked, mayNotAnswer);
    const [first] = ranked;
    if (best && first && suitsBetter(best, first, query) && compare(mayNotAnswer(best), mayNotAnswer(first)) <= 0) {
      ranked = [best, ...ranked.filter((c) => c !== best)];
    }
    ranked.push(...sort(directories, rank));
    if (ranked.length === 0) return withoutService("talk", ["trusted-adult", "if-at-home-unsafe"], []);
    return { ...this.#step("talk", ranked, beforeReport ? ["talk-first"] : []), notes };
  }

  /** Offer the police and hotlines here, or also the worldwide ones where there is none here, or else the nearest police. */
  #report() {
    const { query } = this;
    const { situation } = query;
    const inChat = query.where === "private";
    const seen = situation === "csam-seen";
    const namedOnly = NAMED_ONLY.includes(situation);
    const suited = this.candidates.filter(
      (c) =>
        c.forAudience &&
        (c.roles.includes(POLICE) || c.roles.includes(HOTLINE)) &&
        (namedOnly ? c.named : c.serves || (inChat && seen && c.service.named_situations.includes("image-shared"))) &&
        // A hotline takes addresses of public pages; nobody can open a chat for it.
        (!inChat || c.roles.includes(POLICE)),
    );
    const inPublic = seen && !inChat;
    const preferred = inPublic ? HOTLINE : POLICE;
    const here = suited.filter(({ worldwide }) => !worldwide);
    const enoughHere = inPublic ? here.some(({ roles }) => roles.includes(preferred)) : here.length > 0;
    const extra = inChat ? ["private-chat"] : [];
    const under18 = query.age === null || query.age < ADULT;

    const ranked = sort(enoughHere ? here : suited, (c) => {
      // A service that takes both kinds of report is specialised in crimes against children.
      const forChildren = c.roles.includes(POLICE) && c.roles.includes(HOTLINE);
      return [
        unusable(c, query),
        c.worldwide,
        !c.roles.includes(preferred),
        regionNotGiven(c, query),
        !c.named,
        !((under18 && forChildren) || c.ageFit !== "no-rule"),
        // While the region is not given, a service for more regions is more likely to be the right one.
        -c.service.regions.length,
        noSharedLanguage(c, query),
        c.roles.length,
        ...tieBreak(c, query),
      ];
    });
    const [first] = ranked;
    if (first === undefined || (first.worldwide && namedOnly)) {
      return withoutService("report", [under18 ? "nearest-police" : "nearest-police-adult", ...extra], ranked);
    }
    return this.#step("report", ranked, extra);
  }

  /** Offer the tools that get an image removed; null where there are none. */
  #takeDown() {
    const { query } = this;
    const tools = this.candidates.filter((c) => c.serves && c.forAudience && c.roles.includes("image-removal"));
    const ranked = sort(withoutUnpairedTools(tools, query), (c) => [
      unusable(c, query),
      c.roles.includes("platform-report"),
      c.service.removal_power == null,
      c.ageFit === "no-rule",
      c.roles.length > 1,
      c.worldwide,
      // While the age in the image is unknown, the tool for under-18s comes first: trying it is never wrong.
      c.service.eligibility.min_age != null,
      regionNotGiven(c, query),
      noSharedLanguage(c, query),
      ...tieBreak(c, query),
    ]);
    return ranked.length > 0 ? this.#step("take-down", ranked) : null;
  }

  /** Offer the report form of the site that the reader named; without a site, name no service and list all forms. */
  #tellThePlatform() {
    const { query } = this;
    const suits = (/** @type {Candidate} */ c) => c.serves || query.situation === "not-sure";
    const platforms = sort(
      this.candidates.filter(({ roles }) => roles.includes("platform-report")),
      ({ id }) => [id],
    );
    if (query.site === null) {
      const suited = platforms.filter((c) => c.forAudience && suits(c));
      return withoutService("tell-the-platform", ["platform"], suited);
    }
    const named = platforms.filter(({ id }) => id === `platform-${query.site}`);
    // The form of another platform would not help with what happened on this one.
    if (!named.some(suits)) return withoutService("tell-the-platform", ["platform", "no-address"], named);
    return this.#step("tell-the-platform", named);
  }

  /**
   * Return the step that names the first candidate, with the others as alternatives.
   *
   * @param {string} name
   * @param {Candidate[]} ranked not empty
   * @param {string[]} extra further reasons
   * @returns {Step}
   */
  #step(name, ranked, extra = []) {
    const first = /** @type {Candidate} */ (ranked[0]);
    return {
      step: name,
      service: first.id,
      why: [...reasons(first, name, this.query), ...extra],
      ...opened(this.#availability(first)),
      stale: isStale(first.service, this.at),
      language_match: first.language === null ? null : first.language < this.query.languages.length,
      alternatives: ranked.slice(1).map(({ id }) => id),
      conditions: conditions(ranked),
      notes: {},
    };
  }

  /** @param {Candidate} c */
  #availability(c) {
    const known = this.#availabilities.get(c);
    const found = known ?? serviceAvailability(this.pack, c.service, this.at, this.query.canSpeak);
    this.#availabilities.set(c, found);
    return found;
  }
}

/**
 * Return whether the last check is no longer valid. The service stays: an old number is better than none.
 *
 * @param {Service} service
 * @param {number} at milliseconds since 1970
 */
export function isStale(service, at) {
  return service.assured_until != null && service.assured_until < new Date(at).toISOString().slice(0, 10);
}

/**
 * @param {string} step
 * @param {string[]} why
 * @param {Candidate[]} alternatives
 * @returns {Step}
 */
function withoutService(step, why, alternatives) {
  return {
    step,
    service: null,
    why,
    open: null,
    closes_at: null,
    opens_at: null,
    stale: false,
    language_match: null,
    alternatives: alternatives.map(({ id }) => id),
    conditions: conditions(alternatives),
    notes: {},
  };
}

/** @param {Candidate} c */
const forDespairAlone = ({ service }) => service.named_situations.length === 1 && service.named_situations[0] === CRISIS;

/**
 * Return whether the young person's line suits the situation, and the first line for the adult is one for despair.
 *
 * @param {Candidate} c
 * @param {Candidate} first
 * @param {FullQuery} query
 */
function suitsBetter(c, first, query) {
  if (query.situation === CRISIS || unusable(c, query) || noSharedLanguage(c, query) || regionNotGiven(c, query)) return false;
  return forDespairAlone(first) && (c.named || (c.serves && !first.serves));
}

/**
 * Remove the tools that only the reader can choose between, where the one for adults or the one for under-18s is missing.
 *
 * @param {Candidate[]} tools
 * @param {FullQuery} query
 */
function withoutUnpairedTools(tools, query) {
  if (query.ageInImage !== null || query.age === null || query.age < ADULT) return tools;
  // A platform's own form is for that platform alone, so it is not the counterpart of a tool for all platforms.
  const undecided = tools.filter((c) => c.ageFit === "unknown" && !c.roles.includes("platform-report"));
  const codes = undecided.map(({ service }) => ageCode(service) ?? "");
  const isPair = ["adult-", "under-18-"].every((side) => codes.some((code) => code.startsWith(side)));
  return isPair ? tools : tools.filter((c) => !undecided.includes(c));
}

/**
 * Return the last criteria of most orders; the id makes each order total, so the same query gets the same plan.
 *
 * @param {Candidate} c
 * @param {FullQuery} query
 * @returns {(boolean | number | string)[]}
 */
function tieBreak(c, query) {
  return [c.worldwide, !isFree(c.service), !isAnonymous(c.service), c.language ?? query.languages.length, c.id];
}

/**
 * Sort a list in place by a list of criteria, where false comes before true, and return it. Equal items keep their order.
 *
 * @template T
 * @param {T[]} items
 * @param {Ranking<T>} rank
 * @returns {T[]}
 */
export function sort(items, rank) {
  const ranked = items.map((item) => ({ item, rank: rank(item) })).sort((a, b) => compare(a.rank, b.rank));
  items.splice(0, items.length, ...ranked.map(({ item }) => item));
  return items;
}

/**
 * @param {(boolean | number | string)[]} a
 * @param {(boolean | number | string)[]} b of the same kinds of values
 */
function compare(a, b) {
  for (const [position, left] of a.entries()) {
    const right = /** @type {boolean | number | string} */ (b[position]);
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
