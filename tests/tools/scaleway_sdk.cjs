// What Scaleway's own client (npm: @scaleway/sdk-registry, @scaleway/sdk-client) makes of a server:
//   node scaleway_sdk.cjs FOLDER URL REGION < CALLS.json
// FOLDER has those packages installed, SCW_SECRET_KEY is the key. CALLS.json is a list of [METHOD, ARGUMENT]; a list
// is read to its end. Printed is a list of {"value": …} or {"error": CLASS, "status", "message", "fields"}, one for each.
const { createRequire } = require("module");
const { readFileSync } = require("fs");
const [, , folder, apiURL, defaultRegion] = process.argv;
const load = createRequire(`${folder}/`);
const { createClient } = load("@scaleway/sdk-client");
const { Registryv1 } = load("@scaleway/sdk-registry");

async function outcome(api, method, argument) {
  try {
    const promise = api[method](argument);
    return { value: (await (promise.all ? promise.all() : promise)) ?? null };
  } catch (error) {
    const { name, status, message, ...fields } = error;
    return { error: error.constructor.name, status, message, fields };
  }
}

async function main() {
  const client = createClient({ apiURL, defaultRegion, accessKey: "SCW00000000000000000", secretKey: process.env.SCW_SECRET_KEY });
  const api = new Registryv1.API(client);
  const outcomes = [];
  for (const call of JSON.parse(readFileSync(0))) outcomes.push(await outcome(api, ...call));
  process.stdout.write(JSON.stringify(outcomes));
}

main();
