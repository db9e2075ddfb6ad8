// Speaks to a server through Chargebee's Node client, one call for each line of JSON on its standard input.
// Arguments: the folder with node_modules, the site (HOST:PORT/NAME), the API key, how often a call is tried again.
// A line is {"call": NAME, "id": ID, "params": {}, "headers": {}}; what the client made of the answer, or of the error,
// is printed as one line of JSON.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [home, site, apiKey, retries = "0"] = process.argv.slice(2);
const Chargebee = createRequire(`${home}/`)("chargebee").default;
const client = new Chargebee({
  site,
  apiKey,
  protocol: "http",
  retryConfig: { enabled: retries !== "0", maxRetries: Number(retries), delayMs: 1 },
});
const calls = {
  list: ({ params, headers }) => client.personalizedOffer.personalizedOffers(params, headers),
  event: ({ params, headers }) => client.offerEvent.offerEvents(params, headers),
  accept: ({ params, headers }) => client.offerFulfillment.offerFulfillments(params, headers),
  read: ({ id, headers }) => client.offerFulfillment.offerFulfillmentsGet(id, headers),
  update: ({ id, params, headers }) => client.offerFulfillment.offerFulfillmentsUpdate(id, params, headers),
};

async function answered(asked) {
  try {
    const { headers, httpStatusCode, isIdempotencyReplayed, ...answer } = await calls[asked.call](asked);
    return { answer, replayed: Boolean(isIdempotencyReplayed), status: httpStatusCode };
  } catch (error) {
    const { message, type, api_error_code: code, param, http_status_code: status } = error;
    return { error: error.constructor.name, message, type, code, param, status };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answered(JSON.parse(line))));
}
