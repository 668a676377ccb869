import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { checkNewLabels } from "../../mail/labels/index.ts";
import { checkClientId, claimNames } from "../../tenancy/client-ids/index.ts";
import { type CheckedOutgoing, checkOutgoing } from "../sends/index.ts";
import { insertFiles } from "./attachment-store.ts";
import { checkDraft, type DraftContent, filesToAdd, type Hashes, hashesOf, kept, shown } from "./content.ts";
import { type FullDraft, shownTo } from "./draft.ts";
import { MAX_DRAFTS } from "./limits.ts";
import { noticeOf } from "./lock.ts";
import { scheduledAt, withSchedule } from "./schedule.ts";
import { checkSource, filledFrom, type NamedSource, type SourceInput } from "./source.ts";
import { findDrafts, hasDrafts, insertDraft } from "./store.ts";

export type CreateDraft = DraftContent &
  SourceInput & {
    readonly labels?: readonly string[];
    readonly sendAt?: Date;
    readonly clientId?: string;
  };

interface DraftPlan {
  readonly clientId: string | null;
  readonly outgoing: CheckedOutgoing;
  readonly hashes: Hashes;
  readonly named: NamedSource | null;
  readonly sendAt: Date | null;
}

const namesSource = ({ inReplyTo, forwardOf }: CreateDraft): boolean =>
  inReplyTo !== undefined || forwardOf !== undefined;

/**
 * Keeps a draft, which may lack anything that a message needs; what it has is checked as if it were sent. One that answers or forwards a
 * message takes over what that says, so that its maker must be able to read it.
 */
export const createDraft = operation({
  name: "draft.create",
  needs: [
    "draft_create",
    { permission: "message_read", if: namesSource, says: "when it answers or forwards a message" },
    // Else whoever may write what another is to approve could have it sent a second later.
    {
      permission: "draft_send",
      if: ({ sendAt }) => sendAt !== undefined,
      says: "when it is to be sent at a time",
    },
  ],
  on: "inbox",
  kind: "write",
  fails: [
    ...(["object.not_found", "limit.exceeded", "message.rejected", "attachment.refused"] as const),
    "message.too_large",
  ],
  check: planDraft,
  run: create,
});

function planDraft(input: CreateDraft): DraftPlan {
  const { to = [], cc = [], bcc = [] } = input;
  const outgoing = checkOutgoing(input);
  return {
    clientId: checkClientId(input.clientId),
    outgoing: { ...outgoing, labels: checkNewLabels(["labels"], input.labels ?? []) },
    hashes: hashesOf(outgoing),
    named: checkSource(input, { named: to.length + cc.length + bcc.length > 0 }),
    sendAt: input.sendAt ?? null,
  };
}

async function create(context: InboxContext, plan: DraftPlan): Promise<FullDraft> {
  const { tx, scope, inbox, now, actor } = context;
  const { id, existing } = await claim(context, plan);
  context.target(id);
  if (existing !== null) return shownTo(actor, existing);
  if (await hasDrafts(tx, scope, inbox, MAX_DRAFTS)) throw tooMany();
  const schedule = plan.sendAt === null ? null : scheduledAt(plan.sendAt, now, actor);
  const { outgoing, source, references } = await filledFrom(context, plan.outgoing, plan.named);
  const limits = await context.limitsInForce.of(tx, scope, inbox);
  const files = filesToAdd(context, outgoing, plan.hashes);
  const draft: FullDraft = {
    ...{ id, source, references, schedule, clientId: plan.clientId },
    organizationId: inbox.organizationId,
    podId: inbox.podId,
    inboxId: inbox.id,
    inboxAddress: inbox.address,
    kind: plan.named?.kind ?? "new",
    labels: withSchedule(outgoing.labels, schedule),
    ...kept(outgoing),
    attachments: files.map(shown),
    createdAt: now,
    updatedAt: now,
  };
  checkDraft(limits, draft);
  await Promise.all([insertDraft(tx, scope, draft), insertFiles(tx, scope, draft, files, now)]);
  noticeOf(context, draft);
  return draft;
}

/** The name is unique in the inbox: otherwise the holder of one inbox's key could probe which names other inboxes use. */
async function claim(context: InboxContext, plan: DraftPlan) {
  const { tx, scope, inbox } = context;
  const [candidate] = await claimNames(context, [{ scope, plan }], {
    claimOf: (_own, clientId, id) => ({
      ...{
        ownerId: inbox.id,
        kind: "draft",
        clientId,
        podId: inbox.podId,
        inboxId: inbox.id,
        resourceId: id,
      },
    }),
    find: (ids) => findDrafts(tx, scope, ids),
  });
  if (candidate === undefined) throw new Error("a batch of one has one candidate");
  return candidate;
}

const tooMany = () =>
  fail("limit.exceeded", {
    message: "Draft limit exceeded",
    hint: "Send or delete drafts of the inbox.",
    limit: { resource: "draft", count: MAX_DRAFTS },
  });
