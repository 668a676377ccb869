/** Files of inboxes for tests: announced by the operation, uploaded as the listener does it, and completed. */
import { createHash } from "node:crypto";
import { sql } from "kysely";
import { systemScope } from "../../src/domain/door/access/index.ts";
import {
  type CreatedFile,
  type CreateFile,
  completeFile,
  createFile,
  type LinkedFile,
  type ListFiles,
  openUpload,
  type UploadHeaders,
  type UploadParts,
} from "../../src/domain/mail/files/index.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { InTurn } from "../../src/lib/loop-turns.ts";
import type { TestDoor } from "./test-door.ts";

export const allFiles: ListFiles = { prefix: "", size: 100, after: null, ascending: true };

export const digest = (content: Buffer): string => createHash("sha256").update(content).digest("base64");

export const announced = (path: string, content: Buffer): CreateFile => ({
  path,
  size: content.byteLength,
  sha256: digest(content),
});

/** What links are opened with. */
export const filePartsOf = (t: TestDoor): TestDoor & UploadParts => ({
  ...t,
  clock: systemClock,
  newId: t.parts.lent.newId,
});

export const atOnce: InTurn = (work) => work();
export const asIs: UploadHeaders = {
  contentType: "application/octet-stream",
  sha256: null,
  sizeBytes: null,
};

export async function* inChunks(content: Buffer, size = 300_000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < content.byteLength; from += size) yield content.subarray(from, from + size);
}

/** Uploads the bytes. @throws Failure */
export async function putFile(
  t: TestDoor,
  { upload }: Pick<CreatedFile, "upload">,
  content: Buffer,
  headers = asIs,
): Promise<void> {
  const opened = await openUpload(filePartsOf(t), upload?.token ?? "", headers);
  await opened.receive(inChunks(content), atOnce);
}

/** A file that is ready, made by the root key. */
export async function makeFile(
  t: TestDoor,
  inbox: string,
  path: string,
  content: Buffer,
): Promise<LinkedFile> {
  const file = await t.run(t.rootToken, createFile, { inbox }, announced(path, content));
  await putFile(t, file, content);
  return t.run(t.rootToken, completeFile, { inbox }, { fileId: file.id });
}

/** Pieces and bytes of a pod, behind the door. */
export async function keptOf(t: TestDoor, podId: string): Promise<{ pieces: number; blobs: number }> {
  const { rows } = await t.behind((tx) =>
    sql<{ pieces: number; blobs: number }>`select
      (select count(*)::integer from file_pieces where pod_id = ${podId}) as pieces,
      (select count(*)::integer from blobs where pod_id = ${podId}) as blobs`.execute(tx.within(systemScope)),
  );
  return rows[0] ?? { pieces: -1, blobs: -1 };
}
