/** Making endpoints: the rules and the statements, for one as for a thousand. */
import { newWebhookSecret } from "../../../protocols/webhooks/signature.ts";
import type { Owner } from "../../door/access/index.ts";
import { failed, made, type Outcome, type Placed, thingsMade, withoutFailures } from "../../door/batch.ts";
import type { Context, Installation } from "../../door/context.ts";
import type { ListenedType } from "../../door/events.ts";
import { attempt, Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import {
  type Candidate,
  checkClientId,
  claimNames,
  inOrderOfDrafts,
  openOf,
  releaseUnused,
} from "../../tenancy/client-ids/index.ts";
import { lackedBy } from "./reader.ts";
import { checkEventTypes, checkHeaders, checkUrl } from "./settings.ts";
import { findWebhooks, insertWebhooks, type SealedWebhook } from "./store.ts";
import { checkNamed, countQuota, findTargets, type NamedTargets, ownerOf, type Targets } from "./targets.ts";
import { HEADERS_SEAL, SECRET_SEAL, shownTo, type Webhook } from "./webhook.ts";

export interface CreateWebhook {
  readonly url: string;
  readonly eventTypes: readonly ListenedType[];
  readonly podIds: readonly string[];
  /** Addresses. */
  readonly inboxIds: readonly string[];
  readonly clientId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebhookPlan {
  readonly clientId: string | null;
  /** Settings that are refused count only when the client_id is new. */
  readonly settings: WebhookSettings | Failure;
}

export interface WebhookSettings {
  readonly eventTypes: readonly ListenedType[];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly named: NamedTargets;
}

type WebhookCandidate = Candidate<WebhookPlan, SealedWebhook>;

/** The endpoint with its secret, which callers may read at any time (contract 6.11). */
export function unsealed(
  { sealer }: Pick<Context, "sealer">,
  { secretSealed, headersSealed: _headers, lacked: _lacked, ...webhook }: SealedWebhook,
): Webhook {
  return { ...webhook, secret: sealer.open(secretSealed, SECRET_SEAL) };
}

/** What became of an endpoint, as the caller may see it. */
export function shownIn(
  context: Pick<Context, "sealer" | "actor">,
  outcome: Outcome<SealedWebhook>,
): Outcome<Webhook> {
  if (outcome.kind === "failed") return outcome;
  const webhook = unsealed(context, outcome.thing);
  return { ...outcome, thing: outcome.kind === "found" ? shownTo(context.actor, webhook) : webhook };
}

/** What follows from the input alone. @throws Failure input.invalid for the client_id */
export function planWebhook(input: CreateWebhook, installation: Installation): WebhookPlan {
  return {
    clientId: checkClientId(input.clientId),
    settings: attempt(() => checkSettings(input, installation)),
  };
}

function checkSettings(input: CreateWebhook, installation: Installation): WebhookSettings {
  const headers = input.headers === undefined ? null : checkHeaders(input.headers);
  if (headers !== null && Object.keys(headers).length === 0)
    throw invalid(["headers"], says`${field("headers")} must have at least one entry`);
  return {
    eventTypes: checkEventTypes(input.eventTypes),
    url: checkUrl(installation, input.url),
    headers,
    named: checkNamed({
      podIds: input.podIds,
      addresses: input.inboxIds,
      fields: { podIds: "podIds", inboxIds: "inboxIds" },
    }),
  };
}

/**
 * Makes endpoints, each for what it names inside its scope, else for all of that, or finds those that have the client_ids.
 * @returns an outcome for each of `wanted`
 */
export async function makeWebhooks(
  context: Context,
  wanted: readonly Placed<WebhookPlan>[],
): Promise<Outcome<SealedWebhook>[]> {
  const { tx, scope } = context;
  const candidates = await claimNames(context, wanted, {
    claimOf: ({ organizationId, podId, inboxId }, clientId, id) => {
      const kind = podId === null ? "organization_webhook" : "webhook";
      const ownerId = inboxId ?? podId ?? organizationId;
      return { ownerId, kind, clientId, podId, inboxId, resourceId: id } as const;
    },
    find: (ids) => findWebhooks(tx, scope, ids),
  });
  const drafts = await findDrafts(context, openOf(candidates));
  const quota = await countQuota(
    context,
    withoutFailures(drafts.values()).map(({ owner }) => owner),
  );
  const outcomes = inOrderOfDrafts(candidates, drafts, (draft, candidate) => {
    const full = quota.take(draft.owner);
    return full === null ? made(sealedOf(context, candidate, draft)) : failed(full);
  });
  releaseUnused(context, candidates, outcomes);
  await insertWebhooks(tx, scope, thingsMade(outcomes));
  return outcomes;
}

/** Settings with what they name looked up. */
interface Draft extends WebhookSettings {
  readonly targets: Targets;
  readonly owner: Owner;
}

async function findDrafts(
  context: Context,
  candidates: readonly WebhookCandidate[],
): Promise<ReadonlyMap<WebhookCandidate, Draft | Failure>> {
  const valid = candidates.flatMap(({ scope, plan: { settings } }) =>
    settings instanceof Failure ? [] : [{ scope, named: settings.named }],
  );
  const known = await findTargets(context, valid);
  const draftOf = ({ scope, plan: { settings } }: WebhookCandidate): Draft | Failure =>
    settings instanceof Failure
      ? settings
      : attempt(() => {
          const named = known.namedIn(scope, settings.named);
          const isUnnamed = named.podIds.length + named.inboxes.length === 0;
          const targets = isUnnamed ? known.allOf(scope) : named;
          return { ...settings, targets, owner: ownerOf(scope, targets) };
        });
  return new Map(candidates.map((candidate) => [candidate, draftOf(candidate)]));
}

function sealedOf(
  { actor, sealer, random, now }: Context,
  { id, scope, plan: { clientId } }: WebhookCandidate,
  { url, eventTypes, headers, targets, owner }: Draft,
): SealedWebhook {
  return {
    id,
    organizationId: scope.organizationId,
    ...owner,
    url,
    eventTypes,
    ...targets,
    scoped: targets.podIds.length + targets.inboxes.length > 0,
    secretSealed: Buffer.from(sealer.seal(newWebhookSecret(random), SECRET_SEAL)),
    headersSealed: headers === null ? null : Buffer.from(sealer.seal(JSON.stringify(headers), HEADERS_SEAL)),
    lacked: lackedBy(actor),
    enabled: true,
    clientId,
    createdAt: now,
    updatedAt: now,
  };
}
