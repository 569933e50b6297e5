#!/usr/bin/env node
/**
 * Run every test vector against a resolver: node conformance.js [MODULE] [--vectors FOLDER]
 *
 * MODULE is a file that exports `resolve(pack, query, at)`; without it, this package's own resolver is checked. `at` is RFC 3339.
 * The plan may be a promise, and may have further members. The exit status is 1 if a plan differs.
 */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { resolve as pathOf } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** In the published package, and in Fingerpost's repository. */
const FOLDERS = ["./vectors/", "../../docs/"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));

/**
 * Return the cases of the vectors, each with its pack.
 *
 * @param {string} folder
 */
export function readCases(folder = FOLDERS.find((one) => existsSync(pathOf(one, "resolver-vectors.json"))) ?? "") {
  const read = (/** @type {string} */ name) => JSON.parse(readFileSync(pathOf(folder, name), "utf-8"));
  const { packs, situations, plan_order, aliases, public_holidays } = read("resolver-packs.json");
  const labels = { situations: Object.fromEntries(situations.map((/** @type {string} */ name) => [name, null])) };
  /** @type {{ name: string, pack: string, query: object, at: string, expect: object, expect_by_week?: object }[]} */
  const cases = read("resolver-vectors.json").cases;
  return cases.map((one) => ({ ...one, pack: { plan_order, aliases, public_holidays, labels, ...packs[one.pack] } }));
}

/**
 * Return the paths at which what was found differs from what is expected; members that are not expected may have any value.
 *
 * @param {unknown} expected
 * @param {unknown} found
 * @param {string} path
 * @returns {string[]}
 */
export function differences(expected, found, path = "") {
  if (typeof expected !== "object" || expected === null || typeof found !== "object" || found === null) {
    return expected === found ? [] : [`${path || "/"}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`];
  }
  const isList = Array.isArray(expected);
  // The keys of `conditions` and `notes` are ids of services, so none may be added.
  const isClosed = isList || /\/(conditions|notes)$/.test(path);
  const names = isClosed ? new Set([...Object.keys(expected), ...Object.keys(found)]) : Object.keys(expected);
  const [left, right] = [/** @type {any} */ (expected), /** @type {any} */ (found)];
  return [...names].flatMap((name) => differences(left[name], right[name], `${path}/${name}`));
}

async function main() {
  const { values, positionals } = parseArgs({ options: { vectors: { type: "string" } }, allowPositionals: true });
  const [module] = positionals;
  const { resolve } = await import(module ? pathToFileURL(pathOf(module)).href : "./index.js");
  const cases = readCases(values.vectors);
  let wrong = 0;
  for (const { name, pack, query, at, expect, expect_by_week } of cases) {
    /** @type {string[]} */
    let found;
    try {
      const plan = await resolve(pack, query, at);
      found = differences(expect, plan);
      // A resolver without a parser of opening hours reads the table `week`, which not all hours have.
      if (expect_by_week && differences(expect_by_week, plan).length === 0) found = [];
    } catch (error) {
      found = [String(error)];
    }
    if (found.length > 0) console.log([name, ...found].join("\n  "));
    wrong += Number(found.length > 0);
  }
  console.log(`${cases.length - wrong} of ${cases.length} vectors agree.`);
  return wrong === 0 ? 0 : 1;
}

// npm starts it through a symbolic link.
const isProgram = argv[1] && existsSync(argv[1]) && realpathSync(argv[1]) === realpathSync(fileURLToPath(import.meta.url));
if (isProgram) exit(await main());
