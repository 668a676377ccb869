/** What the API document of the Nylas dialect says beyond the routes themselves. */
import { type FailCode, fail } from "../../../domain/door/failures.ts";
import type { DocumentedError, DocumentText } from "../dialect/dialect.ts";
import type { Route } from "../dialect/route.ts";
import { errorPage, explanations } from "./error-page.ts";
import { failureAnswer, validationAnswer, wireErrors } from "./errors.ts";
import { errorBody } from "./shapes/error.ts";
import { sample } from "./shapes/sample.ts";

/** What routes may answer with, whatever their operations declare. */
const always: readonly { readonly code: FailCode; readonly of: (route: Route) => boolean }[] = [
  { code: "input.invalid", of: ({ query, body }) => query !== undefined || body !== undefined },
  { code: "auth.missing", of: () => true },
  { code: "permission.missing", of: ({ needs }) => needs.length > 0 },
  { code: "object.not_found", of: ({ namesObjects }) => namesObjects },
  { code: "input.too_large", of: ({ body }) => body !== undefined },
];

/** The page's explanations are HTML. */
const plain = (html: string): string => html.replaceAll(/<\/?code>/g, "`").replaceAll(/<[^>]*>/g, "");

function documented({ path }: Route, status: number, codes: readonly FailCode[]): DocumentedError {
  const [first = "input.invalid"] = codes;
  const answering = { requestId: sample.requestId, path };
  const { when } = explanations[first];
  const example =
    first === "input.invalid"
      ? validationAnswer(
          [{ code: "too_small", path: ["limit"], message: "Too small: expected number to be >0" }],
          answering,
        )
      : failureAnswer(fail(first, { message: plain(when) }), answering);
  const description = [...new Set(codes.map((code) => plain(explanations[code].when)))].join(" ");
  return { status, description, example: example.body };
}

function errorsOf(route: Route): DocumentedError[] {
  const codes = new Set([...always.filter(({ of }) => of(route)).map(({ code }) => code), ...route.fails]);
  return [...Map.groupBy(codes, (code) => wireErrors[code].status)].map(([status, some]) =>
    documented(route, status, some),
  );
}

const about = `Agent accounts as Nylas's API v3 has them: a workspace for every tenant, an account (a grant of the provider \`nylas\`) for
every agent. Nylas's official clients call it with this server as their \`apiUri\`. The same pods, inboxes and keys are those of the
other API of this server: what one makes, the other shows.

**Sign in:** press *Authorize* on the page of a resource and paste an API key; it is sent as \`Authorization: Bearer …\`. The server printed the first one
when it first started, and keeps it in \`root.key\` of its data directory. A key of the organization is the application's; a key of a
pod reaches its workspace, one of an inbox its account, which it may call \`me\`.

**A grant** may be named by its id, by its address, or as \`external:\` and the \`client_id\` of its inbox.

**Lists** are paged: pass \`next_cursor\` as \`page_token\` to get the next page; those of grants and connectors go by \`offset\`.

**Errors** have a \`type\` to branch on, and [a page that explains them](/docs/v3/errors). Routes of Nylas that are not here yet are
answered 501 with what to do meanwhile, and those that agent accounts do not have 400.

[This document as JSON](/openapi/v3.json)`;

export const v3DocumentText: DocumentText = {
  title: "Rookery API v3",
  about,
  authentication: "An API key, which begins with am_: one of the organization, of a pod or of an inbox.",
  errorBody,
  errorsOf,
  errorPage,
  schemas: {},
  idempotencyKey: "The same request with the same key is done once, and its answer is repeated.",
};
