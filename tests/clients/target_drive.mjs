// Target's Node SDK, on a server and on the device: one object of JSON a line in, one a line out. The argument is the
// folder with node_modules. Lines are
//
//   {"create": OPTIONS}                 makes the client that the following lines are about, answered when it is ready
//   {"artifact": …, "client": …}        the same, of one that decides from the artifact and sends nothing anywhere
//   {"request": …, "now": microseconds} the response of such a one, and its meta
//   {"offers": OPTIONS}, {"notify": OPTIONS}  what `getOffers` and `sendNotifications` give
//   {"attributes": [MBOX], "with": OPTIONS}   what `getAttributes` gives
//   {"poll": true}                      lets the time pass until the artifact is asked for again
//
// A client of a server also tells what it sent since the line before: method, path and status. It is answered when
// nothing is on its way any more. What the SDK raises is {"raised": …}. The clock stands at the last `now`.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

process.env.TZ = "UTC";
const { Date: RealDate, fetch, setTimeout: later } = globalThis;
const FIVE_MINUTES = 300_000; // the least between two polls
const DEVICE = {
  organizationId: "org",
  decisioningMethod: "on-device",
  pollingInterval: 0,
  telemetryEnabled: false,
  targetLocationHint: "0",
};

let now = null;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length || now === null ? given : [now]));
  }
  static now() {
    return now ?? RealDate.now();
  }
};

let polls = [];
globalThis.setTimeout = (work, wait, ...given) =>
  wait >= FIVE_MINUTES ? polls.push(work) : later(work, wait, ...given);

const sent = [];
const underway = new Set();
globalThis.fetch = async (address, options) => {
  const answer = fetch(address, options);
  const read = answer
    .then((found) => found.clone().arrayBuffer())
    .catch(() => {})
    .finally(() => underway.delete(read));
  underway.add(read);
  const found = await answer;
  sent.push([options.method ?? "GET", new URL(address).pathname, found.status]);
  return found;
};

// Loaded now: it keeps the `fetch` that it finds.
const TargetClient = createRequire(`${process.argv[2]}/`)("@adobe/target-nodejs-sdk");
let client = null;

/** Waits until everything is sent and read that was begun, also what is sent beside an answer. */
async function settled() {
  do {
    await Promise.all(underway);
    await new Promise((done) => later(done, 0));
  } while (underway.size);
}

function create(options) {
  polls = [];
  return new Promise((ready, failed) => {
    const logger = { debug() {}, error: failed };
    client = TargetClient.create({ timeout: 60_000, logger, ...options, events: { clientReady: ready } });
  });
}

async function answered(line) {
  if ("now" in line) now = line.now / 1000;
  if ("artifact" in line) {
    const { artifact, client: name } = line;
    const nowhere = async () => new Response("{}");
    await create({ ...DEVICE, client: name, artifactPayload: artifact, fetchApi: nowhere });
    return { ready: true };
  }
  if ("request" in line) {
    const { response, meta } = await client.getOffers({ request: line.request, sessionId: "s" });
    return { response, meta };
  }
  const told = {};
  if ("create" in line) await create(line.create);
  if ("offers" in line) Object.assign(told, await client.getOffers(line.offers));
  if ("notify" in line) Object.assign(told, await client.sendNotifications(line.notify));
  if ("attributes" in line) told.attributes = (await client.getAttributes(line.attributes, line.with)).asObject();
  if ("poll" in line) polls.splice(0).forEach((each) => each());
  await settled();
  return { ...told, sent: sent.splice(0) };
}

const lines = createInterface({ input: process.stdin });
lines.on("close", () => process.exit()); // whatever is still under way
for await (const line of lines) {
  const answer = await answered(JSON.parse(line)).catch((error) => ({ raised: String(error?.stack ?? error) }));
  console.log(JSON.stringify(answer));
}
