// Write the plan that kit/resolver makes of each line of standard input, which has a pack, a query and an instant.

import { createInterface } from "node:readline";

import { resolve } from "../../kit/resolver/index.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { pack, query, at } = JSON.parse(line);
  const { steps, tips, more_tips, services } = resolve(pack, query, at);
  const channels = Object.fromEntries(Object.values(services).map((service) => [service.id, service.channels.map((c) => c.position)]));
  console.log(JSON.stringify({ plan: { steps, tips, more_tips }, channels }));
}
