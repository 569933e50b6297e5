/* Choose the locale for a reader's languages (docs/choosing-a-pack.md), and name languages and countries. */

/** Where Spanish is that of Latin America (CLDR's 419). */
const LATIN_AMERICA = new Set("AR BO BR BZ CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV US UY VE".split(" "));

/**
 * Every assigned code of ISO 3166-1: the server answers for each of them, and a test keeps the two equal. To ask Intl which of
 * 676 codes it names takes a phone a tenth of a second, while its reader waits for the first screen.
 */
export const COUNTRIES = (
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC " +
  "CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD " +
  "GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH " +
  "KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW " +
  "MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC " +
  "SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY " +
  "UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
).split(" ");

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

/** Return the countries of the browser's languages, such as GB of en-GB. A language without a country names none. */
export function likelyCountries() {
  return new Set(navigator.languages.map((tag) => /-([A-Z]{2})(?=-|$)/.exec(tag)?.[1]).filter(Boolean));
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
