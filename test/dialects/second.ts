/**
 * A second dialect, which only the tests have: other paths, words, envelope and errors over two operations that AgentMail's
 * API has as well. The matrices walk its routes beside those of v0.
 */
import { z } from "@hono/zod-openapi";
import { type Path, type Text, textOf } from "../../src/domain/door/text.ts";
import { getInbox, type Inbox, updateInbox } from "../../src/domain/tenancy/inboxes/index.ts";
import { type Dialect, noun } from "../../src/transport/http/dialect/dialect.ts";
import type { Issue } from "../../src/transport/http/dialect/invalid-request.ts";
import { fromWire } from "../../src/transport/http/dialect/naming.ts";
import { route } from "../../src/transport/http/dialect/route.ts";

const mailbox = z.object({ id: z.string(), label: z.string().nullable(), since: z.int() });

const present = ({ id, displayName, createdAt }: Inbox): z.infer<typeof mailbox> => ({
  id,
  label: displayName,
  since: Math.floor(createdAt.getTime() / 1000),
});

const shared = { path: "/v9/boxes/{box}", answer: mailbox, present };

const boxes = noun({
  name: "boxes",
  title: "Boxes",
  about: "Inboxes under another name.",
  parameters: { box: { description: "The box's address.", example: "scout@mail.example.com" } },
  routes: [
    route({
      ...shared,
      method: "get",
      name: "boxes.get",
      summary: "Get a box",
      description: "One box.",
      does: getInbox,
      input: () => undefined,
    }),
    route({
      ...shared,
      method: "put",
      name: "boxes.put",
      summary: "Label a box",
      description: "Replaces the label.",
      body: z.object({ label: z.string() }),
      does: updateInbox,
      input: ({ body }) => ({ displayName: body.label }),
    }),
  ],
});

/** The dialect's names of the fields that operations name in their failures. */
const fields: Readonly<Record<string, string>> = { displayName: "label" };

/** A path of an operation's input in those names. */
const namesOf = (path: Path): (string | number)[] =>
  path.map((part) => (typeof part === "object" ? part.key : (fields[part] ?? part)));

const written = (text: Text): string => textOf(text, (path) => namesOf(path).join("/"));

const statusOf = (code: string): number =>
  code.endsWith(".not_found") ? 404 : code === "auth.missing" ? 401 : code === "input.invalid" ? 422 : 403;

const refusal = (
  status: number,
  type: string,
  message: string,
  requestId: string,
  more: object = {},
): { status: number; body: Record<string, unknown> } => ({
  status,
  body: { request_id: requestId, error: { type, message, ...more } },
});

const invalid = (issues: readonly Issue[], requestId: string) =>
  refusal(422, "input.invalid", issues[0]?.message ?? "", requestId, {
    field: issues[0]?.path ?? [],
  });

export const second: Dialect = {
  name: "v9",
  nouns: [boxes],
  unbuilt: [],
  fixed: [],
  greedyParameters: new Set(),
  leadingSlashes: false,
  target: ({ box }) => fromWire({ inbox: box }),
  envelope: (data, { requestId }) => ({ request_id: requestId, data }),
  refusal: ({ code, details }, { requestId }) =>
    code === "input.invalid"
      ? invalid([{ code, path: namesOf(details.path ?? []), message: written(details.message) }], requestId)
      : refusal(statusOf(code), code, written(details.message), requestId, {
          advice: written(details.hint ?? ""),
        }),
  invalid: (issues, { requestId }) => invalid(issues, requestId),
  internal: ({ requestId }) => refusal(500, "internal", "Internal error", requestId),
  unreadable: (kind, { requestId }) => refusal(400, kind, "Unreadable", requestId),
  webhooks: { present: () => null, sign: () => ({}) },
  document: {
    title: "Second",
    about: "A dialect of the tests.",
    authentication: "A key.",
    errorBody: z.object({}),
    errorPage: () => "",
    errorsOf: () => [],
    schemas: {},
    idempotencyKey: "",
  },
};
