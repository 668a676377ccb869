/** A file of an inbox, made through the door: announced, uploaded, completed. */
import { completeFile, createFile, openUpload } from "../../src/domain/mail/files/index.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { sha256 } from "../../src/lib/hash.ts";
import type { TestDoor } from "./test-door.ts";

export async function keptFile(
  t: TestDoor,
  inbox: string,
  file: { readonly path: string; readonly content: Buffer; readonly expiresAt?: Date },
) {
  const { path, content, expiresAt } = file;
  const announced = { path, size: content.byteLength, sha256: sha256(content).toString("base64"), expiresAt };
  const created = await t.run(t.rootToken, createFile, { inbox }, announced);
  const parts = { ...t, clock: systemClock, newId: t.parts.lent.newId };
  const headers = { contentType: created.contentType, sha256: null, sizeBytes: null };
  const upload = await openUpload(parts, created.upload?.token ?? "", headers);
  const chunks = async function* () {
    yield content;
  };
  await upload.receive(chunks(), (work) => work());
  return t.run(t.rootToken, completeFile, { inbox }, { fileId: created.id });
}
