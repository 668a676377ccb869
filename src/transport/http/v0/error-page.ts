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

/** Total by type: a failure that nobody explained does not compile. */
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
    when: "The request brings no API key.",
    fix: "Send the header <code>Authorization: Bearer am_…</code>.",
  },
  "auth.unknown_key": {
    when: "The key is unknown to this server, or was deleted.",
    fix: "Check that it is whole, and that it was made on this server; otherwise create a new one.",
  },
  "auth.expired_key": {
    when: "The key is past its <code>expires_at</code>.",
    fix: "Create a new key.",
  },
  "permission.missing": {
    when: "The key does not hold the permission that the route needs, or its scope never has it.",
    fix: "Use a key that holds it. The docs of each route name the permission.",
  },
  "permission.escalation": {
    when: "The key was to give another one a permission that it does not hold, or that no key of that scope can hold.",
    fix: "Leave that permission out, or use a key that holds it, at a scope that has it.",
  },
  "permission.unrestricted_required": {
    when: "Only a key without a list of permissions may make another without one, or lift one's restrictions.",
    fix: "Give permissions that this key itself holds, or use an unrestricted key.",
  },
  "scope.forbidden": {
    when: "The key reaches less than the route speaks of: an inbox's key asked for its pod, or a pod's for the organization.",
    fix: "Use the routes below the key's own scope, or a key that reaches further.",
  },
  "route.not_found": {
    when: "There is no such route.",
    fix: "See <a href='/docs'>the API docs</a> for those that there are; the method counts too.",
  },
  "route.not_implemented": {
    when: "The route is one of AgentMail's that this version does not have yet.",
    fix: "See <a href='/docs'>the API docs</a> for the routes that there are.",
  },
  "pod.not_found": {
    when: "No pod in the key's reach has this id or client_id.",
    fix: "List pods to see those in reach.",
  },
  "inbox.not_found": {
    when: "No inbox in the key's reach has this address.",
    fix: "List inboxes to see those in reach.",
  },
  "object.not_found": {
    when: "Nothing of the kind that the path names has this id in the key's reach: a message, a thread, a webhook or any other object.",
    fix: "List objects of its kind to see those in reach; encode an id in a path, such as a Message-ID. An API key's id is its <code>api_key_id</code>, not the key itself.",
  },
  "file.expired": {
    when: "The link to an attachment or raw message is older than an hour, or was changed.",
    fix: "Ask for the attachment or raw message again: each answer has a fresh link.",
  },
  "inbox.taken": {
    when: "Another inbox has this address.",
    fix: "Choose another username: all pods share the server's own domain. Or give a verified domain of the pod; or the client_id that it was created with, to get it back.",
  },
  "domain.taken": {
    when: "Another pod or organization has registered this domain, or it is the server's own or a name below that.",
    fix: "Use another domain, or a name below it. If it is yours, delete it first where it is registered.",
  },
  "domain.not_verified": {
    when: "An inbox was to be made on a domain that is not a verified one of this pod.",
    fix: "Create the domain, publish its records and verify it; or leave <code>domain</code> out to use the installation's own.",
  },
  "domain.subdomains_disabled": {
    when: "The domain above this one does not allow inboxes on its subdomains.",
    fix: "Set <code>subdomains_enabled</code> on it, or create the subdomain as a domain of its own.",
  },
  "pod.not_empty": {
    when: "The pod still holds inboxes or domains, or is the default one.",
    fix: "Delete what it holds first. The default pod stays.",
  },
  "message.rejected": {
    when: "The message is one that this server does not send, such as one beyond the size limit.",
    fix: "The message says why: send smaller attachments, or several messages.",
  },
  "message.looping": {
    when: "The mail has passed more servers than any way here has: it goes in a circle.",
    fix: "Mend the forwarding that sends it back to where it came from.",
  },
  "thread.too_long": {
    when: "The thread has too many messages to be changed as a whole.",
    fix: "Change its messages with batch-update.",
  },
  "idempotency.conflict": {
    when: "The Idempotency-Key was used before, for a request that was different.",
    fix: "Use a new key for a new message; repeat a request unchanged.",
  },
  "limit.exceeded": {
    when: "There are as many of these as the server allows.",
    fix: "Delete some that are not needed, or ask who runs the server.",
  },
  "service.unavailable": {
    when: "The server cannot do this at the moment.",
    fix: "Try again a little later.",
  },
};

/** What no route is reached with, so that no operation fails. */
const unreadable: Readonly<Record<Unreadable, Explanation>> = {
  malformed: {
    when: "The bytes are not HTTP/1.1: a first line, header, Host or chunk that is none.",
    fix: "Use an HTTP client; if it is one, look at what stands between it and the server.",
  },
  chunk_extensions_too_long: {
    when: "The chunks of the body carry extensions of more than 16 KB.",
    fix: "Send chunks without extensions.",
  },
  target_too_long: {
    when: "The URL is longer than 16 KB.",
    fix: "Ask for less at once, such as fewer labels in a query.",
  },
  headers_too_long: {
    when: "The URL and the headers are longer than 16 KB together.",
    fix: "Send fewer or shorter headers.",
  },
  expectation_unknown: {
    when: "The <code>Expect</code> header asks for something other than <code>100-continue</code>.",
    fix: "Leave the header out.",
  },
  too_slow: {
    when: "The headers took more than a minute to come, or the whole request more than five.",
    fix: "Send it again on a new connection; large attachments over a slow line in several messages.",
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
  when: "The server failed; the request is not to blame.",
  fix: "Try again. If it goes on, look for the answer's <code>x-request-id</code> in the server's log.",
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
leads to the code on this page. The routes are in <a href="/docs">the API docs</a>.</p>
<nav>${codes.map((code) => `<a href="#${code}"><code>${code}</code></a>`).join("")}</nav>
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
