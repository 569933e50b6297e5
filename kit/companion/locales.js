/* Choose the locale for a reader's languages (docs/choosing-a-pack.md), and name languages and countries. */

/** Where Spanish is that of Latin America (CLDR's 419). */
const LATIN_AMERICA = new Set("AR BO BR BZ CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV US UY VE".split(" "));

/** What CLDR names and ISO 3166-1 assigns to no country. */
const NOT_ASSIGNED = new Set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split(" "));

/** Return the locale for the languages in their order, one of `available`; null where none fits. */
export function chooseLocale(available, languages) {
  for (const tag of languages) {
    const wanted = parse(tag);
    if (!wanted) continue;
    const same = available.find((one) => one.toLowerCase() === wanted.baseName.toLowerCase());
    if (same) return same;
    const near = available.filter((one) => isNear(parse(one), wanted));
    if (near.length > 0) return near.find((one) => isNearest(parse(one), wanted)) ?? near[0];
  }
  return null;
}

/** Return the language subtags of the locale, then those of the browser: what the reader probably understands. */
export function languagesOf(locale) {
  return [...new Set([locale, ...navigator.languages])];
}

/** Return the tags to write times and dates by: those of the locale, as they are written in the country. */
export function writingTags({ locale, country }) {
  const tag = new Intl.Locale(locale ?? "en", country === "ZZ" ? {} : { region: country }).toString();
  return [tag, locale ?? "en", "en"];
}

/** Return `[code, name]` of the countries, by name in the locale. */
export function countryNames(codes, locale) {
  const names = new Intl.DisplayNames([locale, "en"], { type: "region" });
  const order = new Intl.Collator([locale, "en"]);
  return codes.map((code) => [code, names.of(code)]).sort(([, one], [, other]) => order.compare(one, other));
}

/** Return every assigned code of ISO 3166-1, as far as Intl names it: the server answers for each of them. */
export function allCountries() {
  const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  return codes.filter((code) => !NOT_ASSIGNED.has(code) && names.of(code) && isCurrent(code));
}

/** Return the countries of the browser's languages, such as GB of en-GB. A language without a country names none. */
export function likelyCountries() {
  return new Set(navigator.languages.map((tag) => /-([A-Z]{2})(?=-|$)/.exec(tag)?.[1]).filter(Boolean));
}

/** Return whether no other code has replaced this one: BU is MM now. */
function isCurrent(code) {
  return Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
}

function parse(tag) {
  try {
    const locale = new Intl.Locale(Intl.getCanonicalLocales(tag.replace(/^no(?=-|$)/i, "nb"))[0]);
    const full = locale.maximize();
    const { language, script, region } = full;
    const baseName = [locale.language, locale.script, locale.region].filter(Boolean).join("-");
    return { language, script, region, baseName };
  } catch {
    return null;
  }
}

function isNear(one, wanted) {
  return one !== null && one.language === wanted.language && one.script === wanted.script;
}

function isNearest(one, wanted) {
  return one.region === wanted.region || (one.region === "419" && LATIN_AMERICA.has(wanted.region));
}
