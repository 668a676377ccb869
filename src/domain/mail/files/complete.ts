import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { LinkedFile } from "./file.ts";
import { checkFileId, linkedOf, lockFile } from "./get.ts";
import { completeRow } from "./store.ts";

/** Makes a file ready whose bytes are there. Done again, it gives the file. @throws Failure object.conflict when they are not */
export const completeFile = operation({
  name: "file.complete",
  needs: ["file_create"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found", "object.conflict"],
  check: checkFileId,
  async run(context, named): Promise<LinkedFile> {
    const { tx, scope, now } = context;
    const file = await lockFile(context, named);
    context.target(file.id);
    if (file.state === "ready") return linkedOf(context, file);
    if (file.state === "pending")
      throw fail("object.conflict", {
        message: "The file has no bytes yet",
        hint: "PUT them to the upload's url first, with its headers. What differs in size or digest is not kept.",
      });
    await completeRow(tx, scope, file, now);
    return linkedOf(context, { ...file, state: "ready", updatedAt: now });
  },
});
