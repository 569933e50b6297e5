// Answers compare_hours.py: for each string of hours and each local time, true (open), false (closed) or null (unknown).
// Usage: node compare_hours.js FOLDER < questions.json, where FOLDER/node_modules has the library `opening_hours`.
"use strict";

// The library reads a Date by the clock of the process, and the times asked for are local ones.
process.env.TZ = "UTC";

const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const OpeningHours = createRequire(join(process.argv[2], "index.js"))("opening_hours");
const { questions, instants } = JSON.parse(readFileSync(0, "utf8"));

function answersFor([hours, country]) {
  const place = { address: { country_code: country.toLowerCase(), state: "" } };
  let parsed;
  try {
    parsed = new OpeningHours(hours, place);
  } catch (error) {
    // A country without public holidays in the library: the rules for weekdays still hold.
    parsed = new OpeningHours(hours, null);
  }
  return instants.map((instant) => {
    const at = new Date(`${instant}Z`);
    return parsed.getUnknown(at) ? null : parsed.getState(at);
  });
}

process.stdout.write(JSON.stringify(questions.map(answersFor)));
