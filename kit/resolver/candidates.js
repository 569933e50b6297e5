/**
 * Which services can be offered to a reader at all: by place and by age, with what the rankings look at.
 *
 * @import {AgeRule, FullQuery, Candidate, Service} from "./types.js"
 */

/** A missing age means under 18: what is shown then must be right for a child. */
export const ADULT = 18;

/** Deprecated language subtags, and those that replaced them. */
const REPLACED = new Map([
  ["tl", "fil"],
  ["iw", "he"],
  ["in", "id"],
  ["ji", "yi"],
  ["jw", "jv"],
  ["mo", "ro"],
  ["no", "nb"],
]);
/** A person answers here; a page can only lead on to one. */
const LINES = ["phone", "sms", "chat"];

/**
 * Return the service without the channels that are for other situations.
 *
 * @param {Service} service
 * @param {string} situation
 * @returns {Service}
 */
export function forSituation(service, situation) {
  const channels = service.channels.filter(({ situations }) => !situations?.length || situations.includes(situation));
  return channels.length === service.channels.length ? service : { ...service, channels };
}

/**
 * Return whether the service works where the young person is; a regional one stays while the region is not given.
 *
 * @param {Service} service
 * @param {FullQuery} query
 */
export function inArea(service, query) {
  if (service.area && !service.area.includes(query.country)) return false;
  return query.region === null || service.regions.length === 0 || service.regions.includes(query.region);
}

/**
 * Return the service as a candidate, or null where its age rule excludes the reader.
 *
 * @param {Service} service
 * @param {FullQuery} query
 * @returns {Candidate | null}
 */
export function candidate(service, query) {
  const ageFit = fitOfAge(service.eligibility, query);
  if (ageFit === "not-met") return null;
  const worldwide = service.country === "ZZ";
  const helpline = service.roles.includes("helpline");
  const hasLine = service.channels.some(({ type }) => LINES.includes(type));
  return {
    service,
    id: service.id,
    roles: service.roles,
    worldwide,
    ageFit,
    language: languageRank(service, query),
    named: service.named_situations.includes(query.situation),
    serves: service.situations.includes(query.situation),
    forAudience: service.audiences.includes(query.audience),
    crisisLine: helpline && hasLine && service.named_situations.includes("self-harm-risk"),
    directory: helpline && !hasLine && worldwide,
  };
}

/**
 * Return how the young person's ages meet the age rule of a service or a tip; "unknown" where only the reader can tell.
 *
 * @param {AgeRule} rule
 * @param {FullQuery} query
 * @returns {Candidate["ageFit"]}
 */
export function fitOfAge(rule, query) {
  const low = rule.min_age ?? null;
  const high = rule.max_age ?? null;
  if (low === null && high === null) return "no-rule";
  const ofImage = rule.age_measured === "image-taken";
  const age = ofImage ? query.ageInImage : query.age;
  if (age === null) {
    // Only the reader can know how old the image is, so the tools for both ages are offered.
    if (ofImage && query.age !== null && query.age >= ADULT) return "unknown";
    if ((low !== null && low >= ADULT) || (high !== null && high < ADULT - 1)) return "not-met";
    // Nobody is older in an image than now: under 18 now was under 18 then.
    return ofImage && query.age !== null ? "met" : "unknown";
  }
  return (low === null || age >= low) && (high === null || age <= high) ? "met" : "not-met";
}

/**
 * Return the index of the reader's first language that the service speaks: the number of languages where it speaks none of
 * them, and null where either side is not known.
 *
 * @param {Service} service
 * @param {FullQuery} query
 * @returns {number | null}
 */
export function languageRank(service, query) {
  if (!service.languages?.length || query.languages.length === 0) return null;
  const spoken = service.languages.map(primaryLanguage);
  const rank = query.languages.findIndex((tag) => spoken.includes(primaryLanguage(tag)));
  return rank < 0 ? query.languages.length : rank;
}

/** @param {string} tag BCP 47 */
function primaryLanguage(tag) {
  const language = (tag.split("-")[0] ?? "").toLowerCase();
  return REPLACED.get(language) ?? language;
}

/**
 * Return whether the service is known to speak none of the reader's languages.
 *
 * @param {Candidate} c
 * @param {FullQuery} query
 */
export const noSharedLanguage = (c, query) => c.language !== null && c.language >= query.languages.length;

/**
 * Return whether the service is regional while the reader's region is not given.
 *
 * @param {Candidate} c
 * @param {FullQuery} query
 */
export const regionNotGiven = (c, query) => query.region === null && c.service.regions.length > 0;

/**
 * Return whether the service is meant for readers like this one: by an age rule, or for this audience alone.
 *
 * @param {Candidate} c
 * @param {FullQuery} query
 */
export const tailored = (c, query) =>
  c.ageFit !== "no-rule" || (c.service.audiences.length === 1 && c.service.audiences[0] === query.audience);

/** @param {Service} service */
export const isFree = (service) => service.channels.every(({ cost }) => cost === "free");

/** @param {Service} service */
export const isAnonymous = (service) => service.channels.some(({ anonymous }) => anonymous);

/** @param {Service} service */
export const voiceOnly = (service) => service.channels.every((channel) => channel.needs_voice);

/**
 * Return whether the reader cannot speak and every channel needs a voice.
 *
 * @param {Candidate} c
 * @param {FullQuery} query
 */
export const unusable = (c, query) => !query.canSpeak && voiceOnly(c.service);
