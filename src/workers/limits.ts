/** Bounds of jobs and webhook attempts: each with its unit, and why it is that and not another. */

/** Milliseconds that attempts under way have to end when the process stops: with the other parts' it stays below the ten seconds that containers are given. */
export const WEBHOOK_DRAIN_MS = 3000;
/** Grace period in milliseconds: after it an unanswered attempt gives up its slot, and its endpoint counts as failing. */
export const WEBHOOK_GRACE_MS = 1000;
/** Unanswered attempts that a process awaits beside its slots: each costs a socket and the body it was sent. */
export const MAX_WEBHOOKS_WAITED_FOR = 256;
/** Bytes of its answer that are kept for people to read. */
export const WEBHOOK_RESPONSE_BYTES = 2048;
/** Bytes of a webhook's body; above it the message's bodies are left out (contract 12.3). */
export const MAX_WEBHOOK_BODY_BYTES = 1_000_000;
/** Webhook attempts at once to endpoints that work; they mostly wait for the endpoints. */
export const WORKING_WEBHOOKS = 32;
/** To endpoints that fail, each attempt of which holds a slot for the whole timeout. */
export const FAILING_WEBHOOKS = 32;
/** Of those, to one endpoint: enough to see that it works again. */
export const FAILING_AT_ONCE = 2;
/** Jobs at once that only the database works on: more would only wait inside it. */
export const LOCAL_JOBS = 8;
/** Pods at once whose queued copies are delivered, each with what one group commit takes: more would only wait for the commits before. */
export const PODS_DELIVERED = 4;
/** Key pairs of domains made at once in a process: one tenant alone gets half of them, and the rest of Node's threads stay free. */
export const MAX_DKIM_KEYS_AT_ONCE = 2;
/** Orders for such keys that wait for one tenant: 100 ms for each before it, and the official client waits a minute. */
export const MAX_DKIM_ORDERS_QUEUED = 200;
/** Passwords hashed at once in a process: 40 ms of a thread and 16 MB each. */
export const MAX_PASSWORDS_HASHED_AT_ONCE = 2;
/** Passwords that wait for one tenant: 40 ms for each before it. */
export const MAX_PASSWORDS_QUEUED = 200;
