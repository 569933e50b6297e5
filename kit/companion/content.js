/* The help of one country: fetch it from the public API, check it, keep it, and use the last good one. */

import { chooseLocale } from "./locales.js";
import { Refused, namedRoot, verifyCountryManifest, verifyPack } from "./verify.js";

/** By how much a clock may be wrong before the reader gets a note, in milliseconds. */
const CLOCK_OFF = 2 * 86_400_000;

/** For how long a server may send nothing, in milliseconds: before its sign-in, a Wi-Fi swallows every request. */
const SILENCE = 20_000;

/** The status of an answer to If-None-Match whose content has not changed. */
export const NOT_MODIFIED = 304;

/** The server cannot be reached, or has no help to give. */
class Unreachable extends Error {}

/**
 * The help that the app shows.
 *
 * `pack` is null where there is none, `locales` are those that can be chosen, `issued` is when the kept manifest was signed,
 * and `notes` are ids of words on the condition of the help.
 */
export class Content {
  constructor(store) {
    this.store = store;
    this.pack = null;
    this.locales = [];
    this.issued = null;
    this.notes = [];
    /** The country and locale of what is shown. */
    this.place = null;
    /** What to add to the clock of the device, in milliseconds. */
    this.clockOff = 0;
  }

  /** Return the instant to make plans for. */
  now() {
    return Date.now() + this.clockOff;
  }

  /** Show what is kept for the country and locale; return whether there is something. */
  async show(country, locale) {
    const kept = await this.#kept(country, locale);
    if (kept) this.#set(kept, []);
    return kept !== null;
  }

  /**
   * Renew the help of a country, in the locale or the best one for the languages; after a failure, show its last good help.
   *
   * Where this device has none, what is shown stays, with notes on the failure. Returns whether the help of the country is shown.
   */
  async renew(country, locale, languages) {
    const notes = [];
    let chosen = locale;
    try {
      const { jws, clockOff } = await fetchManifest(country);
      this.clockOff = Math.abs(clockOff) > CLOCK_OFF ? clockOff : 0;
      if (!globalThis.crypto?.subtle) {
        await this.#showUnchecked(country, locale, languages);
        return true;
      }
      chosen = await this.#accept(jws, country, locale, languages);
    } catch (error) {
      notes.push(noteOf(error));
    }
    // Withdrawn services are hidden also in a pack that could not be renewed.
    const kept = await this.#kept(country, chosen);
    if (kept || !this.pack) this.#set(kept, notes);
    else await this.#stay(notes);
    return this.pack !== null && this.place.country === country && (locale === null || this.place.locale === chosen);
  }

  /** Check the manifest and its pack, and keep both; return the locale. Throws Refused or Unreachable. */
  async #accept(jws, country, locale, languages) {
    const trust = await this.store.get("trust");
    // The first manifest names the root key; from then on no other is accepted.
    const root = trust?.root ?? namedRoot(jws);
    const last = trust ? { release: trust.release, keysVersion: trust.keysVersion, issued: trust.issued } : null;
    const kept = await this.store.get("pack");
    // Where there is no help yet, an old one is better than none: the clock of the device may be a year ahead.
    const mayBeOld = kept?.country !== country || (locale !== null && kept.locale !== locale);
    const manifest = await verifyCountryManifest(jws, root, { country, now: new Date(), last, mayBeOld });
    const { release, keysVersion, issued, expires, withdrawn, minRelease } = manifest;
    const locales = [...manifest.packs.keys()];
    const chosen = (manifest.packs.has(locale) && locale) || chooseLocale(locales, languages) || "en";

    await this.store.put("trust", { root, release, keysVersion, issued: issued.getTime() });
    const dates = { issued: issued.getTime(), expires: expires.getTime() };
    const record = { country, ...dates, withdrawn, locales, minRelease };
    // Until the pack of another country is here, the kept one is shown by the manifest that it came with.
    if (kept?.country === country) await this.store.put("manifest", record);
    const digest = manifest.packs.get(chosen)?.digest;
    if (kept?.country === country && kept.locale === chosen && kept.digest === digest) {
      await this.store.put("pack", { ...kept, release });
    } else {
      const body = await fetchBytes(`/v1/packs/${manifest.country}/${chosen}/${digest}`);
      await verifyPack(body, manifest, chosen);
      const text = new TextDecoder().decode(body);
      await this.store.put("pack", { country, locale: chosen, digest, release, body: text });
      await this.store.put("manifest", record);
    }
    return chosen;
  }

  /** Return the kept help of the country, in the locale or in any; null where there is none. */
  async #kept(country, locale) {
    const [kept, found] = await Promise.all([this.store.get("pack"), this.store.get("manifest")]);
    if (kept?.country !== country || (locale && kept.locale !== locale)) return null;
    // Earlier versions of the app kept no country with it.
    const manifest = (found?.country ?? country) === country ? found : undefined;
    // A pack of an older release than `minRelease` contains a withdrawn service.
    const isOld = !manifest || Date.now() >= manifest.expires || kept.release < manifest.minRelease;
    return {
      place: { country, locale: kept.locale },
      pack: withoutWithdrawn(JSON.parse(kept.body), manifest?.withdrawn ?? []),
      locales: manifest?.locales ?? [kept.locale],
      issued: manifest ? new Date(manifest.issued) : null,
      isOld,
    };
  }

  /** Show what the server sends where the browser has no way to check it, and keep none of it. */
  async #showUnchecked(country, locale, languages) {
    const path = locale ? `/v1/packs/${country}/${locale}` : `/v1/packs/${country}`;
    const body = await fetchBytes(path, locale ? {} : { headers: { "Accept-Language": languages.join(", ") } });
    this.pack = parsed(body);
    this.place = { country, locale: this.pack.locale };
    this.locales = [this.pack.locale];
    this.notes = ["unchecked"];
  }

  /** Leave what is shown on the screen, without services that were withdrawn since; what was asked for is not here. */
  async #stay(notes) {
    const kept = await this.#kept(this.place.country, this.place.locale);
    if (kept) this.#set(kept, []);
    this.notes = [...new Set([...notes.map((note) => (note === "old" ? "refused" : note)), ...this.notes])];
  }

  #set(kept, notes) {
    const isShown = kept !== null;
    this.place = kept?.place ?? null;
    this.pack = kept?.pack ?? null;
    this.locales = kept?.locales ?? [];
    this.issued = kept?.issued ?? null;
    const refused = isShown ? "kept-back" : "refused";
    const found = notes.map((note) => (note === "refused" ? refused : note));
    found.push(kept?.isOld && "old", this.clockOff !== 0 && "clock", !this.store.keeps && "not-kept");
    this.notes = [...new Set(found.filter(Boolean))];
  }
}

/** Return the id of the words for what went wrong. Throws errors that neither the network nor a refusal explains. */
function noteOf(error) {
  if (error instanceof Unreachable) return "offline";
  if (!(error instanceof Refused)) throw error;
  // Expired after one was accepted: an old one is sent again, or the clock of the device is wrong.
  return error.code === "expired" ? "old" : "refused";
}

/** Return the pack without withdrawn services and without the tips that name them. Only the signed list removes anything. */
export function withoutWithdrawn(pack, withdrawn) {
  if (withdrawn.length === 0) return pack;
  const gone = new Set(withdrawn.map(({ service }) => service));
  const known = new Set(pack.retired.map(({ id }) => id));
  const retired = withdrawn.filter(({ service }) => !known.has(service));
  return {
    ...pack,
    services: pack.services.filter(({ id }) => !gone.has(id)),
    tips: pack.tips.filter(({ services }) => !services.some((id) => gone.has(id))),
    retired: [...pack.retired, ...retired.map(({ service, successor }) => ({ id: service, successor }))],
  };
}

/** Return the pack in an answer. Throws Unreachable where it is something else, such as the sign-in page of a Wi-Fi. */
function parsed(body) {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new Unreachable("the answer is no pack");
  }
}

async function fetchManifest(country) {
  const { headers, body } = await answer(`/v1/manifest/${country}`);
  const date = Date.parse(headers.get("Date") ?? "");
  return { jws: new TextDecoder().decode(body), clockOff: Number.isNaN(date) ? 0 : date - Date.now() };
}

async function fetchBytes(path, options = {}) {
  return (await answer(path, options)).body;
}

/**
 * Return the answer of the API, `{ status, headers, body }` with the bytes of its body, also a 304 to a caller that sent
 * If-None-Match. Throws Unreachable.
 *
 * The browser keeps no copy: the app keeps what it needs, and "Forget everything" could not delete the copies of the browser.
 */
export async function answer(path, options = {}) {
  const ending = new AbortController();
  let timer;
  // A slow answer may take minutes, as long as something of it arrives.
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ending.abort(), SILENCE);
  };
  try {
    wait();
    const always = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", signal: ending.signal };
    const response = await fetch(path, { ...always, ...options });
    const { ok, status, headers } = response;
    if (!ok && status !== NOT_MODIFIED) throw new Unreachable(`the server answered with ${status}`);
    const parts = [];
    const reader = response.body?.getReader();
    for (let read = await reader?.read(); read && !read.done; read = await reader.read()) {
      parts.push(read.value);
      wait();
    }
    return { status, headers, body: new Uint8Array(await new Blob(parts).arrayBuffer()) };
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable("the server cannot be reached, or the connection was lost");
  } finally {
    clearTimeout(timer);
  }
}
