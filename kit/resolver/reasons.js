/**
 * Why a step names its service: the codes that a pack's `labels.why` puts into words.
 *
 * @import {FullQuery, Candidate, Service} from "./types.js"
 */

import { ADULT, isAnonymous, isFree, voiceOnly } from "./candidates.js";

/** A service with a higher upper limit is one for young adults. Childline's "under 19" still is one for under-18s. */
const CHILD_LIMIT = 18;

/**
 * Return the codes of the reasons why the step names this candidate.
 *
 * @param {Candidate} c
 * @param {string} step
 * @param {FullQuery} query
 * @returns {string[]}
 */
export function reasons(c, step, query) {
  const { service } = c;
  const code = ageCode(service);
  const talk = step === "talk";
  return [
    step === "tell-the-platform" ? "platform" : coverage(service),
    c.serves && "your-situation",
    code !== null && isTrueOfAge(service, code, query) && code,
    talk && c.crisisLine && "crisis-line",
    talk && c.directory && "directory",
    step === "take-down" && service.removal_power === "order" && "orders-removal",
    isFree(service) && "free",
    isAnonymous(service) && "anonymous",
    !query.canSpeak && !voiceOnly(service) && "without-voice",
    languageCode(c.language, query),
  ].filter((reason) => typeof reason === "string");
}

/**
 * Return the codes of the reasons for an emergency service; `language` is its rank.
 *
 * @param {Service} service
 * @param {number | null} language
 * @param {FullQuery} query
 * @returns {string[]}
 */
export function emergencyReasons(service, language, query) {
  return ["emergency", coverage(service), isFree(service) && "free", languageCode(language, query)].filter(
    (reason) => typeof reason === "string",
  );
}

/**
 * Return the age code of a service, or null where none fits it.
 *
 * @param {Service} service
 * @returns {string | null}
 */
export function ageCode(service) {
  const { min_age: low, max_age: high, age_measured: measured } = service.eligibility;
  const moment = measured === "image-taken" ? "in-image" : "now";
  if (low != null && low >= ADULT) return `adult-${moment}`;
  return high != null && high <= CHILD_LIMIT ? `under-18-${moment}` : null;
}

/**
 * Return by service id the age code that the reader has to judge, where the age that counts is not known.
 *
 * @param {Candidate[]} offered
 * @returns {Record<string, string>}
 */
export function conditions(offered) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const { ageFit, id, service } of offered) {
    const code = ageFit === "unknown" ? ageCode(service) : null;
    if (code !== null) found[id] = code;
  }
  return found;
}

/** @param {Service} service */
function coverage(service) {
  if (service.country === "ZZ" && !service.area) return "worldwide";
  return service.regions.length > 0 ? "regional" : "national";
}

/**
 * @param {number | null} rank
 * @param {FullQuery} query
 */
function languageCode(rank, query) {
  if (rank === null) return null;
  return rank < query.languages.length ? "your-language" : "other-language";
}

/**
 * Return whether the code is true of the age given, if any: an 18-year-old may call Childline, but is not under 18.
 *
 * @param {Service} service
 * @param {string} code
 * @param {FullQuery} query
 */
function isTrueOfAge(service, code, query) {
  const age = service.eligibility.age_measured === "image-taken" ? query.ageInImage : query.age;
  return age === null || age >= ADULT === code.startsWith("adult");
}
