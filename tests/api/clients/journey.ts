// A day of an app that was written with openapi-typescript and openapi-fetch: read, ask, register, amend, report, forget.
// Requests go out as lines of standard output, and responses come in as lines of standard input (see test_openapi_typescript.py).

import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";

import createClient from "openapi-fetch";

import type { components, paths } from "./fingerpost.js";

const lines = createInterface({ input: process.stdin });

async function ask(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const line = { method: request.method, path: pathname + search, headers: [...request.headers], body: await request.text() };
  const answered = once(lines, "line");
  console.log(JSON.stringify(line));
  const { status, headers, body } = JSON.parse(String((await answered)[0])) as {
    status: number;
    headers: [string, string][];
    body: string;
  };
  return new Response([204, 304].includes(status) ? null : Buffer.from(body, "base64"), { status, headers });
}

const client = createClient<paths>({ baseUrl: "http://testserver", fetch: ask });

/** Return the data of a response, or fail with the problem document. */
async function ok<T>(pending: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await pending;
  assert.ok(response.ok, `${response.status} ${JSON.stringify(error)}`);
  return data as T;
}

const place = { country: "GB", locale: "cy" };

// What there is, and everything for Wales, once.
const root = await ok(client.GET("/v1/"));
assert.ok(root.countries.includes("GB"));
const first = await client.GET("/v1/packs/{country}/{locale}", { params: { path: place } });
const pack: components["schemas"]["Pack"] = first.data!;
assert.equal(pack.locale, "cy");
const etag = first.response.headers.get("ETag")!;
const again = await client.GET("/v1/packs/{country}/{locale}", { params: { path: place, header: { "If-None-Match": etag } } });
assert.equal(again.response.status, 304);
const manifest = await ok(client.GET("/v1/manifest/{country}/{locale}", { params: { path: place }, parseAs: "text" }));
assert.equal(manifest.split(".").length, 3);

// One plan, with the words for its buttons.
const plan = await ok(
  client.POST("/v1/help", { body: { country: "GB", situation: "blackmail", age: 15, languages: ["cy", "en"] } }),
);
assert.equal(plan.plan[0]?.step, "danger-now");
const talk = plan.plan.find(({ step }) => step === "talk")!;
assert.equal(plan.availability[talk.service!]?.channels.length, plan.services[talk.service!]?.channels.length);
assert.ok(plan.labels.contact["opens-at"]?.text);
assert.deepEqual(plan.first_tips.map(({ slug }) => slug), plan.tips.slice(0, 3));
assert.ok((await ok(client.GET("/v1/tips", { params: { query: { ...place, audience: "teen" } } }))).tips.length > 0);
const { services } = await ok(client.GET("/v1/services", { params: { query: { ...place, role: "helpline", open_now: true } } }));
assert.ok(services.every(({ roles }) => roles.includes("helpline")));

// Alerts, and a receipt of one.
const { alerts } = await ok(client.GET("/v1/alerts", { params: { query: { ...place, audience: "parent" } } }));
const { alert } = await ok(client.GET("/v1/alerts/{alert_id}", { params: { path: { alert_id: alerts[0]!.id } } }));
assert.equal(alert.id, alerts[0]!.id);
await ok(client.POST("/v1/receipts", { body: { app: "parent", alert: alert.id, event: "opened" } }));

// Registered, amended, read and forgotten.
const phone = await ok(
  client.POST("/v1/registrations", {
    body: {
      app: "parent",
      address_kind: "fid",
      address: "cXy0123456789abcdefghi",
      platform: "android",
      ...place,
      region: null,
      time_zone: "Europe/London",
      audience: "parent",
      app_version: "1.2.0",
    },
  }),
);
const one = { params: { path: { registration_id: phone.id } }, headers: { Authorization: `Bearer ${phone.secret}` } };
assert.equal((await ok(client.PATCH("/v1/registrations/{registration_id}", { ...one, body: { locale: "en" } }))).locale, "en");
assert.equal((await ok(client.GET("/v1/registrations/{registration_id}", one))).locale, "en");
await ok(client.DELETE("/v1/registrations/{registration_id}", one));
const forgotten = await client.GET("/v1/registrations/{registration_id}", one);
assert.equal(forgotten.response.status, 404);
assert.equal(forgotten.error?.type, "/v1/problems/not-found");

// Topics, a number that does not work, and the open data.
const { topics } = await ok(client.GET("/v1/topics", { params: { query: { ...place, app: "teen", audience: "teen" } } }));
assert.ok(topics.length > 0);
await ok(client.POST("/v1/corrections", { body: { service: "gb-childline", channel: 1, problem: "no-answer" } }));
const page = await ok(client.GET("/hsds/services", { params: { query: { per_page: 5 } } }));
// Lines are a string; without format=ndjson it is a page.
assert.ok(typeof page !== "string");
assert.equal(page.contents.length, 5);

console.log(JSON.stringify({ done: true }));
process.exit(0);
