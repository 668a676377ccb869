/** What every error code means and what to do about it, as HTML: where the `docs` links of errors lead. */
import { type FailCode, failCodes } from "../../../domain/door/failures.ts";
import type { ErrorAnswer } from "../dialect/dialect.ts";
import type { Unreadable } from "../dialect/unreadable.ts";
import { internalAnswer, wireErrors } from "./errors.ts";
import { unreadableAnswers } from "./unreadable.ts";

interface Explanation {
  readonly when: string;
  readonly fix: string;
}

/** Total by type: a failure without an explanation does not compile. */
export const explanations: Readonly<Record<FailCode, Explanation>> = {
  "input.invalid": {
    when: "A field of the body, of the query or of a header is missing or is not what the route takes.",
    fix: "Look at <code>errors</code>: each entry names the field in <code>path</code>, and says what it takes.",
  },
  "input.too_large": {
    when: "The request's body is larger than the server takes.",
    fix: "Send large attachments in several messages.",
  },
  "auth.missing": {
    when: "The request carries no API key.",
    fix: "Send the header <code>Authorization: Bearer am_…</code>.",
  },
  "auth.unknown_key": {
    when: "The key is unknown to this server, or was deleted.",
    fix: "Check that it is whole, and that it was made on this server; otherwise create a new one.",
  },
  "auth.expired_key": {
    when: "The key has expired: its <code>expires_at</code> has passed.",
    fix: "Create a new key.",
  },
  "permission.missing": {
    when: "The key does not hold the permission that the route needs, or its scope never has it.",
    fix: "Use a key that holds it. The docs of each route name the permission.",
  },
  "permission.escalation": {
    when: "The key tried to grant a permission that it does not hold, or that no key of that scope can hold.",
    fix: "Leave that permission out, or use a key that holds it, at a scope that has it.",
  },
  "permission.unrestricted_required": {
    when: "Only an unrestricted key may create an unrestricted key or remove a key's restrictions.",
    fix: "Give permissions that this key itself holds, or use an unrestricted key.",
  },
  "scope.forbidden": {
    when: "The route's scope is wider than the key's: an inbox key asked for its pod, or a pod key for the organization.",
    fix: "Use the routes of the key's own scope, or a key of a wider scope.",
  },
  "route.not_found": {
    when: "There is no such route.",
    fix: "See <a href='/docs'>the API docs</a> for the list of routes; the method must match too.",
  },
  "route.not_implemented": {
    when: "The route is one of AgentMail's that this version does not have yet.",
    fix: "See <a href='/docs'>the API docs</a> for the routes that are available.",
  },
  "pod.not_found": {
    when: "No pod in the key's scope has this id or client_id.",
    fix: "List pods to see those in the key's scope.",
  },
  "inbox.not_found": {
    when: "No inbox in the key's scope has this address.",
    fix: "List inboxes to see those in the key's scope.",
  },
  "object.not_found": {
    when: "Nothing of the kind that the path names has this id in the key's scope: a message, a thread, a webhook or any other object.",
    fix: "List objects of its kind to see those in the key's scope; encode an id in a path, such as a Message-ID. An API key's id is its <code>api_key_id</code>, not the key itself.",
  },
  "file.expired": {
    when: "The link to an attachment or raw message is older than an hour, or was changed.",
    fix: "Ask for the attachment or raw message again: each answer has a new link.",
  },
  "feature.disabled": {
    when: "The feature is one of AgentMail's that is not enabled here: calendars, labs, or signing up while the operator has not allowed it.",
    fix: "Do without it: <code>fix</code> says how. Whether agents may sign up is for the operator to say.",
  },
  "inbox.taken": {
    when: "Another inbox has this address.",
    fix: "Choose another username: all pods share the server's own domain. Or give a verified domain of the pod; or the client_id that it was created with, to get it back.",
  },
  "human.taken": {
    when: "The human that the agent named has an organization here already.",
    fix: "Use a key of that organization, or name another address.",
  },
  "domain.taken": {
    when: "Another pod or organization has registered this domain, or it is the server's own or a name below that.",
    fix: "Use another domain, or a name below it. If it is yours, delete it first where it is registered.",
  },
  "domain.not_verified": {
    when: "The inbox's domain is not a verified domain of this pod.",
    fix: "Create the domain, publish its records and verify it; or leave <code>domain</code> out to use the server's own.",
  },
  "domain.subdomains_disabled": {
    when: "The domain above this one does not allow inboxes on its subdomains.",
    fix: "Set <code>subdomains_enabled</code> on it, or create the subdomain as a domain of its own.",
  },
  "pod.not_empty": {
    when: "The pod still has inboxes or domains, or is the Default Pod.",
    fix: "Delete its inboxes and domains first. The Default Pod cannot be deleted.",
  },
  "pod.suspended": {
    when: "The pod is suspended, on its way out: every key of it and of its inboxes is refused, and no inbox of it sends or receives.",
    fix: "Unsuspend it with a key of the organization, before it is deleted.",
  },
  "message.rejected": {
    when: "The server does not accept this message, for example because it exceeds the size limit.",
    fix: "The message says why: send smaller attachments, or several messages.",
  },
  "message.looping": {
    when: "The mail has too many Received fields: it is in a mail loop.",
    fix: "Correct the forwarding rule that sends it back.",
  },
  "range.too_wide": {
    when: "The range of a query of metrics has more points than an answer may; or too many messages have the words of a search.",
    fix: "Ask for a shorter range, or a longer period. Search a single inbox or fewer days, or give a word that is rarer.",
  },
  "thread.too_long": {
    when: "The thread has too many messages to be changed as a whole.",
    fix: "Change its messages with batch-update.",
  },
  "idempotency.conflict": {
    when: "The Idempotency-Key was used before for a different request.",
    fix: "Use a new key for a new message; repeat a request unchanged.",
  },
  "limit.exceeded": {
    when: "The server's limit for this kind of object is reached.",
    fix: "Delete some that are no longer needed, or ask the operator of the server.",
  },
  "limit.reached": {
    when: "A limit over time is used up, such as the messages that an inbox may send in a day.",
    fix: "Wait until <code>reset_at</code>; <code>limit</code> and <code>used</code> say how many. The policy of the pod sets the limit.",
  },
  "storage.reached": {
    when: "The inbox holds as many bytes of mail as its policy lets it.",
    fix: "Delete mail that is no longer needed, or have the policy of the pod changed.",
  },
  "message.too_large": {
    when: "The message, or an attachment of it, has more bytes than the policy of the pod takes.",
    fix: "Send smaller attachments, or several messages.",
  },
  "attachment.refused": {
    when: "The policy of the pod takes fewer attachments in one message, or none of that media type.",
    fix: "The message says which: send fewer attachments, or another type.",
  },
  "rule.blocked": {
    when: "A rule of the pod or the organization blocks this message.",
    fix: "Ask who set the rule; nothing was sent or stored.",
  },
  "sending.paused": {
    when: "The inbox, its pod or its organization is paused: it neither sends nor receives.",
    fix: "Resume what is paused.",
  },
  "object.in_use": {
    when: "Something else still uses the object.",
    fix: "The message says what: detach it there first.",
  },
  "object.conflict": {
    when: "The object's state does not allow this now, or another object has what it asks for.",
    fix: "The message says why.",
  },
  "guardrails.unavailable": {
    when: "The rules that guard the pod could not be evaluated, so nothing was let through.",
    fix: "Try again in a few seconds.",
  },
  "service.unavailable": {
    when: "The server cannot do this at the moment: the database is unavailable, or too many requests are waiting.",
    fix: "Try again in a few seconds.",
  },
  "service.full": {
    when: "The server has no space left to store this.",
    fix: "Try again later; its operator must free disk space.",
  },
};

/** What no route is reached with, so that no operation fails. */
const unreadable: Readonly<Record<Unreadable, Explanation>> = {
  malformed: {
    when: "The request is not well-formed HTTP/1.1: its request line, a header, Host or a chunk is invalid.",
    fix: "Use an HTTP client library; if you do, check the proxies between it and the server.",
  },
  chunk_extensions_too_long: {
    when: "The chunk extensions of the body exceed 16 KB.",
    fix: "Send chunks without extensions.",
  },
  target_too_long: {
    when: "The URL exceeds 16 KB.",
    fix: "Shorten the query, for example with fewer labels.",
  },
  headers_too_long: {
    when: "The URL and the headers together exceed 16 KB.",
    fix: "Send fewer or shorter headers.",
  },
  expectation_unknown: {
    when: "The <code>Expect</code> header asks for something other than <code>100-continue</code>.",
    fix: "Leave the header out.",
  },
  too_slow: {
    when: "The headers took more than one minute to arrive, or the whole request more than five.",
    fix: "Send it again on a new connection; on a slow connection, send large attachments in several messages.",
  },
};

interface Entry extends Explanation {
  readonly status: number;
  readonly code: string;
  readonly name: string;
}

const entryOf = ({ status, body }: ErrorAnswer, explanation: Explanation): Entry => ({
  status,
  code: String(body["code"]),
  name: String(body["name"]),
  ...explanation,
});

/** Faults of the server, which have no place in the list of what callers can cause. */
const fault = entryOf(internalAnswer, {
  when: "An error of the server, not of the request.",
  fix: "Try again. If it persists, look for the answer's <code>x-request-id</code> in the server's log.",
});

/** The body of the page, without script; every code has its own name as its anchor. */
export function errorPage(): string {
  const failures = failCodes.map((code) => ({ ...wireErrors[code], ...explanations[code] }));
  // Cast: the keys of a record of Unreadable are Unreadables.
  const unread = (Object.keys(unreadable) as Unreadable[]).map((kind) =>
    entryOf(unreadableAnswers[kind], unreadable[kind]),
  );
  const all = [...failures, ...unread, fault].sort(
    (a, b) => a.status - b.status || a.code.localeCompare(b.code),
  );
  const codes = [...new Set(all.map(({ code }) => code))];
  return `<h1>Errors of the Rookery API</h1>
<p>Every error is JSON with a <code>code</code> to branch on, a <code>message</code> and often a <code>fix</code>. Its <code>docs</code>
leads to the code on this page. The routes are in <a href="/docs/v0">the API docs</a>.</p>
<nav class="codes">${codes.map((code) => `<a href="#${code}"><code>${code}</code></a>`).join("")}</nav>
${codes.map((code) => section(all.filter((entry) => entry.code === code))).join("\n")}`;
}

function section(entries: readonly Entry[]): string {
  const [{ code, name } = fault] = entries;
  const numbers = [...new Set(entries.map(({ status }) => status))];
  const statuses = numbers.join(", ").replace(/, (\d+)$/, " or $1");
  const list = entries.map(({ when, fix }) => `<dt>${when}</dt><dd>${fix}</dd>`).join("");
  return `<h2 id="${code}"><a href="#${code}"><code>${code}</code></a></h2>
<p class="status">Status ${statuses}, <code>${name}</code></p>
<dl>${list}</dl>`;
}
