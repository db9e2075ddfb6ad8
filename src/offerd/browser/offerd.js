/*! offerd.js 0.1.0 | offers in a web page | Apache-2.0 | docs/page-client.md */
(function (window, document) {
  "use strict";

  const VERSION = "0.1.0";
  const { assign, entries, fromEntries, keys } = Object;
  const { location } = window;
  const script = document.currentScript;

  const isObject = (value) => // and no element that the page named like a setting
    value !== null && typeof value === "object" && ![Array, Node, Date].some((kind) => value instanceof kind);
  const asText = (value) => String(value ?? "");
  const isText = (value) => typeof value === "string" && value.trim() !== "";
  const list = (value) => (Array.isArray(value) ? value : []);
  const objects = (value) => list(value).filter(isObject);
  const named = (value) => objects(value).filter((one) => isText(one.name));
  const pick = (thing, names) => fromEntries(names.filter((name) => thing[name] !== undefined).map((name) => [name, thing[name]]));
  /** An object without its empty members. */
  const tidy = (thing) => fromEntries(entries(thing).filter(([, value]) =>
    value !== undefined && value !== "" && !(isObject(value) && !keys(value).length)));
  const uuid = () =>
    Array.from(window.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // Settings ---------------------------------------------------------------------------------------------------------

  const DEFAULTS = {
    enabled: true,
    adobeTarget: false, // whether it is adobe.target, too
    strictAtJs: false, // whether errors are told, and actions ignored, as at.js 2 does instead of as is documented
    clientCode: "default",
    imsOrgId: "",
    serverDomain: new URL(script?.src || location.href, location.href).host || location.host,
    secureOnly: false,
    endpoint: "/rest/v1/delivery",
    timeout: 3000,
    globalMboxName: "target-global-mbox",
    pageLoadEnabled: true,
    viewsEnabled: true,
    mboxParams: {},
    globalMboxParams: {},
    dataProviders: [],
    serverState: {},
    allowHighEntropyClientHints: false,
    cookieDomain: cookieDomainOf(location.hostname),
    deviceIdLifetime: 63244800000,
    sessionIdLifetime: 1860000,
    bodyHidingEnabled: true,
    bodyHiddenStyle: "body {opacity: 0 !important}",
    defaultContentHiddenStyle: "visibility: hidden;",
    hidingLimit: 3000, // milliseconds after which nothing hides the page, whatever happens
    selectorsPollingTimeout: 5000,
    cspScriptNonce: script?.nonce || "",
    cspStyleNonce: script?.nonce || "",
  };
  const settings = assign({}, DEFAULTS);
  const given = assign({}, ...[window.targetGlobalSettings, window.offerdSettings].filter(isObject));
  if (given.globalMboxAutoCreate === false) settings.pageLoadEnabled = false;
  for (const [name, usual] of entries(DEFAULTS)) {
    const value = given[name];
    if (typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual) && value !== null) settings[name] = value;
  }

  const query = new URLSearchParams(location.search);
  const debug = (...words) => query.has("mboxDebug") && console.log("AT:", ...words);
  const warn = (...words) => void console.warn("offerd:", ...words);
  /** Calls what is the page's own, which may fail without failing us. */
  const attempt = (work, ...args) => {
    try {
      return typeof work === "function" ? work(...args) : undefined;
    } catch (error) {
      return warn(error);
    }
  };

  const EVENTS = fromEntries(["library-loaded", "request-start", "request-succeeded", "request-failed",
    "content-rendering-start", "content-rendering-succeeded", "content-rendering-failed",
    "content-rendering-no-offers", "content-rendering-redirect"]
    .map((name) => [name.toUpperCase().replace(/-/g, "_"), `at-${name}`]));

  function emit(name, detail = {}) {
    const type = EVENTS[name];
    const { session, PC } = identity();
    const tracking = tidy({ sessionId: session, deviceId: PC });
    document.dispatchEvent(new CustomEvent(type, { detail: { type, tracking, ...tidy(detail) } }));
  }

  // Cookies: mbox=session#ID#SECONDS|PC#ID#SECONDS --------------------------------------------------------------------

  function cookieDomainOf(host) {
    if (/^[\d.]+$/.test(host)) return host;
    const labels = host.split(".");
    const registry = /^(com|edu|gov|net|mil|org|nom|co|name|info|biz)$/.test(labels[labels.length - 2]);
    return labels.slice(registry ? -3 : -2).join(".");
  }

  const ID = /^[\w.:~+@=-]{1,128}$/;
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch (_) {
      return text;
    }
  };
  const readCookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) || "";

  function writeCookie(name, value, milliseconds) {
    const domain = settings.cookieDomain ? `; domain=${settings.cookieDomain}` : "";
    const secure = settings.secureOnly ? "; secure; SameSite=None" : "";
    document.cookie = `${name}=${value}; path=/; expires=${new Date(Date.now() + milliseconds).toUTCString()}${domain}${secure}`;
  }

  /** The session, which begins where there is none and lasts on, and the device, once the server has named it. */
  function identity(device) {
    if (off) return {};
    const { sessionIdLifetime: session, deviceIdLifetime: PC } = settings;
    const now = Date.now() / 1000;
    const kept = {};
    for (const part of readCookie("mbox").slice(0, 4096).split("|")) {
      const [name, value, until] = part.split("#").map(decoded);
      if (/^(session|PC)$/.test(name) && ID.test(value) && until > now) kept[name] = [value, Math.min(until, now + PC / 1000)];
    }
    const asked = query.get("mboxSession") || "";
    kept.session = [kept.session?.[0] || (ID.test(asked) ? asked : uuid()), now + session / 1000];
    if (typeof device === "string" && ID.test(device)) kept.PC = [device, now + PC / 1000];
    const text = entries(kept).map(([name, [value, until]]) => `${name}#${encodeURIComponent(value)}#${Math.ceil(until)}`);
    writeCookie("mbox", text.join("|"), Math.max(...entries(kept).map(([, [, until]]) => until - now)) * 1000);
    return { session: kept.session[0], PC: kept.PC?.[0] };
  }

  /** Whether cookies are kept: for the whole domain, or where that is not allowed for this host alone. */
  function cookiesWork() {
    try {
      for (const domain of [settings.cookieDomain, ""]) {
        settings.cookieDomain = domain;
        writeCookie("at_check", "true", 60000);
        const kept = readCookie("at_check");
        writeCookie("at_check", "", -1);
        if (kept) return true;
      }
    } catch (_) {
      // A page in a sandbox may not even ask.
    }
    return false;
  }

  function whyOff() {
    if (!settings.enabled || document.compatMode !== "CSS1Compat") return "offerd is disabled";
    if (!cookiesWork()) return "Cookies cannot be set";
    const asked = /[?&]mboxDisable\b/.test(location.search + document.referrer) || readCookie("mboxDisable");
    return asked ? "Delivery is disabled by mboxDisable" : "";
  }

  // Parameters -------------------------------------------------------------------------------------------------------

  /** Puts an object into `out` as {"a.b": value}; what comes later wins. */
  function flatten(source, out, prefix = "", above = []) {
    if (!isObject(source) || above.length > 8 || above.includes(source) || keys(out).length > 999) return out;
    for (const [name, value] of entries(source)) {
      if (isObject(value)) flatten(value, out, `${prefix}${name}.`, [...above, source]);
      const plain = /object|undefined/.test(typeof value) ? attempt(asText, value) : value;
      if (!isObject(value) && (/string|boolean/.test(typeof plain) || Number.isFinite(plain))) out[prefix + name] = plain;
    }
    return out;
  }

  /** Does so with what a page function returns: a query string, a list of "k=v", or an object. */
  function gather(returned, out) {
    if (isObject(returned)) flatten(returned, out);
    else if (returned) {
      const alone = (pair) => String(pair).replace(/[&+]/g, encodeURIComponent);
      new URLSearchParams(Array.isArray(returned) ? returned.map(alone).join("&") : returned).forEach((value, name) => (out[name] = value));
    }
    return out;
  }

  /** What data providers give; those that fail or are late give nothing. */
  async function provided() {
    const live = [window.offerdSettings, window.targetGlobalSettings].find((one) => isObject(one) && one.dataProviders);
    const all = await Promise.all(objects(live?.dataProviders).map(({ provider, timeout }) => new Promise((resolve) => {
      setTimeout(resolve, timeout > 0 ? timeout : 2000);
      attempt(provider, (error, params) => resolve(error ? {} : params));
    })));
    return all.reduce((out, params) => flatten(params, out), {});
  }

  function pageParams(global, before, params) {
    const out = {};
    for (const each of [settings.mboxParams, global && settings.globalMboxParams, before, params]) flatten(each, out);
    gather(attempt(window.targetPageParamsAll), out);
    return global ? gather(attempt(window.targetPageParams), out) : out;
  }

  /** Parameters that are not too many, with names and values that are not too long. */
  function bounded(source, most, longest) {
    const fits = ([name, value]) => name.trim() && name.length <= 128 && String(value).length <= longest;
    const kept = entries(source).filter(fits).slice(0, most);
    if (kept.length < keys(source).length) warn("Some parameters are blank, too long or too many");
    return fromEntries(kept);
  }

  const SPECIAL = /^(mbox3rdPartyId|at_property|orderId|orderTotal|productPurchasedId|productId|categoryId)$/;

  /** What the wire calls flat parameters; those that an item has itself win. */
  function details(flat, item = {}) {
    const all = entries(flat);
    const profile = all.filter(([name]) => name.startsWith("profile.")).map(([name, value]) => [name.slice(8), value]);
    const rest = all.filter(([name]) => !name.startsWith("profile.") && !SPECIAL.test(name));
    const total = parseFloat(flat.orderTotal);
    const purchased = asText(flat.productPurchasedId).split(",").map((id) => id.trim()).filter(Boolean);
    return tidy({
      parameters: bounded(flatten(item.parameters, fromEntries(rest)), 100, 5000),
      profileParameters: bounded(flatten(item.profileParameters, fromEntries(profile)), 50, 256),
      order: item.order || tidy({
        id: asText(flat.orderId),
        total: total >= 0 ? total : undefined,
        purchasedProductIds: purchased.length ? purchased : undefined,
      }),
      product: item.product || tidy({ id: asText(flat.productId), categoryId: asText(flat.categoryId) }),
      address: item.address,
    });
  }

  // The request ------------------------------------------------------------------------------------------------------

  async function clientHints() {
    const agent = navigator.userAgentData;
    if (!agent) return undefined;
    const brands = (all) => list(all).map((one) => `"${one.brand}";v="${one.version}"`).join(", ");
    const wanted = ["architecture", "bitness", "model", "platformVersion", "fullVersionList"];
    const { fullVersionList, mobile, platform, brands: major, ...more } = settings.allowHighEntropyClientHints
      ? await agent.getHighEntropyValues(wanted).catch(() => agent) : agent;
    return tidy({ mobile, platform, browserUAWithMajorVersion: brands(major), browserUAWithFullVersion: brands(fullVersionList), ...more });
  }

  function context(hints) {
    const { screen } = window;
    return tidy({
      userAgent: navigator.userAgent,
      clientHints: hints,
      timeOffsetInMinutes: -new Date().getTimezoneOffset(),
      channel: "web",
      screen: {
        width: screen.width,
        height: screen.height,
        orientation: screen.width > screen.height ? "landscape" : "portrait",
        colorDepth: screen.colorDepth,
        pixelRatio: window.devicePixelRatio,
      },
      window: { width: window.innerWidth, height: window.innerHeight },
      browser: { host: location.host, language: navigator.language },
      address: { url: location.href.slice(0, 4096), referringUrl: document.referrer.slice(0, 4096) },
    });
  }

  /** Quality assurance, previews and traces, as the page's address asks; the first two stay for half an hour. */
  function inspection() {
    const token = query.get("at_preview_token");
    const numbers = (name) => query.getAll(`at_preview_${name}`).map((text) => text.split("_").map(Number).filter((each) => each > 0));
    const mode = {
      token,
      listedActivitiesOnly: query.get("at_preview_listed_activities_only") === "true",
      evaluateAsTrueAudienceIds: numbers("evaluate_as_true_audience_ids").flat(),
      evaluateAsFalseAudienceIds: numbers("evaluate_as_false_audience_ids").flat(),
      previewIndexes: numbers("index").filter((each) => each.length)
        .map(([activityIndex, experienceIndex]) => ({ activityIndex, experienceIndex })),
    };
    const preview = query.get("at_preview");
    if (token !== null) writeCookie("at_qa_mode", encodeURIComponent(JSON.stringify(mode)), 1860000);
    if (preview !== null) writeCookie("at_preview_mode", encodeURIComponent(preview), 1860000);
    const qaMode = json(decoded(readCookie("at_qa_mode")));
    return {
      qaMode: isText(qaMode?.token) ? qaMode : undefined,
      preview: tidy({ token: decoded(readCookie("at_preview_mode")) }),
      trace: tidy({ authorizationToken: query.get("authorization") || decoded(readCookie("mboxDebugTools")) }),
    };
  }

  const json = (text) => {
    try {
      return JSON.parse(text);
    } catch (_) {
      return undefined;
    }
  };
  const isGlobal = (name) => name === settings.globalMboxName;

  /** The body of a request, in which each item has the parameters that are due to it. */
  function body(request, before, hints, params) {
    let thirdPartyId;
    let token;
    const flatOf = (global) => {
      const flat = pageParams(global, before, params);
      thirdPartyId = thirdPartyId || flat.mbox3rdPartyId;
      token = token || flat.at_property;
      return flat;
    };
    const item = (one, global) => ({ name: one.name, key: one.key, ...details(flatOf(global), one) });
    const part = (asked) => isObject(asked) ? {
      pageLoad: isObject(asked.pageLoad) ? item(asked.pageLoad, true) : undefined,
      views: asked.views && objects(asked.views).map((one) => item(one, true)),
      mboxes: asked.mboxes && named(asked.mboxes).map((one, index) => ({ index, ...pick(one, ["index"]), ...item(one, isGlobal(one.name)) })),
    } : undefined;
    const execute = part(request.execute);
    const prefetch = part(request.prefetch);
    if (request.notifications) flatOf(true); // whose they are
    return tidy({
      requestId: uuid(),
      ...inspection(),
      ...request,
      context: { ...context(hints), ...request.context },
      id: tidy({ tntId: identity().PC, thirdPartyId: asText(thirdPartyId), ...request.id }),
      property: request.property || tidy({ token: asText(token) }),
      execute,
      prefetch,
    });
  }

  function address() {
    const scheme = settings.secureOnly || location.protocol === "file:" ? "https:" : "";
    const named = tidy({ client: settings.clientCode, imsOrgId: settings.imsOrgId, sessionId: identity().session, version: VERSION });
    return `${scheme}//${settings.serverDomain}${settings.endpoint}?${new URLSearchParams(named)}`;
  }

  /** An error with the status that is documented for it: timeout, parseerror or error. */
  const failure = (status, message) => assign(new Error(message), { status });

  function call(method, url, timeout, sent) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      request.timeout = timeout;
      request.onload = () => resolve(request);
      request.ontimeout = () => reject(failure("timeout", "Request timed out"));
      request.onerror = request.onabort = () => reject(failure("error", "Network request failed"));
      if (sent) {
        request.withCredentials = true;
        request.setRequestHeader("Content-Type", "text/plain");
      }
      request.send(sent);
    });
  }

  const succeeded = ({ status }) => /^(2..|304)$/.test(status);

  function answerOf(got) {
    const answer = json(got.responseText);
    const refused = answer && ((!settings.strictAtJs && answer.error) || (answer.status && answer.message));
    if (refused) throw failure("error", isText(refused) ? refused : JSON.stringify(refused));
    if (!settings.strictAtJs && !succeeded(got)) throw failure("error", `HTTP status ${got.status}`);
    if (!isObject(answer)) throw failure("parseerror", "Malformed response JSON");
    return answer;
  }

  /** Asks the server. */
  async function load(request, { mbox, params, timeout } = {}) {
    emit("REQUEST_START", { mbox });
    try {
      const sent = body(request, ...await Promise.all([provided(), clientHints()]), params);
      debug("request", sent);
      const limit = Number.isFinite(timeout) && timeout >= 0 ? timeout : settings.timeout;
      const answer = answerOf(await call("POST", address(), limit, JSON.stringify(sent)));
      debug("response", answer);
      for (const { trace } of itemsOf(answer)) if (trace) (window.___target_traces = window.___target_traces || []).push(trace);
      identity(answer.id?.tntId);
      const response = await known(answer, sent);
      const items = itemsOf(response);
      const responseTokens = items.flatMap((one) => one.options).map((option) => option.responseTokens).filter(isObject);
      emit("REQUEST_SUCCEEDED", { mbox, responseTokens, redirect: items.some(redirectOf) });
      return response;
    } catch (error) {
      emit("REQUEST_FAILED", { mbox, error: error.message });
      throw error;
    }
  }

  // The response: what is malformed is left out ------------------------------------------------------------------------

  const HTML = ["setHtml", "appendHtml", "prependHtml", "replaceHtml", "insertBefore", "insertAfter", "customCode"];
  const TEXT = ["setText", "setImageSource", ...HTML];
  const TABLE = ["setAttribute", "setStyle", "resize", "move", "rearrange"];

  /** A web address, as the browser writes it; "" for anything else, such as a script. */
  function webAddress(text) {
    try {
      const url = new URL(text, location.href);
      return isText(text) && (/^https?:$/.test(url.protocol) || url.protocol === location.protocol) ? url.href : "";
    } catch (_) {
      return "";
    }
  }

  const page = (url) => url.split("#")[0];
  let led = ""; // where a redirect has just led, though the page's server may have led on from there
  /** A redirect as a list, which is empty where it leads nowhere, or to where we are, which would never end. */
  const knownRedirect = (thing) => [{ ...thing, content: webAddress(thing.content) }]
    .filter(({ content }) => content && content !== led && page(content) !== page(location.href));

  function knownAction(action) {
    const { type, content } = action;
    if (type === "redirect") return knownRedirect(action);
    const right = type === "remove" || (TEXT.includes(type) && typeof content === "string") || (TABLE.includes(type) && isObject(content));
    if (!right || !isText(action.selector)) return [];
    const [, id, selector] = /^CLKTRK#(\S+)\s+(.*)$/.exec(action.selector) || [];
    if (!id || !HTML.includes(type)) return [{ ...action, selector: selector || action.selector }];
    const box = template(content);
    if (box.content.firstElementChild) box.content.firstElementChild.id = id;
    return [{ ...action, selector, content: box.innerHTML }];
  }

  async function knownOption(option) {
    const { type, content } = option;
    if (type === "json" || (type === "html" && typeof content === "string")) return [option];
    if (type === "redirect") return knownRedirect(option);
    if (type === "actions") return [{ ...option, content: objects(content).flatMap(knownAction) }];
    const url = type === "dynamic" && webAddress(content);
    const got = url && await call("GET", url, settings.timeout).catch(() => undefined);
    return got && succeeded(got) && isText(got.responseText) ? [{ ...option, type: "html", content: got.responseText }] : [];
  }

  const DETAILS = ["parameters", "profileParameters", "order", "product"];

  /** What can be used of an answer; what was prefetched keeps the parameters that it was asked with. */
  async function known(answer, sent = {}) {
    const item = async (one, { prefetched, located, asked } = {}) => ({
      ...pick(asked || {}, DETAILS),
      ...one,
      options: (await Promise.all(objects(one.options).filter((option) => !prefetched || isText(option.eventToken)).map(knownOption))).flat(),
      metrics: objects(one.metrics).filter((metric) => isText(metric.type) && isText(metric.eventToken) && (!located || isText(metric.selector))),
    });
    const all = (items, rules) => items && Promise.all(named(items).map((one) => item(one, rules(one))));
    const response = { meta: { decisioningMethod: "server-side", remoteMboxes: {}, remoteViews: {} } };
    for (const name of ["execute", "prefetch"]) {
      const prefetched = name === "prefetch";
      const part = answer[name];
      const asked = sent[name] || {};
      if (!isObject(part)) continue;
      const views = await all(part.views, () => ({ prefetched, located: true, asked: asked.views?.[0] }));
      response[name] = pick({
        pageLoad: isObject(part.pageLoad) ? await item(part.pageLoad, { prefetched, located: true }) : undefined,
        mboxes: await all(part.mboxes, ({ index }) => ({ prefetched, asked: asked.mboxes?.find((one) => one.index === index) })),
        views: views?.map((view) => ({ ...view, name: view.name.toLowerCase() })),
        metrics: part.metrics && objects(part.metrics).filter((one) => isText(one.selector) && isText(one.eventToken)),
      }, ["pageLoad", "mboxes", "views", "metrics"]);
    }
    const told = objects(answer.notifications).filter(({ id }) => id).map(({ id }) => ({ id }));
    return told.length ? { ...response, notifications: told } : response;
  }

  const itemsOf = ({ execute, prefetch }) => [execute, prefetch].filter(isObject)
    .flatMap((part) => objects([part.pageLoad, ...list(part.mboxes), ...list(part.views)]));
  const tokensOf = (options) => options.map((option) => option.eventToken).filter(isText);
  const redirectOf = ({ options }) => options.flatMap((option) => (option.type === "actions" ? option.content : [option]))
    .find(({ type }) => type === "redirect")?.content;

  // Actions, as getOffer gives them and applyOffer takes them ----------------------------------------------------------

  const OLD = { setHtml: "setContent", appendHtml: "appendContent", prependHtml: "prependContent", replaceHtml: "replaceContent" };
  const NEW = fromEntries(entries(OLD).map(([name, old]) => [old, name]));

  function toAction({ type, content, selector, cssSelector }) {
    const at = tidy({ selector, cssSelector });
    if (type === "redirect") return { action: type, url: content };
    if (type === "remove") return { action: type, ...at };
    if (type === "rearrange") return { action: type, ...content, ...at };
    if (type === "setAttribute" || type === "setImageSource") {
      const [attribute, value] = entries(isObject(content) ? content : { src: content })[0] || ["", ""];
      return { action: "setAttribute", attribute, value, ...at };
    }
    if (TABLE.includes(type)) return { action: "setStyle", style: content, ...at };
    return { action: OLD[type] || type, content, ...at };
  }

  function toActions({ options, metrics }) {
    const of = (kind) => options.filter(({ type }) => type === kind).map(({ content }) => content);
    const html = of("html");
    const data = of("json");
    return [
      ...options.flatMap((one) => (one.type === "actions" ? one.content : one.type === "redirect" ? [one] : [])).map(toAction),
      ...(html.length ? [{ action: "setContent", content: html.join("") }] : []),
      ...(data.length ? [{ action: "setJson", content: data }] : []),
      ...metrics.filter(({ type }) => type === "click").map(({ selector, eventToken }) =>
        tidy({ action: selector ? "trackClick" : "signalClick", selector, clickTrackId: eventToken })),
    ];
  }

  /** The actions in an offer, which may also be what older servers answer. */
  function actionsOf(offer) {
    return objects(isObject(offer) ? offer.offers || [offer] : offer).flatMap((one) => {
      if (one.action) return [one];
      const { html = "", plugins, actions, json: data, redirect: url, clickToken } = one;
      const content = html + list(plugins).join("");
      return [
        ...objects(actions?.content || actions),
        ...(content ? [{ action: "setContent", content }] : []),
        ...(data ? [{ action: "setJson", content: [].concat(data) }] : []),
        ...(url ? [{ action: "redirect", url }] : []),
        ...(clickToken ? [{ action: "signalClick", clickTrackId: clickToken }] : []),
      ];
    });
  }

  /** What an action is on the wire; those of the older wire name their styles one by one. */
  function fromAction(old) {
    const { action, content, selector, cssSelector, attribute, property, value, priority, position, from, to } = old;
    const { finalLeftPosition: left, finalTopPosition: top, finalWidth: width, finalHeight: height } = old;
    const style = isObject(old.style) ? old.style : tidy({ [property]: value, priority, left, top, position, width, height });
    const at = { selector, cssSelector };
    const has = (...names) => names.every((name) => name in style);
    if (action === "setContent" && !isText(selector)) return { type: "html", content };
    if (action === "setAttribute" && attribute === "src") return { type: "setImageSource", content: value, ...at };
    if (action === "setAttribute") return { type: action, content: { [attribute]: value }, ...at };
    if (action === "rearrange") return { type: action, content: { from, to }, ...at };
    if (old.contentType === "text") return { type: "setText", content, ...at };
    if (!/^(setStyle|resize|move)$/.test(action)) return { type: NEW[action] || action, content, ...at };
    return { type: has("left", "top") ? "move" : has("width", "height") ? "resize" : action, content: style, ...at };
  }

  function redirectTo({ url, includeAllUrlParameters, passMboxSession }) {
    const to = webAddress(url);
    if (!to) return to;
    const full = new URL(to);
    const own = new URL(to).searchParams; // win, so that a page that redirects to itself is known
    if (includeAllUrlParameters) query.forEach((value, name) => own.has(name) || full.searchParams.append(name, value));
    if (passMboxSession) full.searchParams.set("mboxSession", identity().session);
    return full.href;
  }

  /** The options and metrics of a list of actions; at.js itself honours four actions of any mbox but the global one. */
  function fromActions(offer, mbox) {
    const strict = settings.strictAtJs && !isGlobal(mbox);
    const item = { name: mbox, options: [], metrics: [] };
    for (const old of actionsOf(offer)) {
      const { action, content, selector, clickTrackId } = old;
      if (strict && !/^(setContent|setJson|redirect|signalClick)$/.test(action)) continue;
      if (action === "setJson") item.options.push(...list(content).map((one) => ({ type: "json", content: one })));
      else if (action === "redirect") item.options.push(...knownRedirect({ type: action, content: redirectTo(old) }));
      else if (/^(track|signal)Click$/.test(action)) {
        if (isText(clickTrackId)) item.metrics.push({ type: "click", eventToken: clickTrackId, ...(action === "trackClick" ? { selector } : {}) });
      } else {
        const made = fromAction(strict ? { action, content } : old);
        if (made.type !== "html") item.options.push({ type: "actions", content: knownAction(made) });
        else if (typeof content === "string") item.options.push(made);
      }
    }
    return item;
  }

  // Hiding -----------------------------------------------------------------------------------------------------------

  function addStyle(id, text) {
    const style = document.createElement("style");
    style.id = id;
    style.className = "at-flicker-control";
    style.nonce = settings.cspStyleNonce;
    style.textContent = text;
    (document.head || document.documentElement).append(style);
    return style;
  }

  const showBody = () => document.querySelectorAll("#at-body-style").forEach((style) => style.remove());

  function hideBody() {
    if (!document.getElementById("at-body-style")) addStyle("at-body-style", settings.bodyHiddenStyle);
    setTimeout(showBody, settings.hidingLimit);
  }

  /** Whether a style sheet may hold a selector, which could end its rule and begin another. */
  function isSelector(text) {
    try {
      document.createDocumentFragment().querySelector(text);
      return !/[{}]|\/\*/.test(text);
    } catch (_) {
      return false;
    }
  }

  const hidden = new Map();

  /** Hides what a selector finds, now and when it comes, until each caller has shown it or its limit is reached. */
  function hide(selector, limit = settings.hidingLimit) {
    if (!isText(selector) || !isSelector(selector)) return () => {};
    const hash = Array.from(selector).reduce((sum, one) => (Math.imul(31, sum) + one.charCodeAt(0)) | 0, 0);
    const entry = hidden.get(selector) ||
      { users: new Set(), style: addStyle(`at-${hash}`, `${selector} {${settings.defaultContentHiddenStyle}}`) };
    const show = () => {
      clearTimeout(timer);
      entry.users.delete(show);
      if (entry.users.size) return;
      entry.style.remove();
      if (hidden.get(selector) === entry) hidden.delete(selector);
    };
    const timer = setTimeout(show, limit);
    entry.users.add(show);
    hidden.set(selector, entry);
    return show;
  }

  // Finding elements, now or once they are there -------------------------------------------------------------------------

  /** What a selector finds, whose classes and ids may begin with a digit. */
  const queryAll = (root, selector) => [...root.querySelectorAll(selector.replace(/([#.])(\d)/g, "$1\\3$2 "))];

  /** What a selector finds, which may hold `:eq(n)`. */
  function find(selector) {
    if (selector instanceof Element) return [selector];
    const [first, ...more] = String(selector).split(/:eq\((\d+)\)/);
    let found = queryAll(document, first.trim() || "*");
    for (let i = 0; i < more.length; i += 2) {
      const rest = more[i + 1];
      found = found.slice(more[i], Number(more[i]) + 1);
      if (/^[\s>]/.test(rest)) found = found.flatMap((element) => queryAll(element, `:scope ${rest}`));
      else if (rest) found = found.filter((element) => element.matches(rest));
    }
    return found;
  }

  /** Whether the parser has left an element, so that it adds nothing behind what we put there. */
  function complete(element) {
    if (document.readyState !== "loading" || element === document.head) return true;
    for (let node = element; node; node = node.parentNode) if (node.nextSibling) return true;
    return false;
  }

  const OPEN = /^(click|setAttribute|setImageSource|setStyle|resize|move|prependHtml|insertBefore|customCode)$/;
  const pending = new Set();
  const observer = new MutationObserver(advance);

  /** Does what waits and can be done, in order. */
  function advance() {
    for (const step of [...pending]) {
      if (!pending.has(step)) continue; // a script of the step before may have brought us here
      try {
        const found = find(step.selector);
        if (!found.length || !(OPEN.test(step.type) || found.every(complete))) continue;
        pending.delete(step);
        step.resolve(step.work(found));
      } catch (error) {
        pending.delete(step);
        step.reject(error);
      }
    }
    if (!pending.size) observer.disconnect();
  }

  /** Works on the elements of each step once they are there; gives a promise for each, which fails at the limit. */
  function perform(steps) {
    const promises = steps.map((step) => new Promise((resolve, reject) => {
      pending.add(assign(step, { resolve, reject }));
      setTimeout(() => {
        pending.delete(step);
        reject(new Error("Nothing was found"));
      }, settings.selectorsPollingTimeout);
    }));
    observer.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "id"] });
    advance();
    return promises;
  }

  // Rendering --------------------------------------------------------------------------------------------------------

  function template(html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    return box;
  }

  /** Runs scripts in their order; one that is fetched holds up those behind it. */
  async function run(scripts) {
    for (const old of scripts) {
      const fresh = document.createElement("script");
      for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
      fresh.nonce = settings.cspScriptNonce || old.nonce;
      fresh.text = old.text;
      const fetched = fresh.src && new Promise((resolve) => (fresh.onload = fresh.onerror = resolve));
      old.replaceWith(fresh);
      await fetched;
    }
  }

  /** Puts HTML where `place` says; into the head go only scripts, links and styles. */
  function insert(html, container, place) {
    const { content } = template(html);
    if (container === document.head) {
      for (const node of [...content.childNodes]) if (!/^(script|link|style)$/i.test(node.nodeName)) node.remove();
    }
    for (const style of content.querySelectorAll("style, link")) style.nonce = settings.cspStyleNonce;
    const isCode = ({ type }) => /^(module)?$|\b(java|ecma)script$/i.test(type);
    const scripts = [...content.querySelectorAll("script")].filter(isCode);
    place(content);
    run(scripts);
  }

  function setAttribute(element, name, value) {
    const plain = String(value).replace(/[\0- ]/g, ""); // as a browser reads the scheme
    const runs = /^on|^srcdoc$/i.test(name) || /^(javascript|vbscript|data:text\/html)/i.test(plain);
    if (runs) throw new Error(`${name} may not run a script`);
    element.setAttribute(name, value);
  }

  /** Sets properties of the style; bare numbers are pixels where a place or a size is set. */
  function setStyle(element, { priority = "", ...style }, unit = "") {
    for (const [name, value] of entries(style)) {
      const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      element.style.setProperty(kebab, value + (/^-?\d*\.?\d+$/.test(value) ? unit : ""), priority);
    }
  }

  const place = (element, style) => setStyle(element, style, "px");

  const RENDER = {
    setHtml: (element, html) => insert(html, element, (content) =>
      (element === document.head ? element.append(content) : element.replaceChildren(content))),
    setText: (element, text) => { element.textContent = text; },
    appendHtml: (element, html) => insert(html, element, (content) => element.append(content)),
    prependHtml: (element, html) => insert(html, element, (content) => element.prepend(content)),
    replaceHtml: (element, html) => insert(html, element.parentNode, (content) => element.replaceWith(content)),
    insertBefore: (element, html) => insert(html, element.parentNode, (content) => element.before(content)),
    insertAfter: (element, html) => insert(html, element.parentNode, (content) => element.after(content)),
    customCode: (element, html) =>
      RENDER[element === document.head ? "appendHtml" : element === document.body ? "prependHtml" : "insertBefore"](element, html),
    setAttribute: (element, all) => entries(all).forEach(([name, value]) => setAttribute(element, name, value)),
    setImageSource: (element, source) => new Promise((resolve, reject) => { // shown once it is there
      const image = new Image();
      image.onload = () => resolve(element.setAttribute("src", source));
      image.onerror = () => reject(new Error("The image is not there"));
      image.src = source;
    }),
    setStyle,
    resize: place,
    move: place,
    remove: (element) => element.remove(),
    rearrange(element, { from, to }) {
      const { [from]: child, [to]: other } = element.children;
      other[from - to < 0 ? "after" : "before"](child);
    },
  };

  const subject = ({ mbox, view }, { state, key }) => (mbox ? { mbox: { name: mbox, state } } : view ? { view: { name: view, key, state } } : {});

  const counted = new WeakMap();
  /** Whether a token comes to an element, or to a click, for the first time. */
  function first(thing, token) {
    const tokens = counted.get(thing) || new Set();
    counted.set(thing, tokens);
    return !tokens.has(token) && tokens.add(token);
  }

  /** Has the clicks reported that an item's metrics name: each token once a click. */
  function countClicks(item, what, selector) {
    const clicks = item.metrics.filter((metric) => metric.type === "click" && (metric.selector || what.mbox));
    perform(clicks.map(({ selector: at = selector, eventToken: token }) => {
      const send = (event) => first(event, token) && notify({ type: "click", tokens: [token], ...subject(what, item) }, item);
      const work = (found) => found.forEach((element) => {
        element.classList.add("at-element-click-tracking");
        if (first(element, token)) element.addEventListener("click", send);
      });
      return { type: "click", selector: at, work };
    })).forEach((promise) => promise.catch(debug));
  }

  /**
   * Renders an item: `what` is {pageLoad: true}, {mbox: name} or {view: name}.
   * Gives what became of it; what could not be rendered is among `data.errors`.
   */
  async function render([item, what], { selector = "head", page = true }) {
    const html = item.options.filter(({ type }) => type === "html");
    const whole = { type: "setHtml", selector, content: html.map(({ content }) => content).join("") };
    const shown = new Set(item.options.filter(({ type, content }) => type === "json" || !content.length));
    const errors = [];
    const steps = item.options.flatMap((option) => {
      if (option === html[0]) return [[whole, html]];
      return option.type === "actions" ? option.content.map((action) => [action, [option]]) : [];
    }).map(([{ type, content, selector: at, cssSelector }, options]) => {
      const where = cssSelector || at;
      const show = type !== "customCode" && where !== "head" ? hide(where, settings.selectorsPollingTimeout) : () => {};
      // An element that the same view was rendered in before is left alone, or rendered again where the page asks for it.
      const work = (found) => Promise.all(found.map(async (element) => {
        const again = what.view && element.getAttribute("at-action-key") === what.view && fresh.get(element) !== steps;
        // Custom code runs whenever the view is triggered, but not where only what the page drew anew is rendered.
        const due = type === "customCode" ? page : !again || (!page && /^(set|resize|move)/.test(type));
        if (due) await RENDER[type](element, content);
        if (what.view) element.setAttribute("at-action-key", what.view);
        fresh.set(element, steps);
        element.classList.add("at-element-marker");
      }));
      return { type, selector: at, work, show, options };
    });
    await Promise.all(perform(steps).map((promise, i) => promise
      .then(() => steps[i].options.forEach((option) => shown.add(option)))
      .catch((error) => errors.push({ selector: String(steps[i].selector), error: error.message }))
      .then(steps[i].show)));
    countClicks(item, what, selector);
    item.shown = tokensOf([...shown]);
    const data = {
      eventTokens: item.shown,
      responseTokens: [...shown].map((option) => option.responseTokens).filter(isObject),
      errors,
    };
    return { status: errors.length ? "error" : "success", ...what, data };
  }
  const fresh = new WeakMap();

  /** Renders items, or does nothing but leave the page where one of them says so; fails where one cannot be rendered. */
  async function apply(items, { selector, page, mbox } = {}) {
    const full = items.filter(([{ options, metrics }]) => options.length || metrics.length);
    if (!full.length) {
      for (const element of (selector && attempt(find, selector)) || []) element.classList.add("at-element-marker");
      emit("CONTENT_RENDERING_NO_OFFERS", { mbox });
      return [];
    }
    const [item] = full.find(([one]) => redirectOf(one)) || [];
    if (item) {
      const url = redirectOf(item);
      emit("CONTENT_RENDERING_REDIRECT", { mbox, url });
      item.shown = tokensOf(item.options.filter((option) => redirectOf({ options: [option] })));
      writeCookie("at_redirect", encodeURIComponent(url), 10000);
      setTimeout(() => location.replace(url));
      return [];
    }
    emit("CONTENT_RENDERING_START", { mbox });
    const execution = await Promise.all(full.map((one) => render(one, { selector, page })));
    const errors = execution.flatMap(({ data }) => data.errors);
    const detail = { mbox, execution, responseTokens: execution.flatMap(({ data }) => data.responseTokens) };
    emit(`CONTENT_RENDERING_${errors.length ? "FAILED" : "SUCCEEDED"}`, { ...detail, error: errors.length ? errors : undefined });
    if (errors.length) throw assign(new Error(errors[0].error), { execution });
    return execution;
  }

  // Notifications ----------------------------------------------------------------------------------------------------

  /** Sends what no answer is needed to: at once, so that a page may be left behind it. */
  function beacon(request, params) {
    const sent = body(request, {}, undefined, params);
    sent.context.beacon = true;
    const text = JSON.stringify(sent);
    const taken = navigator.sendBeacon?.(address(), text) ? Promise.resolve() : call("POST", address(), settings.timeout, text);
    taken.catch(debug);
    return taken;
  }

  const notify = (entry, item, { impressionId, params } = {}) => beacon({
    impressionId,
    notifications: [{ id: uuid(), timestamp: Date.now(), ...entry, ...pick(item, DETAILS) }],
  }, params);

  // Views ------------------------------------------------------------------------------------------------------------

  const views = new Map();
  let triggered = [];

  function keepViews({ prefetch = {} }) {
    list(prefetch.views).forEach((view) => views.set(view.name, view));
    if (prefetch.metrics) countClicks(prefetch, {});
  }

  async function showView(name, page) {
    const view = views.get(name) || {};
    if (view.name) await apply([[view, { view: name }]], { page }).catch(debug);
    if (page) notify({ type: "display", tokens: view.shown, ...subject({ view: name }, view) }, view, { impressionId: uuid() });
  }

  // What a page calls ------------------------------------------------------------------------------------------------

  const wrongMbox = (options) => !(isText(options?.mbox) && options.mbox.length <= 250);

  const report = (callback, { status = "error", message }) =>
    void (settings.strictAtJs ? attempt(callback, "unknown", new Error(message)) : attempt(callback, status, message));

  function getOffer(options) {
    if (wrongMbox(options) || typeof options.success !== "function" || typeof options.error !== "function") {
      return warn("getOffer needs mbox, success and error");
    }
    const { mbox, success, error } = options;
    if (off) return attempt(error, "warning", off);
    load({ execute: isGlobal(mbox) ? { pageLoad: {} } : { mboxes: [{ index: 0, name: mbox }] } }, options)
      .then((response) => attempt(success, itemsOf(response).flatMap(toActions)), (reason) => report(error, reason));
  }

  async function getOffers(options) {
    const request = options?.request;
    if (!isObject(request?.execute) && !isObject(request?.prefetch)) {
      const error = "getOffers needs execute or prefetch";
      throw assign(new Error(error), { valid: false, error });
    }
    if (off) throw new Error(off);
    const response = await load(request, options);
    keepViews(response);
    return response;
  }

  function applyOffer(options) {
    if (wrongMbox(options) || typeof options.offer !== "object") return warn("applyOffer needs an mbox and an offer");
    const { mbox, offer, selector } = options;
    const what = isGlobal(mbox) ? { pageLoad: true } : { mbox };
    if (!off) apply([[fromActions(offer, mbox), what]], { selector, mbox }).catch(warn);
  }

  async function applyOffers(options) {
    if (!isObject(options?.response)) throw new Error("applyOffers needs a response");
    if (off) throw new Error(off);
    const { execute = {}, prefetch = {} } = await known(options.response);
    keepViews({ prefetch });
    const mboxes = (part) => list(part.mboxes).map((one) => [one, { mbox: one.name }]);
    const fetched = mboxes(prefetch);
    const all = [...objects([execute.pageLoad]).map((one) => [one, { pageLoad: true }]), ...mboxes(execute), ...fetched];
    return apply(all, options).finally(() => {
      for (const [item, what] of fetched) {
        if (item.shown?.length) notify({ type: "display", tokens: item.shown, ...subject(what, item) }, item);
      }
    });
  }

  function sendNotifications(options) {
    const request = options?.request;
    const right = list(request?.notifications).length && !request.execute && !request.prefetch;
    if (!right) return warn("sendNotifications needs notifications alone");
    if (!off) beacon(request);
  }

  function trackEvent(options) {
    if (wrongMbox(options)) return warn("trackEvent needs an mbox");
    const { mbox, selector, type, params, success, error } = options;
    if (off) return attempt(error, "warning", off);
    const kind = settings.strictAtJs ? type : type === "click" && type;
    const entry = { type: kind || "display", mbox: { name: mbox } };
    const send = () => void notify(entry, details(pageParams(isGlobal(mbox), {}, params)), { params })
      .then(() => attempt(success), () => attempt(error, settings.strictAtJs ? "unknown" : "error", "Track event request failed"));
    if (!isText(type) || !selector) return send();
    const work = (found) => found.forEach((element) => element.addEventListener(type, send));
    perform([{ type: "click", selector, work }])[0].catch(warn);
  }

  function triggerView(name, options) {
    if (!isText(name) || name.length > 128) return warn("triggerView needs a name");
    const view = [name.trim().toLowerCase(), options?.page !== false];
    if (triggered) triggered.push(view);
    else if (!off) showView(...view);
  }

  // Start ------------------------------------------------------------------------------------------------------------

  /** Asks for what the page shows as it loads, and hides the page until that is there. */
  async function start() {
    const { pageLoadEnabled, viewsEnabled, bodyHidingEnabled, serverState } = settings;
    const prepared = isObject(serverState.response);
    const asked = {
      execute: pageLoadEnabled ? { pageLoad: {} } : undefined,
      prefetch: viewsEnabled ? { views: [{}] } : undefined,
    };
    if (bodyHidingEnabled && (pageLoadEnabled || prepared)) hideBody();
    try {
      const response = prepared ? await known(serverState.response, serverState.request)
        : pageLoadEnabled || viewsEnabled ? await load(asked) : {};
      keepViews(response);
      const pageLoad = response.execute?.pageLoad;
      if (pageLoad) apply([[pageLoad, { pageLoad: true }]]).catch(debug);
      if (pageLoad && redirectOf(pageLoad)) return;
    } catch (error) {
      debug(error);
    }
    showBody(); // what is still to come is hidden by itself
    const waiting = triggered;
    triggered = null;
    for (const view of waiting) showView(...view);
  }

  if (typeof window.offerd?.getOffer === "function") return warn("offerd has already been initialized.");
  let off = whyOff();
  const api = { VERSION: off ? "" : VERSION, event: EVENTS, getOffer, getOffers, applyOffer, applyOffers, trackEvent, triggerView, sendNotifications, hide };
  window.offerd = api;
  if (settings.adobeTarget) {
    window.adobe = assign(isObject(window.adobe) ? window.adobe : {}, { target: api });
    for (const name of ["mboxCreate", "mboxDefine", "mboxUpdate"]) window[name] = () => warn(`${name} is no more`);
  }
  if (off) return showBody();
  led = decoded(readCookie("at_redirect"));
  writeCookie("at_redirect", "", -1);
  emit("LIBRARY_LOADED");
  document.addEventListener("readystatechange", advance);
  start();
})(window, document);
