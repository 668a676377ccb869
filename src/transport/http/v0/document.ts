/** What AgentMail's API document says beyond the routes themselves. */
import { fail } from "../../../domain/door/failures.ts";
import { IDEMPOTENCY_HOURS } from "../../../domain/limits.ts";
import type { DocumentedError, DocumentText, ErrorAnswer } from "../dialect/dialect.ts";
import type { Route } from "../dialect/route.ts";
import { MAX_REQUEST_BYTES } from "../limits.ts";
import { errorPage, explanations } from "./error-page.ts";
import { failureAnswer, validationAnswer, wireErrors } from "./errors.ts";
import { errorBody } from "./shapes/error.ts";
import { flags } from "./shapes/permissions.ts";
import { ruleTerms } from "./shapes/rule.ts";

/** What every route may answer with, whatever its operation declares. */
const always: readonly {
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
    says: "A field is missing or wrong, and `errors` names it; or the body is not JSON.",
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
        message: "Unauthorized",
        hint: "Send the header `Authorization: Bearer <api key>`.",
      }),
    ),
  },
  {
    status: 403,
    says: "The key is unknown, or may not do this; or the request is refused.",
    of: () => true,
    example: failureAnswer(
      fail("auth.unknown_key", {
        message: "Forbidden",
        hint: "Check the API key: it is unknown, or was deleted.",
      }),
    ),
  },
  {
    status: 404,
    says: "It does not exist, or is outside the key's scope: both are answered alike.",
    of: ({ namesObjects }) => namesObjects,
    example: failureAnswer(
      fail("inbox.not_found", {
        message: "Inbox not found",
        hint: "List inboxes to see the addresses this key can reach.",
      }),
    ),
  },
  {
    status: 413,
    says: "The body is too large.",
    of: ({ body }) => body !== undefined,
    example: failureAnswer(
      fail("input.too_large", {
        message: `The request body exceeds ${MAX_REQUEST_BYTES} bytes`,
        hint: "Send less at once.",
      }),
    ),
  },
];

const about = `Email for fleets of agents: a pod for every tenant, an inbox for every agent, and API keys of exactly that scope.
AgentMail's official clients call it with this server as their base URL. Methods about what this server does not have, such as
calendars and the vendor's directory of apps, are answered with 403 or 404, and say so.

**Sign in:** press *Authorize* on the page of a resource and paste an API key; it is sent as \`Authorization: Bearer …\`. The server printed the first one
when it first started, and keeps it in \`root.key\` of its data directory.

**Lists** are paged: pass \`next_page_token\` as \`page_token\` to get the next page.

**Errors** have a \`code\` to branch on, a \`message\`, often a \`fix\`, and a link to [the page that explains them](/docs/errors).
Every answer has an \`x-request-id\`, which also is in the server's log.

[This document as JSON](/openapi/v0.json)`;

/** Statuses of what the operation declares, beyond those above; one that several failures share is described by all of them. */
function declared({ fails }: Route): DocumentedError[] {
  const shown = new Set(always.map(({ status }) => status));
  const byStatus = Map.groupBy(fails, (code) => wireErrors[code].status);
  return [...byStatus]
    .filter(([status]) => !shown.has(status))
    .map(([status, codes]) => {
      const [first = "input.invalid"] = codes;
      const { when, fix } = explanations[first];
      return {
        status,
        description: codes.map((code) => plain(explanations[code].when)).join(" "),
        example: failureAnswer(fail(first, { message: plain(when), hint: plain(fix) })).body,
      };
    });
}

/** The page's explanations are HTML. */
const plain = (html: string): string => html.replaceAll(/<\/?code>/g, "`").replaceAll(/<[^>]*>/g, "");

const errorsOf = (route: Route): DocumentedError[] => [
  ...always
    .filter(({ of }) => of(route))
    .map(({ status, says, example }) => ({ status, description: says, example: example.body })),
  ...declared(route),
];

export const v0DocumentText: DocumentText = {
  title: "Rookery API v0",
  about,
  authentication: "An API key, which begins with am_: one of the organization, of a pod or of an inbox.",
  errorBody,
  errorsOf,
  errorPage,
  schemas: { Permissions: flags, RuleTerms: ruleTerms },
  idempotencyKey: `The same request with the same key sends nothing and gets the first answer; a different request with it is refused with 409. Keys are per inbox and remembered for ${IDEMPOTENCY_HOURS} hours. Without one every request sends.`,
};
