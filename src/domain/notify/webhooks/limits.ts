/** Bounds of webhooks. */

/** Bytes of an event as webhooks, sockets and consumers are given it; above it the message's bodies are left out (contract 12.3). */
export const MAX_EVENT_BODY_BYTES = 1_000_000;
/** Endpoints of one inbox, of one pod beside those, and of the organization: an event is delivered to all that listen. */
export const MAX_WEBHOOKS = 100;
/** Custom headers of an endpoint, and octets of one value. */
export const MAX_WEBHOOK_HEADERS = 50;
export const MAX_WEBHOOK_HEADER_LENGTH = 4096;
/** Seconds before each retry of a webhook, after the first attempt at once (contract 12.3: Svix's schedule). */
export const WEBHOOK_RETRY_SECONDS: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
/** Days of nothing but failures after which an endpoint is switched off. */
export const WEBHOOK_DISABLE_DAYS = 5;
/** Deliveries to one endpoint that a page of them looks at, where some are left out: 30 ms. What is behind them is on the next page. */
export const MAX_DELIVERIES_READ = 2000;
/** Failed deliveries that are made due again at once: half a second, and an hour of what an endpoint in use missed. Who has more asks again. */
export const MAX_RECOVERED = 10_000;
/** Of those, due in each second: an endpoint that has just been mended is not to be buried at once. */
export const RECOVERED_PER_SECOND = 100;
