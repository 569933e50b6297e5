// Measure the companion in Chromium: Lighthouse, the bytes until the first plan, and times on a slow network.
//
// Arguments: the URL of a server with a published release, the program of Chromium, and the rounds. Writes JSON.

import { createServer } from "node:http";

import { startFlow } from "lighthouse";
import puppeteer from "puppeteer-core";

const [server, executablePath, rounds] = process.argv.slice(2);
const COMPANION = `${server}/companion/`;
const CATEGORIES = ["performance", "accessibility", "best-practices"];
/** Lighthouse's slow 4G (core/config/constants.js, mobileSlow4G), as Chromium applies it to each request, and a slow phone. */
const SLOW = { latency: 562.5, downloadThroughput: (1474.56 * 1024) / 8, uploadThroughput: (675 * 1024) / 8 };
const SLOW_PROCESSOR = 4;
const PHONE = { width: 390, height: 844 };

const browser = await puppeteer.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
});

/** Take a new reader, with an empty browser, from the first screen to a plan; return the times of the screens in ms. */
async function firstPlan(page, at) {
  const started = performance.now();
  const passed = () => performance.now() - started;
  await page.goto(at, { waitUntil: "domcontentloaded" });
  await page.waitForSelector("#country");
  const choices = passed();
  await page.select("#country", "GB");
  await page.waitForSelector("#locale option[value=cy]");
  await tap(page, ".choices button");
  await page.waitForFunction(() => !document.querySelector("#country"));
  await tap(page, "main > ul.choices button");
  await page.waitForSelector("section[aria-labelledby=tips]");
  return { choices, plan: passed() };
}

/** Tap without waiting for the scrolling that a mouse needs. */
async function tap(page, selector) {
  await page.waitForSelector(selector);
  await page.$eval(selector, (element) => element.click());
}

async function inNewWindow(action) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(PHONE);
  try {
    return await action(page);
  } finally {
    await context.close();
  }
}

/** Return what Lighthouse says of the first screen, and of a plan: the scores in per cent, and the audits that took points. */
async function lighthouse() {
  return inNewWindow(async (page) => {
    const flow = await startFlow(page, { flags: { onlyCategories: CATEGORIES } });
    await flow.navigate(COMPANION, { name: "first screen" });
    await firstPlan(page, COMPANION);
    await flow.snapshot({ name: "plan" });
    const { steps } = await flow.createFlowResult();
    return Object.fromEntries(steps.map(({ name, lhr }) => [name, scoresOf(lhr)]));
  });
}

function scoresOf(lhr) {
  const isScored = lhr.gatherMode === "navigation" ? () => true : (id) => id !== "performance";
  const categories = Object.values(lhr.categories).filter(({ id }) => isScored(id));
  const taken = categories.flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => lhr.audits[id]));
  return {
    version: lhr.lighthouseVersion,
    scores: Object.fromEntries(categories.map(({ id, score }) => [id, Math.round(score * 100)])),
    below: taken.filter(({ score }) => score !== null && score < 0.9).map(({ id, displayValue }) => [id, displayValue ?? ""]),
  };
}

/** Return the bytes that a new reader's page receives until the first plan, with headers and as sent, by kind of answer. */
async function bytes() {
  return inNewWindow(async (page) => {
    const session = await page.createCDPSession();
    const paths = new Map();
    const found = { app: 0, manifests: 0, packs: 0, requests: 0 };
    session.on("Network.responseReceived", ({ requestId, response }) => paths.set(requestId, new URL(response.url).pathname));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const path = paths.get(requestId) ?? "";
      found[path.startsWith("/v1/manifest") ? "manifests" : path.startsWith("/v1/packs") ? "packs" : "app"] += encodedDataLength;
      found.requests += 1;
    });
    await session.send("Network.enable");
    await firstPlan(page, COMPANION);
    await new Promise((done) => setTimeout(done, 500));
    return found;
  });
}

/** Return times in ms on a slow network and a slow processor: of an empty page, of the first screen, and of the first plan. */
async function slow(empty) {
  const blank = await inNewWindow(async (page) => {
    await slowDown(page);
    const started = performance.now();
    await page.goto(empty, { waitUntil: "load" });
    return performance.now() - started;
  });
  const shown = await inNewWindow(async (page) => {
    await slowDown(page);
    return firstPlan(page, COMPANION);
  });
  return { empty: blank, ...shown };
}

async function slowDown(page) {
  const session = await page.createCDPSession();
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, ...SLOW });
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW_PROCESSOR });
}

const empty = createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end("<!doctype html><html lang=en><title>Empty</title><p>Empty</p></html>");
}).listen(0, "127.0.0.1");
await new Promise((done) => empty.once("listening", done));

const measured = { lighthouse: [], bytes: await bytes(), slow: [], browser: await browser.version() };
for (let round = 0; round < Number(rounds); round += 1) {
  measured.lighthouse.push(await lighthouse());
  measured.slow.push(await slow(`http://127.0.0.1:${empty.address().port}/`));
}
console.log(JSON.stringify(measured));
await browser.close();
empty.close();
