/**
 * From one pack, a query and an instant to a plan: whom to call, where to report, whom to talk to. docs/resolver.md has the
 * rules.
 *
 * @import {FullQuery, Pack, Plan, Query, Service, Step} from "./types.js"
 */

import { channelAvailability, opened, serviceAvailability } from "./availability.js";
import { candidate, fitOfAge, forSituation, inArea } from "./candidates.js";
import { localTime } from "./hours.js";
import { Steps, sort } from "./steps.js";

const PLATFORM = "platform-";
/** A survivor is an adult; this age is within no limit for young people or young adults. */
const AGE_OF_SURVIVOR = 30;
/** Tips that a plan gives at first: more are not read in the first minutes. */
const FIRST_TIPS = 5;

/**
 * Return the plan for a query. It is never empty; the same arguments give the same plan, and none of them is changed.
 *
 * @param {Pack} pack
 * @param {Query} query
 * @param {Date | string | number} at the instant: a Date, RFC 3339, or milliseconds since 1970
 * @returns {Plan}
 * @throws {TypeError} where `at` is no instant or the pack has no order of steps for the audience
 */
export function resolve(pack, query, at) {
  const now = instantOf(at);
  const retired = new Map(pack.retired.map(({ id, successor }) => [id, successor]));
  const full = completed(pack, query, retired);
  const withinReach = pack.services
    .map((service) => forSituation(service, full.situation))
    .filter((service) => service.channels.length > 0 && !retired.has(service.id) && inArea(service, full));
  const candidates = withinReach.map((service) => candidate(service, full)).filter((found) => found !== null);
  const makers = new Steps(pack, full, now, withinReach, candidates, isNight(withinReach, now));
  const order = orderOf(pack, full);
  const steps = order
    .map((name, position) => makers.make(name, order.includes("report", position)))
    .filter((step) => step !== null);
  const services = namedServices(steps, withinReach, full);
  const tips = tipsOf(pack, full);
  return {
    situation: full.situation,
    steps,
    services,
    availability: Object.fromEntries(
      Object.values(services).map((service) => [service.id, availability(pack, service, now, full)]),
    ),
    tips: tips.slice(0, FIRST_TIPS),
    more_tips: tips.slice(FIRST_TIPS),
  };
}

/**
 * Return whether one service of a pack is open, as in the `availability` of a plan.
 *
 * @param {Pack} pack
 * @param {Service} service
 * @param {Date | string | number} at
 * @param {{ canSpeak?: boolean }} reader
 * @returns {Plan["availability"][string]}
 */
export function availability(pack, service, at, { canSpeak = true } = {}) {
  const now = instantOf(at);
  return {
    ...opened(serviceAvailability(pack, service, now, canSpeak)),
    channels: service.channels.map((channel) => opened(channelAvailability(pack, service, channel, now))),
  };
}

/** @param {Date | string | number} at */
function instantOf(at) {
  const now = new Date(at).getTime();
  if (Number.isNaN(now)) throw new TypeError(`Not an instant: ${String(at)}`);
  return now;
}

/**
 * Return the query with every field, a situation and a site of the pack, and an age where the audience tells that the reader
 * is an adult.
 *
 * @param {Pack} pack
 * @param {Query} query
 * @param {Map<string, string | null>} retired
 * @returns {FullQuery}
 */
function completed(pack, query, retired) {
  const audience = query.audience ?? "teen";
  const meant = own(pack.aliases ?? {}, query.situation) ?? query.situation;
  const successor = retired.get(`${PLATFORM}${query.site}`);
  return {
    country: query.country,
    situation: own(pack.labels.situations, meant) === undefined ? "not-sure" : meant,
    audience,
    region: query.region ?? null,
    age: query.age ?? (audience === "survivor" ? AGE_OF_SURVIVOR : null),
    ageInImage: query.age_in_image ?? null,
    site: successor?.slice(PLATFORM.length) ?? query.site ?? null,
    where: query.where ?? null,
    languages: query.languages ?? [],
    canSpeak: query.can_speak !== false,
  };
}

/**
 * @param {Pack} pack
 * @param {FullQuery} query
 * @returns {string[]}
 */
function orderOf(pack, { situation, audience }) {
  const special = own(own(pack.plan_order, situation) ?? {}, audience);
  const order = special?.length ? special : own(pack.plan_order.default ?? {}, audience);
  if (order === undefined) throw new TypeError(`The pack has no order of steps for the audience ${audience}`);
  return order;
}

/**
 * Return whether it is 22:00 to 8:00 in the zone of the first service by id that is here.
 *
 * @param {Service[]} services
 * @param {number} at
 */
function isNight(services, at) {
  const here = sort(
    services.filter(({ zone, country }) => zone && country !== "ZZ"),
    ({ id }) => [id],
  );
  const times = here.map(({ zone }) => localTime(zone ?? "", at));
  const local = times.find((time) => time !== null) ?? at / 60_000;
  const hour = Math.floor(local / 60) % 24;
  return hour >= 22 || hour < 8;
}

/**
 * Return by id the services that the steps name; for a reader who cannot speak, their voice channels come last.
 *
 * @param {Step[]} steps
 * @param {Service[]} withinReach
 * @param {FullQuery} query
 * @returns {Record<string, Service>}
 */
function namedServices(steps, withinReach, query) {
  const byId = new Map(withinReach.map((service) => [service.id, service]));
  /** @type {Record<string, Service>} */
  const found = {};
  for (const id of steps.flatMap(({ service, alternatives }) => [service, ...alternatives])) {
    const service = id === null ? undefined : byId.get(id);
    if (service === undefined) continue;
    const channels = [...service.channels].sort((a, b) => Number(a.needs_voice) - Number(b.needs_voice));
    found[service.id] = query.canSpeak ? service : { ...service, channels };
  }
  return found;
}

/**
 * Return the slugs of the tips that fit the reader, in order.
 *
 * @param {Pack} pack
 * @param {FullQuery} query
 */
function tipsOf(pack, query) {
  const fitting = pack.tips.filter(
    (tip) =>
      tip.kind === "tip" &&
      tip.situations.includes(query.situation) &&
      tip.audiences.includes(query.audience) &&
      fitOfAge(tip, query) !== "not-met",
  );
  return sort(fitting, (tip) => [own(tip.order_in ?? {}, query.situation) ?? tip.order, tip.slug]).map(({ slug }) => slug);
}

/**
 * Return a member of an object of JSON. A word such as "constructor" is no member unless the JSON has it.
 *
 * @template T
 * @param {Record<string, T>} object
 * @param {string} name
 * @returns {T | undefined}
 */
function own(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
