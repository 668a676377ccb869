import { z } from "@hono/zod-openapi";
import type { Suppression } from "../../../../domain/guardrails/suppressions/index.ts";
import { MAX_SUPPRESSIONS_AT_ONCE } from "../../../../domain/guardrails/suppressions/limits.ts";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import { bodyList, present, wire } from "./common.ts";
import { createdAt, organizationId, podId } from "./fields.ts";
import { sample } from "./sample.ts";

const example = "ada@example.net";

export const v0Suppression = z
  .object({
    address: z.string().openapi({
      description: "In lower case, the domain in its xn-- form: the suppression's name in paths.",
      example,
    }),
    organization_id: organizationId,
    pod_id: podId,
    cause: z.enum(["bounce", "complaint", "unsubscribe", "manual"]).openapi({
      description:
        "bounce: the address or its host does not exist, or is disabled. complaint: its user reported a mail. manual: it was put there by a request.",
      example: "bounce",
    }),
    reason: z.string().optional().openapi({
      description: "What the other server said, or who put it there.",
      example: "550 5.1.1 no such user",
    }),
    created_at: createdAt,
  })
  .openapi("Suppression", {
    title: "An address that a pod no longer writes to",
    example: {
      address: example,
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      cause: "bounce",
      reason: "550 5.1.1 no such user",
      created_at: sample.at,
    },
  });

const address = z.string().openapi({ description: "An email address, in any case.", example });
const reason = z
  .string()
  .optional()
  .openapi({
    description: `Why, for people to read; ${MAX_NAME_LENGTH} characters at most.`,
    maxLength: MAX_NAME_LENGTH,
    example: "Moved from another service",
  });

export const createSuppressionBody = z.object({ address, reason }).openapi("CreateSuppressionRequest", {
  title: "Address to suppress",
  example: { address: example, reason: "Moved from another service" },
});

export const importSuppressionsBody = z
  .object({
    suppressions: bodyList(z.object({ address, reason }), {
      description: `1 to ${MAX_SUPPRESSIONS_AT_ONCE} addresses. All are taken, or none when one of them is no address.`,
      minItems: 1,
      maxItems: MAX_SUPPRESSIONS_AT_ONCE,
    }),
  })
  .openapi("ImportSuppressionsRequest", {
    title: "Addresses to suppress",
    example: { suppressions: [{ address: example }] },
  });

export const v0Imported = z
  .object({
    added: z.int().openapi({ description: "Addresses that were not suppressed before.", example: 1 }),
    known: z.int().openapi({ description: "Addresses that were.", example: 0 }),
  })
  .openapi("ImportSuppressionsResponse", {
    title: "What became of the addresses",
    example: { added: 1, known: 0 },
  });

export const toV0Suppression = (suppression: Suppression): Record<string, unknown> =>
  present(wire(suppression, ["address", "organizationId", "podId", "cause", "reason", "createdAt"]));
