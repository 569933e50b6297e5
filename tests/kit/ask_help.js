// Ask POST /v1/help of a server, and make the same plan as the companion does: from the manifest of the country and its pack.
//
// The first argument is the server's URL. Each line of standard input is the body of a request, with an instant. Each difference
// is written as a line of JSON, and at the end the number of plans that were compared, of packs, and of bytes of answers.

import { createInterface } from "node:readline";

import { chooseLocale } from "../../kit/companion/locales.js";
import { resolve } from "../../kit/resolver/index.js";

const [server] = process.argv.slice(2);
const AT_ONCE = 4;
const manifests = new Map();
const packs = new Map();
let compared = 0;
let bytes = 0;

/** Return the payload of the manifest of the country; the tests of the companion verify its signature. */
async function manifestOf(country) {
  const response = await fetch(`${server}/v1/manifest/${country}`);
  return JSON.parse(Buffer.from((await response.text()).split(".")[1], "base64url"));
}

async function packOf(path) {
  const response = await fetch(`${server}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function once(map, key, make) {
  if (!map.has(key)) map.set(key, make(key));
  return map.get(key);
}

/** Return the plan as the companion makes it, with the digest of the pack. */
async function planHere(body) {
  const manifest = await once(manifests, body.country, manifestOf);
  const locale = chooseLocale(manifest.packs.map((pack) => pack.locale), body.languages ?? []) ?? "en";
  const { digest } = manifest.packs.find((pack) => pack.locale === locale);
  const pack = await once(packs, `/v1/packs/${manifest.country}/${locale}/${digest}`, packOf);
  const at = new Date(body.at);
  at.setUTCSeconds(0, 0);
  const { situation, steps, services, availability, tips, more_tips } = resolve(pack, body, at);
  return { pack: digest, situation, steps, services, availability, tips, more_tips };
}

/** Return the plan of the server without the words that it adds to codes. */
async function planThere(body) {
  const response = await fetch(`${server}/v1/help`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": "en" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${JSON.stringify(body)}: ${text}`);
  bytes += text.length;
  const { pack, situation, plan, services, availability, tips, more_tips } = JSON.parse(text);
  const codes = (list) => Object.fromEntries(list.map(({ service, code }) => [service, code]));
  const steps = plan.map(({ label, route, why, conditions, notes, ...step }) => ({
    ...step,
    why: why.map(({ code }) => code),
    conditions: codes(conditions),
    notes: codes(notes),
  }));
  return { pack, situation, steps, services, availability, tips, more_tips };
}

/** Return the path to the first difference of two values of JSON, with both values; null where they are equal. */
function difference(here, there, path = "") {
  if (here === null || there === null || typeof here !== "object" || typeof there !== "object") {
    return here === there ? null : { path, here, there };
  }
  for (const key of new Set([...Object.keys(here), ...Object.keys(there)])) {
    const found = difference(here[key] ?? null, there[key] ?? null, `${path}/${key}`);
    if (found) return found;
  }
  return null;
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function compareAll() {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const body = JSON.parse(line.value);
    const [here, there] = await Promise.all([planHere(body), planThere(body)]);
    compared += 1;
    const found = difference(here, there);
    if (found) console.log(JSON.stringify({ body, ...found }));
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, compareAll));
console.log(JSON.stringify({ compared, packs: packs.size, bytes }));
