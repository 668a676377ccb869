/** API docs of this facade, written from the same routes that serve it. */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { v0Routes } from "./index.ts";
import type { Route } from "./route.ts";

const errorBody = z
  .object({
    name: z.string().openapi({ description: "The code's family, as clients name their exceptions." }),
    code: z.string().openapi({ description: "Branch on this." }),
    message: z.string().openapi({ description: "What happened, in a sentence." }),
    fix: z.string().optional().openapi({ description: "What to do next." }),
    docs: z.string().optional().openapi({ description: "Where the code is explained: `/docs/errors#code`." }),
    errors: z
      .array(
        z.object({ code: z.string(), path: z.array(z.union([z.string(), z.int()])), message: z.string() }),
      )
      .optional(),
  })
  .openapi("Error", {
    example: {
      name: "NotFoundError",
      code: "not_found",
      message: "Pod not found",
      fix: "List pods to see the ids this key can reach.",
      docs: "/docs/errors#not_found",
    },
  });

/** What a status means, and which routes may answer with it. */
const errors: readonly {
  readonly status: number;
  readonly says: string;
  readonly of: (route: Route) => boolean;
}[] = [
  {
    status: 400,
    says: "A field is missing or wrong; `errors` names it.",
    of: ({ query, body }) => query !== undefined || body !== undefined,
  },
  { status: 401, says: "No key, or an expired one.", of: () => true },
  {
    status: 403,
    says: "The key is unknown, or may not do this; or the request is refused.",
    of: () => true,
  },
  {
    status: 404,
    says: "Absent, or outside the key's scope: the two look alike.",
    of: ({ path, method }) => path.includes("{") || method === "post",
  },
  { status: 409, says: "In conflict with what is there.", of: ({ method }) => /post|delete/.test(method) },
  { status: 413, says: "The body is too large.", of: ({ body }) => body !== undefined },
  { status: 422, says: "Understood, but cannot be done.", of: ({ method }) => /post|patch/.test(method) },
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

const parameters: Readonly<Record<string, string>> = {
  pod_id: "The pod's id, or the client_id it was created with.",
  inbox_id: "The inbox's address, such as support@example.com.",
  message_id: "The Message-ID, with or without its angle brackets.",
  thread_id: "The thread's id.",
  attachment_id: "The attachment's id, as the message lists it.",
  domain_id: "The domain's name, such as example.com.",
  api_key_id: "The key's id; the key itself is not one.",
  webhook_id: "The webhook's id, ep_ and 32 hex digits.",
};

const idempotencyKey = z.object({
  "Idempotency-Key": z.string().optional().openapi({
    description:
      "Any text of yours: a repeated request with the same one sends nothing and answers as the first.",
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

const json = (schema: z.ZodType) => ({ content: { "application/json": { schema } } });

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
    .map(({ status, says }) => [status, { description: says, ...json(errorBody) }]);
  return {
    [route.status]: success,
    ...Object.fromEntries(failures),
    default: { description: "Any other failure, such as 500 or 503.", ...json(errorBody) },
  };
}

function parametersOf(route: Route): z.ZodObject | undefined {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  return names.length === 0
    ? undefined
    : z.object(
        Object.fromEntries(
          names.map((name) => [name, z.string().openapi({ description: parameters[name] ?? name })]),
        ),
      );
}

/** The OpenAPI 3.1 document. Same routes, same text. */
export function v0Document(version: string): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key; it begins with am_.",
  });
  for (const route of v0Routes) {
    const params = parametersOf(route);
    app.openAPIRegistry.registerPath({
      method: route.method,
      path: route.path,
      operationId: route.name,
      summary: route.summary,
      description:
        route.needs === null ? route.description : `${route.description} Needs \`${route.needs}\`.`,
      tags: [resourceOf(route)],
      security: [{ bearer: [] }],
      request: {
        ...(params !== undefined && { params }),
        ...(route.query instanceof z.ZodObject && { query: route.query }),
        ...(route.needs === "message_send" && { headers: idempotencyKey }),
        ...(route.body !== undefined && { body: json(route.body) }),
      },
      responses: responsesOf(route),
    });
  }
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Rookery API v0", version, description: about },
    tags: Object.values(resources).map(([name, description]) => ({ name, description })),
  });
}
