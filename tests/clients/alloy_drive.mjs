// Drives the Web SDK in a page without a browser, and prints what it was given as one line of JSON.
// Arguments: the folder with node_modules, the server's URL, the datastream, the organisation, a scope, a surface.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [home, server, datastreamId, orgId, scope, surface] = process.argv.slice(2);
const { JSDOM, VirtualConsole } = createRequire(`${home}/`)("jsdom");
const edge = "https://edge.example";
const origin = "https://shop.example";

const { window } = new JSDOM("<!doctype html><title>shop</title>", {
  url: `${origin}/`,
  runScripts: "outside-only",
  pretendToBeVisual: true,
  virtualConsole: new VirtualConsole(),
});
const asked = [];
window.fetch = (url, { method, headers, body }) => {
  asked.push(new URL(url).pathname);
  return fetch(url.replace(edge, server), { method, headers: { ...headers, origin }, body });
};
window.eval(`
  window.__alloyNS = ["alloy"];
  window.alloy = (...words) => new Promise((done, failed) => window.alloy.q.push([done, failed, words]));
  window.alloy.q = [];
`);
window.eval(readFileSync(`${home}/node_modules/@adobe/alloy/dist/alloy.js`, "utf8"));

const { alloy } = window;
await alloy("configure", {
  datastreamId,
  orgId,
  edgeDomain: "edge.example",
  edgeBasePath: "ee",
  defaultConsent: "in",
  idMigrationEnabled: false,
  thirdPartyCookiesEnabled: false,
  clickCollectionEnabled: false,
});
const identityMap = { Email: [{ id: "jo@example.com", authenticatedState: "authenticated", primary: true }] };
const first = await alloy("sendEvent", {
  decisionScopes: [scope],
  personalization: { surfaces: [surface] },
  xdm: { identityMap },
});
const { identity } = await alloy("getIdentity");
const propositions = first.propositions.map(({ id, scope }) => ({ id, scope, scopeDetails: {} }));
const decisioning = { propositionEventType: { display: 1 }, propositions };
await alloy("sendEvent", {
  xdm: { eventType: "decisioning.propositionDisplay", identityMap, _experience: { decisioning } },
});
const second = await alloy("sendEvent", { decisionScopes: [scope], xdm: { identityMap } });
const told = ({ scope, items }) => ({ scope, names: items.map((item) => item.name ?? item.data.content.name) });
const cookies = window.document.cookie.split("; ").map((each) => each.split("=")[0]);
console.log(
  JSON.stringify({
    ecid: identity.ECID.length,
    cookies: cookies.sort(),
    first: first.propositions.map(told),
    second: second.propositions.map(told),
    asked,
  }),
);
process.exit(0);
