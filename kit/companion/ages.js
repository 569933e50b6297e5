/* Spans of ages: what a reader answers instead of an age, and what such an answer means. */

/** What the resolver takes for an adult (kit/resolver/candidates.js). */
const ADULT = 18;

/**
 * Return `[first, last]` of the spans of ages between which the rules of the pack tell no difference; the last one has no end.
 *
 * They are the same for every situation, so an answer beside one plan means the same beside another.
 */
export function spansOf(pack) {
  const rules = [...pack.services.map(({ eligibility }) => eligibility), ...pack.tips];
  const bounds = rules.flatMap(({ min_age: low, max_age: high }) => [low, high != null ? high + 1 : null]);
  const starts = [...new Set([0, ADULT, ...bounds.filter((age) => age != null)])].sort((one, other) => one - other);
  return starts.map((first, index) => [first, (starts[index + 1] ?? Infinity) - 1]);
}

/**
 * Return the age to make plans for: the first one of the span that the reader chose, or null.
 *
 * An answer that two spans of this pack share is none: the pack of another country or a new one may divide it.
 */
export function answeredAge(pack, { age, ageTo }) {
  if (age == null) return null;
  const isWithin = ([first, last]) => first <= age && (ageTo ?? age) <= last;
  return spansOf(pack).some(isWithin) ? age : null;
}
