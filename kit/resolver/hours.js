/**
 * Whether opening hours are open at an instant, from the table `week` of a channel and the pack's `public_holidays`.
 *
 * A local time is a number of minutes since 1970-01-01T00:00 on the clock of its zone, a local day a number of days since then.
 *
 * @import {Availability, Channel, Opening, Pack, Service, Week} from "./types.js"
 */

const MINUTE = 60_000;
const DAY = 1440;
const DAYS_AHEAD = 366;
/** Only these years exist both in the grammar of the hours and in RFC 3339. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2099;

/** @type {Availability} */
export const UNKNOWN = { open: null, changesAt: null };
/** @type {Availability} */
export const ALWAYS_OPEN = { open: true, changesAt: null };

/** @type {Map<string, Intl.DateTimeFormat | null>} */
const formats = new Map();

/**
 * Return the availability of a channel by its hours alone. Hours without a table, and unknown ones, are unknown, never closed.
 *
 * @param {Service} service
 * @param {Channel} channel
 * @param {Pack["public_holidays"]} publicHolidays
 * @param {number} at milliseconds since 1970
 * @returns {Availability}
 */
export function hoursAvailability(service, channel, publicHolidays, at) {
  const { hours, week } = channel;
  const zone = channel.zone ?? service.zone;
  if (hours === "24/7") return ALWAYS_OPEN;
  const year = new Date(at).getUTCFullYear();
  // OpenStreetMap calls a rule with a comment ("by appointment") unknown.
  if (!hours || !week || !zone || hours.includes('"') || year < FIRST_YEAR || year > LAST_YEAR) return UNKNOWN;
  const now = localTime(zone, at);
  if (now === null) return UNKNOWN;

  const days = new LocalDays(hours, week, publicHolidays?.[service.country]);
  if (!days.isKnown(dayOf(now)) && days.mayBeOpen(now)) return UNKNOWN;
  const closing = days.closing(now);
  if (closing !== null) {
    return { open: true, changesAt: closing - now > DAYS_AHEAD * DAY ? null : instant(zone, closing) };
  }
  const opening = days.opening(now);
  // An opening on a day on which the hours are unknown may not happen.
  const isSure = opening !== null && days.isKnown(dayOf(opening));
  return { open: false, changesAt: isSure ? instant(zone, opening) : null };
}

/** The openings of a channel by local day. */
class LocalDays {
  /**
   * @param {string} hours
   * @param {Week} week
   * @param {string[] | undefined} holidays
   */
  constructor(hours, week, holidays) {
    this.week = week;
    this.holidays = new Set(holidays ?? []);
    this.years = new Set((holidays ?? []).map((day) => day.slice(0, 4)));
    this.hasHolidayRule = hours.includes("PH");
  }

  /**
   * Return whether the day is a public holiday; null where there is no table for its year.
   *
   * @param {number} day
   */
  isHoliday(day) {
    const date = new Date(day * DAY * MINUTE).toISOString().slice(0, 10);
    return this.years.has(date.slice(0, 4)) ? this.holidays.has(date) : null;
  }

  /**
   * Return whether the hours can be relied on that day: on a public holiday only where they say what is so on one.
   *
   * @param {number} day
   */
  isKnown(day) {
    const byWeekday = this.week.holidays === null;
    if (!this.hasHolidayRule && !byWeekday) return true;
    const holiday = this.isHoliday(day);
    return holiday !== null && !(byWeekday && holiday);
  }

  /**
   * Return whether the line is open at this time of day on any day of the week, or on a public holiday.
   *
   * @param {number} now
   */
  mayBeOpen(now) {
    const time = now - dayOf(now) * DAY;
    const within = (/** @type {Opening} */ opening) => {
      const [begin, end] = minutes(opening);
      return (begin <= time && time < end) || time + DAY < end;
    };
    const holidays = this.hasHolidayRule ? (this.week.holidays ?? []) : [];
    return this.week.days.some(within) || holidays.some((opening) => minutes(opening)[0] <= time && within(opening));
  }

  /**
   * Return the openings that begin on a day, as local times.
   *
   * @param {number} day
   * @returns {(readonly [number, number])[]}
   */
  on(day) {
    const weekday = ((((day + 3) % 7) + 7) % 7) + 1;
    const openings =
      this.hasHolidayRule && this.isHoliday(day)
        ? (this.week.holidays ?? [])
        : this.week.days.filter((span) => span.days.includes(weekday));
    return openings.map(minutes).map(([begin, end]) => [day * DAY + begin, day * DAY + end]);
  }

  /**
   * Return when the line closes that is open now, or null where it is closed. One more than a year ahead is not exact.
   *
   * @param {number} now
   * @returns {number | null}
   */
  closing(now) {
    let end = now;
    for (let last = -1; last !== end && end - now <= DAYS_AHEAD * DAY; ) {
      last = end;
      for (const day of [dayOf(last) - 1, dayOf(last)]) {
        // An opening that begins when another ends goes on with it.
        for (const [begin, until] of this.on(day)) if (begin <= last && until > end) end = until;
      }
    }
    return end === now ? null : end;
  }

  /**
   * Return when the line opens that is closed now, or null where it does not within a year.
   *
   * @param {number} now
   * @returns {number | null}
   */
  opening(now) {
    for (let day = dayOf(now); day <= dayOf(now) + DAYS_AHEAD; day += 1) {
      const begins = this.on(day).map(([begin]) => begin);
      const ahead = begins.filter((begin) => begin > now);
      if (ahead.length > 0) return Math.min(...ahead);
    }
    return null;
  }
}

/** @param {number} time a local time */
const dayOf = (time) => Math.floor(time / DAY);

/**
 * Return the minutes of the day at which an opening begins and ends; it ends on the next day where it closes before it opens.
 *
 * @param {Opening} opening
 * @returns {readonly [number, number]}
 */
function minutes({ opens, closes }) {
  const [begin, end] = [opens, closes].map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
  return [/** @type {number} */ (begin), /** @type {number} */ (end) + (closes <= opens ? DAY : 0)];
}

/**
 * Return the local time in an IANA time zone, or null where the zone is not known.
 *
 * @param {string} zone
 * @param {number} at milliseconds since 1970
 * @returns {number | null}
 */
export function localTime(zone, at) {
  if (!formats.has(zone)) formats.set(zone, formatOf(zone));
  const format = formats.get(zone);
  if (!format) return null;
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute) / MINUTE;
}

/** @param {string} zone */
function formatOf(zone) {
  try {
    const number = "numeric";
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: number,
      month: number,
      day: number,
      hour: number,
      minute: number,
    });
  } catch {
    return null;
  }
}

/**
 * Return the instant of a local time; where clocks are put forward over it, the instant after the change.
 *
 * @param {string} zone a known one
 * @param {number} time
 * @returns {number} milliseconds since 1970
 */
function instant(zone, time) {
  // The offset a day before and after: where they differ, the earlier one holds until the change.
  const offsets = [-DAY, DAY].map((away) => {
    const near = (time + away) * MINUTE;
    return /** @type {number} */ (localTime(zone, near)) - near / MINUTE;
  });
  const found = offsets.map((offset) => (time - offset) * MINUTE);
  return found.find((at) => localTime(zone, at) === time) ?? /** @type {number} */ (found[0]);
}
