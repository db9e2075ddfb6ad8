// Types of offerd.js, the page client of offerd. Apache-2.0.

/** What a parameter may be; objects are flattened to names with dots. */
export type Parameter = string | number | boolean | null | undefined | Date | Parameter[] | { [name: string]: Parameter };
export type Parameters = { [name: string]: Parameter };

export interface Settings {
  enabled?: boolean;
  /** Whether the same functions are there as `adobe.target`. */
  adobeTarget?: boolean;
  /** Whether errors are told, and actions ignored, as at.js 2 does instead of as is documented. */
  strictAtJs?: boolean;
  clientCode?: string;
  imsOrgId?: string;
  /** Host and port of the server; that of the script where absent. */
  serverDomain?: string;
  secureOnly?: boolean;
  endpoint?: string;
  /** Milliseconds; so are all times. */
  timeout?: number;
  globalMboxName?: string;
  pageLoadEnabled?: boolean;
  viewsEnabled?: boolean;
  mboxParams?: Parameters;
  globalMboxParams?: Parameters;
  dataProviders?: DataProvider[];
  serverState?: { request?: DeliveryRequest; response?: DeliveryResponse };
  allowHighEntropyClientHints?: boolean;
  cookieDomain?: string;
  deviceIdLifetime?: number;
  sessionIdLifetime?: number;
  bodyHidingEnabled?: boolean;
  bodyHiddenStyle?: string;
  defaultContentHiddenStyle?: string;
  /** After this time nothing hides the page, whatever happens. */
  hidingLimit?: number;
  selectorsPollingTimeout?: number;
  cspScriptNonce?: string;
  cspStyleNonce?: string;
}

export interface DataProvider {
  name?: string;
  version?: string;
  timeout?: number;
  provider(done: (error: unknown, params?: Parameters) => void): void;
}

export interface Details {
  parameters?: Parameters;
  profileParameters?: Parameters;
  order?: { id?: string; total?: number; purchasedProductIds?: string[]; time?: string };
  product?: { id?: string; categoryId?: string };
  address?: { url?: string; referringUrl?: string };
}
export interface MboxRequest extends Details { index?: number; name: string }
export interface ViewRequest extends Details { name?: string; key?: string }

export interface Notification extends Details {
  id: string;
  type: "click" | "display";
  timestamp: number;
  impressionId?: string;
  tokens?: string[];
  mbox?: { name: string; state?: string };
  view?: { name: string; key?: string; state?: string };
}

export interface DeliveryRequest {
  requestId?: string;
  impressionId?: string;
  environmentId?: number;
  id?: { tntId?: string; thirdPartyId?: string; marketingCloudVisitorId?: string; customerIds?: object[] };
  property?: { token: string };
  context?: object;
  experienceCloud?: object;
  execute?: { pageLoad?: Details; mboxes?: MboxRequest[] };
  prefetch?: { pageLoad?: Details; mboxes?: MboxRequest[]; views?: ViewRequest[] };
  notifications?: Notification[];
}

export type ResponseTokens = { [name: string]: string | number | boolean };
export interface DomAction { type: string; selector?: string; cssSelector?: string; content?: string | object }
export interface Option {
  type: "html" | "json" | "redirect" | "actions";
  content: string | object | DomAction[];
  eventToken?: string;
  responseTokens?: ResponseTokens;
}
export interface Metric { type: string; selector?: string; eventToken: string }
export interface Item { options?: Option[]; metrics?: Metric[]; state?: string; trace?: object }
export interface Mbox extends Item, Details { index?: number; name: string }
export interface View extends Item, Details { name: string; key?: string }

export interface DeliveryResponse {
  execute?: { pageLoad?: Item; mboxes?: Mbox[] };
  prefetch?: { pageLoad?: Item; mboxes?: Mbox[]; views?: View[]; metrics?: Metric[] };
  notifications?: { id: string }[];
  meta?: { decisioningMethod: string; remoteMboxes: object; remoteViews: object };
}

/** What `getOffer` gives and `applyOffer` takes. */
export type Action =
  | { action: "setContent"; content: string; selector?: string; cssSelector?: string }
  | { action: "setJson"; content: unknown[] }
  | { action: "redirect"; url: string; includeAllUrlParameters?: boolean; passMboxSession?: boolean }
  | {
      action:
        | "setText" | "appendContent" | "prependContent" | "replaceContent" | "insertBefore" | "insertAfter" | "customCode";
      content: string;
      selector: string;
      cssSelector?: string;
    }
  | { action: "setAttribute"; attribute: string; value: string; selector: string; cssSelector?: string }
  | { action: "setStyle"; style: { [name: string]: string | number }; selector: string; cssSelector?: string }
  | { action: "remove"; selector: string; cssSelector?: string }
  | { action: "rearrange"; from: number | string; to: number | string; selector: string; cssSelector?: string }
  | { action: "trackClick"; selector: string; clickTrackId: string }
  | { action: "signalClick"; clickTrackId: string };

/** `warning` where delivery is disabled; `unknown` for everything else where `strictAtJs` is set. */
export type ErrorStatus = "timeout" | "parseerror" | "error" | "warning" | "unknown";

export interface GetOfferOptions {
  mbox: string;
  params?: Parameters;
  timeout?: number;
  success(offer: Action[]): void;
  error(status: ErrorStatus, error: string | Error): void;
}
export interface GetOffersOptions { request: DeliveryRequest; params?: Parameters; timeout?: number }
export interface ApplyOfferOptions { mbox: string; selector?: string | Element; offer: Action[] | object }
export interface ApplyOffersOptions { selector?: string | Element; response: DeliveryResponse }
export interface TrackEventOptions {
  mbox: string;
  selector?: string | Element;
  type?: string;
  params?: Parameters;
  /** Needs to hold up nothing: the browser has the report before the page is left. */
  preventDefault?: boolean;
  success?(): void;
  error?(status: ErrorStatus, error: string | Error): void;
}

export interface Execution {
  status: "success" | "error";
  pageLoad?: true;
  mbox?: string;
  view?: string;
  data: { eventTokens: string[]; responseTokens: ResponseTokens[]; errors: { selector: string; error: string }[] };
}

/** The detail of every event. */
export interface EventDetail {
  type: string;
  tracking: { sessionId?: string; deviceId?: string };
  mbox?: string;
  error?: string | { selector: string; error: string }[];
  url?: string;
  redirect?: boolean;
  responseTokens?: ResponseTokens[];
  execution?: Execution[];
}

export interface Offerd {
  /** Empty where delivery is disabled. */
  readonly VERSION: string;
  /** The names of the events that are dispatched on the document. */
  readonly event: {
    LIBRARY_LOADED: "at-library-loaded";
    REQUEST_START: "at-request-start";
    REQUEST_SUCCEEDED: "at-request-succeeded";
    REQUEST_FAILED: "at-request-failed";
    CONTENT_RENDERING_START: "at-content-rendering-start";
    CONTENT_RENDERING_SUCCEEDED: "at-content-rendering-succeeded";
    CONTENT_RENDERING_FAILED: "at-content-rendering-failed";
    CONTENT_RENDERING_NO_OFFERS: "at-content-rendering-no-offers";
    CONTENT_RENDERING_REDIRECT: "at-content-rendering-redirect";
  };
  /** Asks for an mbox. */
  getOffer(options: GetOfferOptions): void;
  /** Asks for any number of mboxes, the page load and views in one request. */
  getOffers(options: GetOffersOptions): Promise<DeliveryResponse>;
  /** Renders what `getOffer` gave. */
  applyOffer(options: ApplyOfferOptions): void;
  /** Renders what `getOffers` gave; rejects, with what became of each part as `execution`, where something failed. */
  applyOffers(options: ApplyOffersOptions): Promise<Execution[]>;
  /** Reports an event now, or each time that it happens to an element. */
  trackEvent(options: TrackEventOptions): void;
  /** Shows a view, now or as soon as it has come; it is not counted where `page` is false. */
  triggerView(name: string, options?: { page?: boolean }): void;
  /** Reports what a page counts by itself. */
  sendNotifications(options: { request: Pick<DeliveryRequest, "notifications" | "context" | "id"> }): void;
  /** Hides what a selector finds, until the function that it returns is called, and never longer than `limit`. */
  hide(selector: string, limit?: number): () => void;
}

declare global {
  interface Window {
    offerd: Offerd;
    offerdSettings?: Settings;
    targetGlobalSettings?: Settings & { [name: string]: unknown };
    adobe?: { target?: Offerd };
    targetPageParams?: () => string | string[] | Parameters;
    targetPageParamsAll?: () => string | string[] | Parameters;
  }
  const offerd: Offerd;
  interface DocumentEventMap {
    "at-library-loaded": CustomEvent<EventDetail>;
    "at-request-start": CustomEvent<EventDetail>;
    "at-request-succeeded": CustomEvent<EventDetail>;
    "at-request-failed": CustomEvent<EventDetail>;
    "at-content-rendering-start": CustomEvent<EventDetail>;
    "at-content-rendering-succeeded": CustomEvent<EventDetail>;
    "at-content-rendering-failed": CustomEvent<EventDetail>;
    "at-content-rendering-no-offers": CustomEvent<EventDetail>;
    "at-content-rendering-redirect": CustomEvent<EventDetail>;
  }
}
