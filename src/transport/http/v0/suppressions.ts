/** Addresses that a pod no longer writes to: routes of this server's own. The vendor shows them as read-only entries of lists (contract 11). */
import { z } from "@hono/zod-openapi";
import type { SortKey } from "../../../domain/door/cursor.ts";
import {
  createSuppression,
  deleteSuppression,
  getSuppression,
  importSuppressions,
  listSuppressions,
} from "../../../domain/guardrails/suppressions/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Params, route } from "../dialect/route.ts";
import { podMount } from "./mounts.ts";
import { pageEnvelope, pageFields, pageRequest, pageSchema } from "./pages.ts";
import { wire } from "./shapes/common.ts";
import {
  createSuppressionBody,
  importSuppressionsBody,
  toV0Suppression,
  v0Imported,
  v0Suppression,
} from "./shapes/suppression.ts";

const byAddress: SortKey = ["text"];
const { limit, page_token } = pageFields(byAddress);
const path = `${podMount.prefix}/suppressions`;
const named = ({ params }: { readonly params: Params }) => ({ address: params["address"] ?? "" });

const page = pageSchema(
  "ListSuppressionsResponse",
  "suppressions",
  v0Suppression,
  "The suppressions of this page, by address.",
);

export const suppressions = noun({
  name: "suppressions",
  title: "Suppressions",
  about:
    "Addresses that a pod no longer writes to, because mail to them bounced or was complained of, or they unsubscribed.",
  parameters: { address: { description: "The address, in any case.", example: "ada@example.net" } },
  routes: [
    route({
      method: "get",
      path,
      name: "pods.suppressions.list",
      isOwn: true,
      summary: "List the suppressions of a pod",
      description:
        "By address. Sends to any of them are refused (403 message_rejected), whatever lists of the inbox allow.",
      query: z.object({ limit, page_token }),
      does: listSuppressions,
      input: ({ query }) => ({ ...pageRequest(query), ascending: true }),
      answer: page,
      present: (found, { query }) => pageEnvelope("suppressions", found, query, toV0Suppression),
    }),
    route({
      method: "post",
      path,
      name: "pods.suppressions.create",
      isOwn: true,
      summary: "Suppress an address in a pod",
      description: "One that is suppressed already is returned unchanged.",
      body: createSuppressionBody,
      does: createSuppression,
      input: ({ body }) => fromWire(body),
      answer: v0Suppression,
      present: toV0Suppression,
    }),
    route({
      method: "post",
      path: `${path}/import`,
      name: "pods.suppressions.import",
      isOwn: true,
      summary: "Suppress many addresses in a pod",
      description: "For a list that was kept elsewhere. Those that are suppressed already stay as they are.",
      body: importSuppressionsBody,
      does: importSuppressions,
      input: ({ body }) => ({ suppressions: body.suppressions.map(fromWire) }),
      answer: v0Imported,
      present: (imported) => wire(imported, ["added", "known"]),
    }),
    route({
      method: "get",
      path: `${path}/{address}`,
      name: "pods.suppressions.get",
      isOwn: true,
      summary: "Get a suppression of a pod",
      description: "One suppression by its address, with what the other server said.",
      does: getSuppression,
      input: named,
      answer: v0Suppression,
      present: toV0Suppression,
    }),
    route({
      method: "delete",
      path: `${path}/{address}`,
      name: "pods.suppressions.delete",
      isOwn: true,
      summary: "Delete a suppression of a pod",
      description: "The pod may write to the address again, until mail to it comes back once more.",
      does: deleteSuppression,
      input: named,
      status: 204,
    }),
  ],
});
