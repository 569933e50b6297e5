/* The help of one country: fetch it from the public API, check it, keep it, and use the last good one. */

import { chooseLocale } from "./locales.js";
import { Refused, namedRoot, verifyCountryManifest, verifyPack } from "./verify.js";

/** By how much a clock may be wrong before the reader gets a note, in milliseconds. */
const CLOCK_OFF = 2 * 86_400_000;

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

  /** Renew the help of a country, in the locale or the best one for the languages; after a failure, show the last good help. */
  async renew(country, locale, languages) {
    const notes = [];
    let chosen = locale;
    try {
      const { jws, clockOff } = await fetchManifest(country);
      this.clockOff = Math.abs(clockOff) > CLOCK_OFF ? clockOff : 0;
      if (!globalThis.crypto?.subtle) return await this.#showUnchecked(country, locale, languages);
      chosen = await this.#accept(jws, country, locale, languages);
    } catch (error) {
      notes.push(noteOf(error));
    }
    // Withdrawn services are hidden also in a pack that could not be renewed.
    this.#set(await this.#kept(country, chosen), notes);
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
    await this.store.put("manifest", {
      issued: issued.getTime(),
      expires: expires.getTime(),
      withdrawn,
      locales,
      minRelease,
    });
    const digest = manifest.packs.get(chosen)?.digest;
    if (kept?.country === country && kept.locale === chosen && kept.digest === digest) {
      await this.store.put("pack", { ...kept, release });
    } else {
      const body = await fetchBytes(`/v1/packs/${manifest.country}/${chosen}/${digest}`);
      await verifyPack(body, manifest, chosen);
      const text = new TextDecoder().decode(body);
      await this.store.put("pack", { country, locale: chosen, digest, release, body: text });
    }
    return chosen;
  }

  /** Return the kept help of the country, in the locale or in any; null where there is none. */
  async #kept(country, locale) {
    const [kept, manifest] = await Promise.all([this.store.get("pack"), this.store.get("manifest")]);
    if (kept?.country !== country || (locale && kept.locale !== locale)) return null;
    // A pack of an older release than `minRelease` contains a withdrawn service.
    const isOld = !manifest || Date.now() >= manifest.expires || kept.release < manifest.minRelease;
    return {
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
    this.pack = JSON.parse(new TextDecoder().decode(body));
    this.locales = [this.pack.locale];
    this.notes = ["unchecked"];
  }

  #set(kept, notes) {
    const isShown = kept !== null;
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

async function fetchManifest(country) {
  const response = await answer(`/v1/manifest/${country}`);
  const date = Date.parse(response.headers.get("Date") ?? "");
  const jws = await read(response.text());
  return { jws, clockOff: Number.isNaN(date) ? 0 : date - Date.now() };
}

async function fetchBytes(path, options = {}) {
  const response = await answer(path, options);
  return new Uint8Array(await read(response.arrayBuffer()));
}

/**
 * Return the response of the API, also a 304 to a caller that sent If-None-Match, or throw Unreachable.
 *
 * The browser keeps no copy: the app keeps what it needs, and "Forget everything" could not delete the copies of the browser.
 */
export async function answer(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", ...options });
  } catch {
    throw new Unreachable("the server cannot be reached");
  }
  if (!response.ok && response.status !== NOT_MODIFIED) throw new Unreachable(`the server answered with ${response.status}`);
  return response;
}

async function read(body) {
  try {
    return await body;
  } catch {
    throw new Unreachable("the connection was lost");
  }
}
