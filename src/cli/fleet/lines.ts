/** The fleet's routes: the lines of JSON that they answer with, read leniently. */
import { z } from "zod";
import type { Call, Client } from "../client/client.ts";
import { ClientError, sentencesOf } from "../client/failures.ts";

export const changeShape = z.object({
  id: z.string(),
  action: z.string(),
  kind: z.string(),
  /** Slug; absent of what tenants share. */
  tenant: z.string().optional(),
  name: z.string(),
  address: z.string().optional(),
  object_id: z.string().optional(),
  fields: z
    .array(z.object({ field: z.string(), from: z.unknown().optional(), to: z.unknown().optional() }))
    .optional(),
  cause: z.string(),
  why: z.string(),
  by: z
    .object({
      actor: z.string(),
      key_id: z.string().optional(),
      operation: z.string(),
      at: z.string(),
    })
    .optional(),
});
export type Change = z.infer<typeof changeShape>;

const changeLine = changeShape.extend({ type: z.literal("change") });

const failureLine = z.object({
  type: z.literal("failure"),
  tenant: z.string().optional(),
  change_id: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  code: z.string(),
  message: z.string(),
  fix: z.string().optional(),
});
/** Of one key, which may be to an inbox. */
export const keyedFailureLine = failureLine.extend({ address: z.string().optional() });
export type FleetFailure = z.infer<typeof failureLine>;

const progressLine = z.object({ type: z.literal("progress"), done: z.int(), total: z.int() });

const counts = z.record(z.string(), z.int());
export type Counts = z.infer<typeof counts>;

const planSummary = z.object({
  type: z.literal("plan"),
  plan_id: z.string(),
  hash: z.string(),
  expires_at: z.string(),
  tenants: z.int(),
  unchanged: z.int(),
  changes: counts,
  drift: z.int(),
  failures: z.int(),
  orphans: z.int(),
});
export type PlanSummary = z.infer<typeof planSummary>;

const applySummary = z.object({
  type: z.literal("applied"),
  plan_id: z.string(),
  tenants: z.int(),
  unchanged: z.int(),
  changes: counts,
  failed_tenants: z.int(),
});
export type ApplySummary = z.infer<typeof applySummary>;

export const secretLine = z.object({
  type: z.literal("secret"),
  tenant: z.string(),
  name: z.string(),
  address: z.string().optional(),
  pod_id: z.string(),
  key_id: z.string(),
  api_key: z.string(),
});

const webhookSecretLine = z.object({
  type: z.literal("webhook_secret"),
  tenant: z.string(),
  name: z.string(),
  webhook_id: z.string(),
  secret: z.string(),
});

/** Of a key or a webhook, as it is stored: a line of JSON. */
export type Secret = z.infer<typeof secretLine> | z.infer<typeof webhookSecretLine>;

export const receiptLine = z.object({ type: z.literal("receipt"), receipt_id: z.string(), secrets: z.int() });

const tenantRow = z.object({
  type: z.literal("tenant"),
  tenant: z.string().optional(),
  state: z.string(),
  pod_id: z.string().optional(),
  display_name: z.string().optional(),
  addresses: z.array(z.string()),
  health: z.string().optional(),
  faults: z
    .array(
      z.object({
        code: z.string(),
        message: z.string(),
        address: z.string().optional(),
        since: z.string().optional(),
      }),
    )
    .optional(),
  delete_at: z.string().optional(),
  changes: z.array(changeShape),
});
/** What an offboarding answers with. */
export const offboardShape = z.object({
  changes: z.array(changeShape),
  failures: z.array(failureLine),
  unchanged: z.int(),
});

export type TenantRow = z.infer<typeof tenantRow>;

const statusSummary = z.object({
  type: z.literal("summary"),
  tenants: z.int(),
  in_sync: z.int(),
  drift: z.int(),
  gap: z.int(),
  orphan: z.int(),
  suspended: z.int(),
  invalid: z.int(),
  shared_changes: z.array(changeShape),
});
export type StatusSummary = z.infer<typeof statusSummary>;

export const planLine = z.discriminatedUnion("type", [changeLine, failureLine, progressLine, planSummary]);
export const applyLine = z.discriminatedUnion("type", [
  changeLine,
  failureLine,
  secretLine,
  webhookSecretLine,
  receiptLine,
  progressLine,
  applySummary,
]);
export const statusLine = z.discriminatedUnion("type", [tenantRow, statusSummary]);

/** The error that ends a list whose status was a success already: it has no type. */
const errorShape = z.object({ message: z.string(), fix: z.string().nullish() });

interface Typed {
  readonly type: string;
}

/**
 * Lines but errors, the last of which is the summary.
 * @param lines their shapes; a line of another type is a newer server's, and passed over
 * @param what it is that an error or a lost connection cuts off, as the subject of a sentence
 * @param last type of the summary
 * @throws ClientError for an error, and for an answer that ends before its summary
 */
export async function* fleetLines<Line extends Typed>(
  client: Client,
  call: Call,
  lines: z.ZodType<Line> & { readonly options: readonly z.ZodObject<{ type: z.ZodLiteral<string> }>[] },
  { what, last }: { readonly what: string; readonly last: Line["type"] },
): AsyncGenerator<Line> {
  const known = new Set(lines.options.map(({ shape }) => shape.type.value));
  const shape = z.looseObject({ type: z.string().optional() }).transform((raw, context) => {
    if (raw.type === undefined) return errorShape.parse(raw);
    if (!known.has(raw.type)) return null;
    const parsed = lines.safeParse(raw);
    if (parsed.success) return parsed.data;
    const { path, message } = parsed.error.issues[0] ?? { path: [], message: "" };
    context.addIssue({ code: "custom", path: [...path], message });
    return z.NEVER;
  });
  for await (const line of client.lines(call, shape)) {
    if (line === null) continue;
    if (!("type" in line)) throw endedBy(line, what);
    yield line;
    if (line.type === last) return;
  }
  throw new ClientError(
    `${what} was cut off: the connection ended before its summary. Run it again: it goes on from there.`,
  );
}

const endedBy = (error: z.infer<typeof errorShape>, what: string): ClientError =>
  new ClientError(`${sentencesOf(error)} ${what} ended there.`);
