/**
 * Whether a service of a pack, or one channel of it, is open at an instant: by its hours and its short-term notices.
 *
 * @import {Availability, Channel, Opened, Pack, Service} from "./types.js"
 */

import { UNKNOWN, hoursAvailability } from "./hours.js";

/** A notice further ahead than this does not end what is open now. */
const NOTICE_AHEAD = 86_400_000;

/** @typedef {{ begins: number, ends: number, open: false | null }} Override a period in which a notice replaces the hours */

/**
 * Return the availability of a service for a reader who can or cannot speak; an emergency number counts for every reader.
 *
 * @param {Pack} pack
 * @param {Service} service
 * @param {number} at milliseconds since 1970
 * @param {boolean} canSpeak
 * @returns {Availability}
 */
export function serviceAvailability(pack, service, at, canSpeak = true) {
  const usable =
    canSpeak || service.roles.includes("emergency") ? service.channels : service.channels.filter((channel) => !channel.needs_voice);
  const found = usable.map((channel) => channelAvailability(pack, service, channel, at));
  const closings = found.filter(({ open }) => open).map(({ changesAt }) => changesAt);
  if (closings.length > 0) {
    const known = closings.filter((closing) => closing !== null);
    return { open: true, changesAt: known.length < closings.length ? null : Math.max(...known) };
  }
  if (found.length === 0 || found.some(({ open }) => open === null)) return UNKNOWN;
  const openings = found.map(({ changesAt }) => changesAt).filter((opening) => opening !== null);
  return { open: false, changesAt: openings.length > 0 ? Math.min(...openings) : null };
}

/**
 * Return the availability of one channel of a service.
 *
 * @param {Pack} pack
 * @param {Service} service
 * @param {Channel} channel
 * @param {number} at milliseconds since 1970
 * @returns {Availability}
 */
export function channelAvailability(pack, service, channel, at) {
  const overrides = overridesOf(service, channel);
  /** @param {number} instant */
  const byHours = (instant) => hoursAvailability(service, channel, pack.public_holidays, instant);
  if (overrides.length === 0) return byHours(at);

  /**
   * Return what is so at an instant, by the notice in force if there is one; `changesAt` is when to look again.
   *
   * @param {number} instant
   * @returns {Availability}
   */
  const atInstant = (instant) => {
    const inForce = overrides.filter(({ begins, ends }) => begins <= instant && instant < ends);
    const closed = inForce.filter(({ open }) => open === false).map(({ ends }) => ends);
    if (closed.length > 0) return { open: false, changesAt: Math.max(...closed) };
    return inForce.length > 0 ? UNKNOWN : byHours(instant);
  };

  const first = atInstant(at);
  let current = first;
  let instant = at;
  while (current.open !== null) {
    // The hours do not say when the channel opens next.
    if (current.changesAt === null && current.open === false) return { open: false, changesAt: null };
    const from = instant;
    const ahead = overrides
      .map(({ begins }) => begins)
      .filter((begins) => begins > from && !(first.open && begins - at > NOTICE_AHEAD));
    if (current.changesAt !== null) ahead.push(current.changesAt);
    if (ahead.length === 0) return current === first ? first : { open: first.open, changesAt: null };
    instant = Math.min(...ahead);
    current = atInstant(instant);
    if (current.open !== first.open) {
      // The instant of an opening is given only where the channel is then known to be open.
      return { open: first.open, changesAt: first.open || current.open ? instant : null };
    }
  }
  return UNKNOWN;
}

/**
 * Return an availability as the API writes it.
 *
 * @param {Availability} availability
 * @returns {Opened}
 */
export function opened({ open, changesAt }) {
  const change = changesAt === null ? null : new Date(changesAt).toISOString().replace(/\.\d+Z$/, "Z");
  return { open, closes_at: open ? change : null, opens_at: open === false ? change : null };
}

/**
 * Return what the notices of a service say of a channel; they never apply to an emergency number.
 *
 * @param {Service} service
 * @param {Channel} channel
 * @returns {Override[]}
 */
function overridesOf(service, channel) {
  if (service.roles.includes("emergency")) return [];
  return (service.notices ?? [])
    .filter(
      ({ kind, position }) =>
        kind === "closed" || kind === "hours-changed" || (kind === "channel-down" && position === channel.position),
    )
    .map((notice) => ({
      begins: Date.parse(notice.from),
      ends: Date.parse(notice.until),
      open: notice.kind === "hours-changed" ? null : false,
    }));
}
