/** API docs of this facade, written from the same routes that serve it. */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { levelsThatHold, type ScopeLevel } from "../../../domain/door/access/index.ts";
import { fail } from "../../../domain/door/failures.ts";
import { IDEMPOTENCY_HOURS, MAX_CLIENT_ID_LENGTH, MAX_REQUEST_BYTES } from "../../../domain/limits.ts";
import { type ErrorAnswer, failureAnswer, internalAnswer, validationAnswer } from "./errors.ts";
import { v0Routes } from "./index.ts";
import type { Route } from "./route.ts";
import { errorBody } from "./shapes/error.ts";
import { flags } from "./shapes/permissions.ts";
import { sample } from "./shapes/sample.ts";

/** What a status means, which routes may answer with it, and one such answer. */
const errors: readonly {
  readonly status: number;
  readonly says: string;
  readonly of: (route: Route) => boolean;
  readonly example: ErrorAnswer;
}[] = [
  {
    status: 400,
    says: "A parameter is wrong; `errors` names it.",
    of: ({ query, body }) => query !== undefined && body === undefined,
    example: validationAnswer([
      { code: "too_small", path: ["limit"], message: "Too small: expected number to be >0" },
    ]),
  },
  {
    status: 400,
    says: "A field is missing or wrong, and `errors` names it; or the body is no JSON.",
    of: ({ body }) => body !== undefined,
    example: validationAnswer(
      [{ code: "invalid_format", path: [], message: "Invalid JSON string" }],
      "Send a JSON object in UTF-8 as the body.",
    ),
  },
  {
    status: 401,
    says: "No key, or an expired one.",
    of: () => true,
    example: failureAnswer(
      fail("auth.missing", {
        say: "Unauthorized",
        fix: "Send the header `Authorization: Bearer <api key>`.",
      }),
    ),
  },
  {
    status: 403,
    says: "The key is unknown, or may not do this; or the request is refused.",
    of: () => true,
    example: failureAnswer(
      fail("auth.unknown_key", {
        say: "Forbidden",
        fix: "Check the API key: it is unknown, or was deleted.",
      }),
    ),
  },
  {
    status: 404,
    says: "Absent, or outside the key's scope: the two look alike.",
    of: ({ name, path }) => path.includes("{") || name === "webhooks.create",
    example: failureAnswer(
      fail("inbox.not_found", {
        say: "Inbox not found",
        fix: "List inboxes to see the addresses this key can reach.",
      }),
    ),
  },
  {
    status: 409,
    says: "The pod is not empty, or is the Default Pod.",
    of: ({ name }) => name === "pods.delete",
    example: failureAnswer(
      fail("pod.not_empty", {
        say: "Cannot delete Pod: Cannot delete pod with existing inboxes",
        fix: "Delete the pod's inboxes first.",
      }),
    ),
  },
  {
    status: 409,
    says: "The Idempotency-Key was used for another request.",
    of: ({ needs }) => needs === "message_send",
    example: failureAnswer(
      fail("idempotency.conflict", {
        say: "Idempotency-Key was used for another request",
        fix: "Use a new key for a new message.",
      }),
    ),
  },
  {
    status: 413,
    says: "The body is too large.",
    of: ({ body }) => body !== undefined,
    example: failureAnswer(
      fail("input.too_large", {
        say: `The request body exceeds ${MAX_REQUEST_BYTES} bytes`,
        fix: "Send less at once.",
      }),
    ),
  },
  {
    status: 422,
    says: "The domain above does not allow inboxes on its subdomains.",
    of: ({ name }) => name.endsWith("inboxes.create"),
    example: failureAnswer(
      fail("domain.subdomains_disabled", {
        say: "example.com does not allow inboxes on its subdomains",
        fix: "Set subdomains_enabled on example.com, or create mail.example.com as a domain of its own.",
      }),
    ),
  },
  {
    status: 422,
    says: "The thread has too many messages to be changed as a whole.",
    of: ({ name }) => name.endsWith("threads.update"),
    example: failureAnswer(
      fail("thread.too_long", {
        say: "The thread has too many messages to be changed as a whole",
        fix: "Change its messages with batch-update.",
      }),
    ),
  },
];

/** Resources in the order a newcomer meets them; a route belongs to the last but one word of its name. */
const resources: Readonly<Record<string, readonly [title: string, about: string]>> = {
  auth: ["Identity", "Who a key is."],
  organizations: ["Organization", "Everything an operator's keys reach."],
  pods: ["Pods", "Tenants: what one pod holds, no key of another can see."],
  inboxes: ["Inboxes", "Addresses: one for each agent."],
  messages: ["Messages", "The mail of an inbox: read, label, send, reply and forward."],
  threads: ["Threads", "Conversations, of the organization, of a pod or of an inbox."],
  domains: ["Domains", "Domains of your own, and the DNS records to publish for them."],
  apiKeys: [
    "API keys",
    "Keys that reach the organization, one pod or one inbox, with the permissions you choose.",
  ],
  webhooks: ["Webhooks", "Endpoints of yours that are told of mail as it comes and goes."],
};

const resourceOf = ({ name }: Route): string => resources[name.split(".").at(-2) ?? ""]?.[0] ?? "Other";

const parameters: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  pod_id: {
    description: "The pod's id, or the client_id it was created with.",
    example: sample.podId,
  },
  inbox_id: { description: "The inbox's address, in any case.", example: sample.inbox },
  message_id: {
    description: "The Message-ID, percent-encoded, with or without its angle brackets.",
    example: sample.messageId,
  },
  thread_id: { description: "The thread's id.", example: sample.threadId },
  attachment_id: {
    description: "The attachment's id, as the message or thread lists it.",
    example: sample.attachmentId,
  },
  domain_id: { description: "The domain's name, in any case.", example: sample.domain },
  api_key_id: { description: "The key's id, which the key itself is not.", example: sample.apiKeyId },
  webhook_id: { description: "The webhook's id: ep_ and 32 hex digits.", example: sample.webhookId },
};

const idempotencyKey = z.object({
  "Idempotency-Key": z
    .string()
    .optional()
    .openapi({
      description: `A text of your own for this message, 1 to ${MAX_CLIENT_ID_LENGTH} visible ASCII characters without spaces: the same request with the same one sends nothing and is answered as the first, another request with it is refused with 409. Each inbox has its own, remembered for ${IDEMPOTENCY_HOURS} hours. Without it every request sends.`,
      maxLength: MAX_CLIENT_ID_LENGTH,
      example: "invoice-2026-07-for-ada",
    }),
});

const about = `Email for fleets of agents: every tenant a pod, every agent an inbox, and keys that reach that much and no more.
AgentMail's official clients work with it: give them this server as their base URL.

**Sign in:** press *Authorize* and paste an API key; it is sent as \`Authorization: Bearer …\`. The server printed the first one
when it first started, and keeps it in \`root.key\` of its data directory.

**Lists** come a page at a time: give \`next_page_token\` as \`page_token\` to go on.

**Errors** have a \`code\` to branch on, a \`message\`, often a \`fix\`, and a link to [the page that explains them](/docs/errors).
Every answer has an \`x-request-id\`, which the server's log knows.

[This document as JSON](/openapi/v0.json)`;

const json = (schema: z.ZodType, example?: object) => ({
  content: { "application/json": { schema, ...(example && { example }) } },
});

const level: Readonly<Record<ScopeLevel, string>> = {
  organization: "the organization",
  pod: "a pod",
  inbox: "an inbox",
};

/** Who may call the route, from the one table of permissions. */
function callersOf({ needs, path }: Route): string {
  if (needs === null) return "Any key may call it.";
  const levels = levelsThatHold(needs)
    // A key of an inbox reaches no pod, not even its own.
    .filter((name) => name !== "inbox" || !path.startsWith("/v0/pods/{pod_id}"))
    .map((name) => level[name]);
  const keys = levels.join(", ").replace(/, ([^,]+)$/, " or $1");
  return needs === "organization_read"
    ? `Every key of ${keys} may call it, and no other.`
    : `A key of ${keys} may call it, with the permission \`${needs}\`.`;
}

function responsesOf(
  route: Route,
): Record<string, { description: string; content?: Record<string, { schema: z.ZodType }> }> {
  const success =
    route.media === "application/json"
      ? route.answer === undefined
        ? { description: "Done; no body." }
        : { description: "Done.", ...json(route.answer) }
      : { description: "Done.", content: { [route.media]: { schema: z.string() } } };
  const failures = errors
    .filter(({ of }) => of(route))
    .map(({ status, says, example }) => [status, { description: says, ...json(errorBody, example.body) }]);
  return {
    [route.status]: success,
    ...Object.fromEntries(failures),
    default: {
      description: "Any other failure, such as 408, 500 or 503.",
      ...json(errorBody, internalAnswer.body),
    },
  };
}

function parametersOf(route: Route): z.ZodObject | undefined {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  return names.length === 0
    ? undefined
    : z.object(Object.fromEntries(names.map((name) => [name, z.string().openapi({ ...parameters[name] })])));
}

/** A body may be left out where an empty object would do, except where it would change nothing. */
const bodyOf = (route: Route, schema: z.ZodType) => ({
  ...json(schema),
  required: route.method === "patch" || !schema.safeParse({}).success,
  description: "JSON in UTF-8, whatever the content type says. Fields that are not listed here are ignored.",
});

/** The OpenAPI 3.1 document. Same routes, same text. */
export function v0Document(version: string): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key, which begins with am_: one of the organization, of a pod or of an inbox.",
  });
  // First, so that a field of this type adds its own description instead of giving the type that.
  app.openAPIRegistry.register("Permissions", flags);
  for (const route of v0Routes) {
    const params = parametersOf(route);
    app.openAPIRegistry.registerPath({
      method: route.method,
      path: route.path,
      operationId: route.name,
      summary: route.summary,
      description: `${route.description}\n\n${callersOf(route)}`,
      tags: [resourceOf(route)],
      security: [{ bearer: [] }],
      request: {
        ...(params !== undefined && { params }),
        ...(route.query instanceof z.ZodObject && { query: route.query }),
        ...(route.needs === "message_send" && { headers: idempotencyKey }),
        ...(route.body !== undefined && { body: bodyOf(route, route.body) }),
      },
      responses: responsesOf(route),
    });
  }
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Rookery API v0",
      version,
      description: about,
      license: { name: "Apache License 2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/", description: "The server that this document came from." }],
    tags: Object.values(resources).map(([name, description]) => ({ name, description })),
  });
}
