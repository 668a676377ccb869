/** What every error type means and what to do about it, as HTML. */
import { type FailCode, failCodes } from "../../../domain/door/failures.ts";
import { internalAnswer, type WireError, wireErrors } from "./errors.ts";
import { unreadable } from "./unreadable.ts";

interface Explanation {
  readonly when: string;
  readonly fix: string;
}

const key: Explanation = {
  when: "The request carries no API key, or one that is unknown, was deleted or has expired.",
  fix: "Send the header <code>Authorization: Bearer am_…</code> with a key of this server.",
};
const absent: Explanation = {
  when: "Nothing in the key's scope has this id. What is outside the scope is answered like what does not exist.",
  fix: "List objects of its kind to see those in the key's scope; encode an id in a path.",
};

/** Total by type: a failure without an explanation does not compile. */
export const explanations: Readonly<Record<FailCode, Explanation>> = {
  "input.invalid": {
    when: "A field of the body, of the query or of a header is missing or is not what the route takes; or the body is not JSON; or the route is one that agent accounts do not have.",
    fix: "The message names the field; <code>details</code> lists every one that is wrong, with its place in <code>loc</code>.",
  },
  "input.too_large": {
    when: "The request's body is larger than the server takes.",
    fix: "Send large attachments in several messages.",
  },
  "auth.missing": key,
  "auth.unknown_key": key,
  "auth.expired_key": key,
  "permission.missing": {
    when: "The key does not hold the permission that the route needs, or its scope never has it.",
    fix: "Use a key that holds it. The docs of each route name the permission.",
  },
  "permission.escalation": {
    when: "The key tried to grant a permission that it does not hold.",
    fix: "Leave that permission out, or use a key that holds it.",
  },
  "permission.unrestricted_required": {
    when: "Only an unrestricted key may do this.",
    fix: "Use an unrestricted key.",
  },
  "scope.forbidden": {
    when: "The route's scope is wider than the key's.",
    fix: "Use a key of a wider scope.",
  },
  "route.not_found": {
    when: "There is no such route, or not with this method.",
    fix: "See <a href='/docs/v3'>the API docs</a> for the list of routes.",
  },
  "route.not_implemented": {
    when: "The route is one of Nylas's that this version does not have yet.",
    fix: "The message says what to do meanwhile.",
  },
  "pod.not_found": absent,
  "inbox.not_found": absent,
  "object.not_found": absent,
  "feature.disabled": {
    when: "The feature is not enabled on this server.",
    fix: "Do without it, or ask the operator.",
  },
  "file.expired": {
    when: "The link to an attachment or raw message is older than an hour, or was changed.",
    fix: "Ask for the attachment or raw message again: each answer has a new link.",
  },
  "inbox.taken": {
    when: "Another account has this address.",
    fix: "Choose another address; one that was deleted is free again.",
  },
  "human.taken": {
    when: "The person that was named has an organization here already.",
    fix: "Use a key of that organization.",
  },
  "domain.taken": {
    when: "The domain is registered elsewhere, or it is the server's own or a name below that.",
    fix: "Use another domain, or a name below it. If it is yours, delete it first where it is registered.",
  },
  "domain.not_verified": {
    when: "The address's domain is not a verified domain of the workspace.",
    fix: "Create the domain under <code>/v3/admin/domains</code>, publish its records and verify it.",
  },
  "domain.subdomains_disabled": {
    when: "The domain above this one does not allow accounts on its subdomains.",
    fix: "Create the subdomain as a domain of its own.",
  },
  "pod.not_empty": {
    when: "The workspace still has accounts or domains, or is the default workspace.",
    fix: "Move or delete its accounts first. The default workspace cannot be deleted.",
  },
  "pod.suspended": {
    when: "The workspace is suspended: every key of it and of its accounts is refused, and no account of it sends or receives.",
    fix: "Unsuspend it with a key of the application, before it is deleted.",
  },
  "message.rejected": {
    when: "The server does not accept this message, for example because a list or a limit refuses it.",
    fix: "The message of the error says why.",
  },
  "message.looping": {
    when: "The mail has too many Received fields: it is in a mail loop.",
    fix: "Correct the forwarding rule that sends it back.",
  },
  "range.too_wide": {
    when: "The range has more points than an answer may.",
    fix: "Ask for a shorter range.",
  },
  "thread.too_long": {
    when: "The thread has too many messages to be changed as a whole.",
    fix: "Change its messages one by one.",
  },
  "idempotency.conflict": {
    when: "The Idempotency-Key was used before for a different request.",
    fix: "Use a new key for a new message; repeat a request unchanged.",
  },
  "limit.exceeded": {
    when: "The server's limit for this kind of object is reached; <code>limit</code> and <code>maximum</code> say which.",
    fix: "Delete some that are no longer needed, or ask the operator of the server.",
  },
  "limit.reached": {
    when: "A limit over time is used up, such as the sends of a day; <code>limit</code>, <code>maximum</code> and <code>used</code> say which.",
    fix: "Wait until <code>reset_at</code>, or for the seconds in <code>Retry-After</code>.",
  },
  "storage.reached": {
    when: "The account's storage is full.",
    fix: "Delete messages, or give its workspace a policy with more storage.",
  },
  "message.too_large": {
    when: "The message as a whole is larger than the policy of the workspace allows.",
    fix: "Send smaller attachments, or several messages.",
  },
  "attachment.refused": {
    when: "An attachment has a type, or the message a number of attachments, that the policy of the workspace does not allow.",
    fix: "The message of the error says which.",
  },
  "rule.blocked": {
    when: "A rule of the workspace blocks this message. Nothing was sent or stored.",
    fix: "Ask who keeps the rules; <code>rule-evaluations</code> of the grant say which rule it was.",
  },
  "sending.paused": {
    when: "The account, its workspace or the application is paused.",
    fix: "Resume it.",
  },
  "object.in_use": {
    when: "Something uses the object, so that it cannot be deleted.",
    fix: "Detach it first; the message says from what.",
  },
  "object.conflict": {
    when: "The object is not in a state in which this can be done, or another one has its name.",
    fix: "The message says what is in the way.",
  },
  "guardrails.unavailable": {
    when: "The rules could not be evaluated, and without them nothing is let through.",
    fix: "Try again after the seconds in <code>Retry-After</code>.",
  },
  "service.unavailable": {
    when: "The server cannot do this at the moment: the database is unavailable, or too many requests are waiting.",
    fix: "Try again after the seconds in <code>Retry-After</code>.",
  },
  "service.full": {
    when: "The server has no space left to store this.",
    fix: "Try again later; its operator must free disk space.",
  },
};

interface Entry extends Explanation, Omit<WireError, "says"> {}

/** Faults that no operation fails with. */
const faults: readonly Entry[] = [
  ...Object.values(unreadable).map(({ status, type, message }) => ({
    status,
    administration: type,
    other: type,
    when: `${message}.`,
    fix: "Use an HTTP client library; if you do, check the proxies between it and the server.",
  })),
  {
    status: internalAnswer({ requestId: "", path: "" }).status,
    administration: "api.internal_error",
    other: "internal_error",
    when: "An error of the server, not of the request.",
    fix: "Try again. If it persists, look for the <code>request_id</code> in the server's log.",
  },
];

/** The body of the page, without script; every type has its own name as its anchor. */
export function errorPage(): string {
  const failures = failCodes.map((code): Entry => ({ ...wireErrors[code], ...explanations[code] }));
  const all = [...failures, ...faults].sort(
    (one, other) => one.status - other.status || one.other.localeCompare(other.other),
  );
  const types = [...new Set(all.map(({ other }) => other))];
  return `<h1>Errors of the Nylas API</h1>
<p>Every error is JSON with <code>request_id</code> and <code>error</code>, which has a <code>type</code> to branch on and a
<code>message</code>. Routes below <code>/v3/connect</code>, <code>/v3/connectors</code>, <code>/v3/applications</code>,
<code>/v3/workspaces</code>, <code>/v3/providers</code>, and those of grants themselves, have types of their own. The routes are in
<a href="/docs/v3">the API docs</a>.</p>
<nav class="codes">${types.map((type) => `<a href="#${type}"><code>${type}</code></a>`).join("")}</nav>
${types
  .map((type) =>
    section(
      type,
      all.filter(({ other }) => other === type),
    ),
  )
  .join("\n")}`;
}

function section(type: string, entries: readonly Entry[]): string {
  const statuses = [...new Set(entries.map(({ status }) => status))].join(", ");
  const there = [...new Set(entries.map(({ administration }) => administration))].filter(
    (one) => one !== type,
  );
  const also = there.length === 0 ? "" : `, on routes of administration <code>${there.join(", ")}</code>`;
  const explained = [...new Set(entries.map(({ when, fix }) => `<dt>${when}</dt><dd>${fix}</dd>`))].join("");
  return `<h2 id="${type}"><a href="#${type}"><code>${type}</code></a></h2>
<p class="status">Status ${statuses}${also}</p>
<dl>${explained}</dl>`;
}
