/* Verify country manifests against the pinned root key, and packs against the manifest (docs/verifying.md). */

import { verify } from "./ed25519.js";

const COUNTRY_MANIFEST = "fingerpost-country-manifest";
const KEYS = "fingerpost-keys";
const WORLDWIDE = "ZZ";
const LARGEST_MANIFEST = 4_000_000;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Do not use this document; keep what was accepted before. `code` is one of those of docs/manifest-vectors.json. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Return the contents of the manifest of a country, or throw Refused.
 *
 * `root` is the 32 bytes of the pinned key, `now` a Date, `last` the `{release, keysVersion, issued}` of the manifest
 * accepted last, or null on a fresh install. `mayBeOld` accepts an expired one all the same, because there is no other help.
 */
export async function verifyCountryManifest(jws, root, { country, now, last, mayBeOld = last === null }) {
  const { header, payload, signed, signature } = parts(jws, COUNTRY_MANIFEST);
  const issued = time(payload.issued);
  const { version, key } = await releaseKey(header, payload.keys, root, issued);
  await check(key, signature, signed);
  const { packs, countries } = payload;
  if (payload.country !== country) {
    if (payload.country !== WORLDWIDE) throw new Refused("wrong-country", "it is the manifest of another country");
    if (!Array.isArray(countries)) throw new Refused("forged", "the list of countries is malformed");
    if (countries.includes(country)) throw new Refused("wrong-country", "it is the worldwide manifest");
  }
  const manifest = contents(payload, packs, version, issued, now);
  if (last) checkIsNewer(manifest, last);
  if (manifest.old && !mayBeOld) throw new Refused("expired", "it has expired");
  return manifest;
}

/** Return the pack, parsed, or throw Refused. `body` is a Uint8Array. */
export async function verifyPack(body, manifest, locale) {
  const listed = manifest.packs.get(locale);
  if (!listed) throw new Refused("wrong-pack", "the manifest lists no such pack");
  if (body.length !== listed.size || (await sha256(body)) !== listed.digest) {
    throw new Refused("wrong-pack", "its bytes are not those that the manifest lists");
  }
  const pack = JSON.parse(new TextDecoder().decode(body));
  if (pack.country !== manifest.country || pack.locale !== locale) {
    throw new Refused("wrong-pack", "it is the pack of another country or locale");
  }
  return pack;
}

/** Return the root key that a manifest names. It proves nothing: whoever wrote the manifest chose it. */
export function namedRoot(jws) {
  const { payload } = parts(jws, COUNTRY_MANIFEST);
  return decode(parts(payload.keys, KEYS).header.x);
}

/** Return the SHA-256 of the bytes in hex. */
export async function sha256(body) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Decode strict base64url without padding, or throw Refused. */
export function decode(text) {
  let binary;
  try {
    binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new Refused("forged", "it is not base64url");
  }
  const canonical = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  // Two encodings of the same bytes would be two documents with one signature.
  if (canonical !== text) throw new Refused("forged", "it is not canonical base64url");
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function contents(payload, packs, keysVersion, issued, now) {
  const expires = time(payload.expires);
  try {
    return {
      country: payload.country,
      release: number(payload.release),
      minRelease: number(payload.min_release),
      keysVersion,
      issued,
      expires,
      old: now >= expires,
      packs: new Map(packs.map(({ locale, digest, size }) => [locale, { digest, size }])),
      withdrawn: payload.withdrawn.map(({ service, successor }) => ({ service, successor })),
    };
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("forged", "it is malformed");
  }
}

function checkIsNewer(manifest, last) {
  if (manifest.keysVersion < last.keysVersion) throw new Refused("rolled-back", "its key document is older");
  if (manifest.keysVersion === last.keysVersion) {
    if (manifest.release < last.release) throw new Refused("rolled-back", "its release is older");
    if (manifest.issued < last.issued) throw new Refused("rolled-back", "it was signed before the one accepted before");
  }
}

async function releaseKey(header, document, root, issued) {
  if (typeof document !== "string") throw new Refused("forged", "it has no key document");
  const { payload, signed, signature } = parts(document, KEYS);
  await check(root, signature, signed);
  if (!Array.isArray(payload.keys)) throw new Refused("forged", "the list of keys is malformed");
  const named = payload.keys.filter((key) => key?.kid === header.kid);
  if (named.length !== 1 || typeof named[0].x !== "string") {
    throw new Refused("key-not-valid", "the root has not authorized its key");
  }
  const [key] = named;
  if (issued < time(key.not_before) || issued > time(key.not_after)) {
    throw new Refused("key-not-valid", "its key was not valid when it was signed");
  }
  return { version: number(payload.version), key: decode(key.x) };
}

function parts(jws, kind) {
  if (typeof jws !== "string" || jws.length > LARGEST_MANIFEST) throw new Refused("forged", "it is no compact JWS");
  const [first, second, third, more] = jws.trim().split(".");
  if (third === undefined || more !== undefined) throw new Refused("forged", "it is no compact JWS");
  const [header, payload] = [object(first), object(second)];
  // The sender never chooses the algorithm.
  if (header.alg !== "EdDSA" || header.typ !== kind || "crit" in header) {
    throw new Refused("forged", "its algorithm or type is not the expected one");
  }
  return { header, payload, signed: new TextEncoder().encode(`${first}.${second}`), signature: decode(third) };
}

function object(part) {
  let value;
  try {
    value = JSON.parse(new TextDecoder().decode(decode(part)));
  } catch {
    throw new Refused("forged", "it is not a compact JWS of JSON");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Refused("forged", "it is not a compact JWS of JSON objects");
  }
  return value;
}

async function check(publicKey, signature, signed) {
  if (!(await verify(publicKey, signature, signed))) throw new Refused("forged", "its signature is not valid");
}

function number(value) {
  if (!Number.isSafeInteger(value) || value <= 0) throw new Refused("forged", "a number is not valid");
  return value;
}

function time(value) {
  const instant = new Date(typeof value === "string" && RFC_3339.test(value) ? value : NaN);
  if (Number.isNaN(instant.getTime())) throw new Refused("forged", "a time is not in RFC 3339");
  return instant;
}
