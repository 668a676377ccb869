import type { InboxContext } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { type CreateFile, type FilePlan, planFile } from "./check.ts";
import type { CreatedFile, StoredFile } from "./file.ts";
import { linkedOf, mayTouch } from "./get.ts";
import { MAX_FILES, MAX_FILES_BYTES, PENDING_HOURS } from "./limits.ts";
import { signUpload } from "./link.ts";
import {
  completeRow,
  deleteFileRow,
  type Held,
  heldByOrganization,
  insertFile,
  lockFileAt,
} from "./store.ts";

/**
 * Announces a file and gives the link to upload it by. The same once more gives that file: with a new link, or complete when its bytes are there.
 * One that has no bytes yet makes way for another at its path.
 * @throws Failure object.conflict when the path is taken, limit.exceeded for more than the organization may have
 */
export const createFile = operation({
  name: "file.create",
  needs: ["file_create"],
  on: "inbox",
  kind: "write",
  fails: ["limit.exceeded", "object.conflict"],
  check: (input: CreateFile) => planFile(input),
  async run(context, plan): Promise<CreatedFile> {
    const { tx, scope, inbox, now, actor } = context;
    if (plan.expiresAt !== null && plan.expiresAt <= now) throw isPast();
    // In this order: whoever waits for the organization holds no file.
    const [held, found] = await Promise.all([
      heldByOrganization(tx, scope, now),
      lockFileAt(tx, scope, inbox, plan.path, now),
    ]);
    if (found === null) return makeOne(context, plan, held);
    if (found.hasEnded) return replace(context, plan, found.file, held);
    const { file } = found;
    if (!mayTouch(actor, file)) throw isTaken();
    if (isSame(file, plan)) return again(context, file);
    if (file.state !== "pending") throw isTaken();
    return replace(context, plan, file, { files: held.files - 1, bytes: held.bytes - file.size });
  },
});

const isPast = () => invalid(["expiresAt"], says`${field("expiresAt")} must be in the future`);

const isTaken = () =>
  fail("object.conflict", {
    message: "The path is taken",
    hint: "Choose another path, or delete the file that is there.",
  });

const isSame = (file: StoredFile, plan: FilePlan): boolean =>
  file.size === plan.size &&
  file.sha256.equals(plan.sha256) &&
  file.contentType === plan.contentType &&
  file.expiresAt?.getTime() === plan.expiresAt?.getTime();

/** The file that is there. */
async function again(context: InboxContext, file: StoredFile): Promise<CreatedFile> {
  const { tx, scope, now, sealer } = context;
  context.target(file.id);
  if (file.state === "pending")
    return {
      ...linkedOf(context, file),
      upload: signUpload(sealer, now, file, pendingEnd(file)),
      isNew: false,
    };
  if (file.state === "ready") return { ...linkedOf(context, file), upload: null, isNew: false };
  await completeRow(tx, scope, file, now);
  return { ...linkedOf(context, { ...file, state: "ready", updatedAt: now }), upload: null, isNew: false };
}

/** @param held without the one that goes */
async function replace(
  context: InboxContext,
  plan: FilePlan,
  file: StoredFile,
  held: Held,
): Promise<CreatedFile> {
  await deleteFileRow(context.tx, context.scope, file);
  return makeOne(context, plan, held);
}

async function makeOne(context: InboxContext, plan: FilePlan, held: Held): Promise<CreatedFile> {
  const { tx, scope, inbox, now, newId, actor, sealer } = context;
  requireRoom(plan, held);
  const file: StoredFile = {
    id: newId(),
    podId: inbox.podId,
    inboxId: inbox.id,
    ...plan,
    state: "pending",
    keyId: actor.keyId,
    createdAt: now,
    updatedAt: now,
  };
  context.target(file.id);
  const endsAt = pendingEnd(file);
  await insertFile(tx, scope, inbox, file, endsAt);
  return { ...linkedOf(context, file), upload: signUpload(sealer, now, file, endsAt), isNew: true };
}

function requireRoom({ size }: FilePlan, { files, bytes }: Held): void {
  const resource = files + 1 > MAX_FILES ? "file" : "fileBytes";
  const [count, used] = resource === "file" ? [MAX_FILES, files] : [MAX_FILES_BYTES, bytes];
  if (files + 1 <= MAX_FILES && bytes + size <= MAX_FILES_BYTES) return;
  throw fail("limit.exceeded", {
    message: resource === "file" ? "File limit exceeded" : "File storage limit exceeded",
    hint: "Delete files, of this inbox or of another of the organization, or have them expire. Those that were not completed count as well, for a day.",
    limit: { resource, count, used },
  });
}

const HOUR_MS = 3_600_000;

/** When a file that is not completed is absent. */
function pendingEnd({ createdAt, expiresAt }: StoredFile): Date {
  const end = createdAt.getTime() + PENDING_HOURS * HOUR_MS;
  return new Date(expiresAt === null ? end : Math.min(end, expiresAt.getTime()));
}
