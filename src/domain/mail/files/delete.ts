import { operation } from "../../door/operation.ts";
import { sweepJob } from "../blobs/index.ts";
import { checkFileId, lockFile } from "./get.ts";
import { deleteFileRow } from "./store.ts";

/** Deletes a file. Its path is free at once, and a job deletes its bytes. */
export const deleteFile = operation({
  name: "file.delete",
  needs: ["file_delete"],
  on: "inbox",
  kind: "write",
  fails: ["object.not_found"],
  check: checkFileId,
  async run(context, named): Promise<void> {
    const file = await lockFile(context, named);
    context.target(file.id);
    await deleteFileRow(context.tx, context.scope, file);
    context.enqueue(sweepJob(file.podId));
  },
});
