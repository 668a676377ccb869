import { isUuid } from "../../../lib/uuid.ts";
import type { Actor } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import type { LinkedFile, StoredFile } from "./file.ts";
import { signFile } from "./link.ts";
import { findFile } from "./store.ts";

export interface FileName {
  readonly fileId: string;
}

/** @throws Failure input.invalid for what is no id */
export function checkFileId(input: FileName): FileName {
  if (isUuid(input.fileId)) return input;
  throw invalid(["fileId"], says`${field("fileId")} must be the id of a file, a UUID`);
}

/** A file as the caller may see it. */
export function linkedOf({ actor, inbox, sealer, now }: InboxContext, file: StoredFile): LinkedFile {
  const isLinked = file.state === "ready" && actor.may("file_read");
  return {
    ...file,
    inboxAddress: inbox.address,
    download: isLinked ? signFile(sealer, now, file) : null,
  };
}

/** Whoever may not read has to do with files of its own alone, and learns of no other. */
export const mayTouch = (actor: Actor, file: StoredFile): boolean =>
  actor.may("file_read") || (file.keyId !== null && file.keyId === actor.keyId);

/** The file, which nobody else changes until the transaction ends. @throws Failure object.not_found when it is not the caller's either */
export async function lockFile(context: InboxContext, { fileId }: FileName): Promise<StoredFile> {
  const { tx, scope, inbox, actor, now } = context;
  const file = await findFile(tx, scope, inbox, fileId, { now, lock: true });
  if (file === null || !mayTouch(actor, file)) throw noFile();
  return file;
}

export const noFile = () =>
  fail("object.not_found", {
    message: "File not found",
    hint: "List the inbox's files. Those that expired, and those that were not completed within a day, are gone.",
  });

/** A file, with a link to its bytes once it is ready. */
export const getFile = operation({
  name: "file.get",
  needs: ["file_read"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found"],
  check: checkFileId,
  async run(context, { fileId }): Promise<LinkedFile> {
    const { tx, scope, inbox, now } = context;
    const file = await findFile(tx, scope, inbox, fileId, { now, lock: false });
    if (file === null) throw noFile();
    return linkedOf(context, file);
  },
});
