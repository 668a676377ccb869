import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  allFiles,
  announced,
  asIs,
  atOnce,
  digest,
  filePartsOf,
  inChunks,
  keptOf,
  makeFile,
  putFile,
} from "../../../../test/support/files.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor } from "../../door/door.ts";
import { moveInbox } from "../../tenancy/moves/index.ts";
import { sweepBlobs } from "../blobs/index.ts";
import {
  type CreatedFile,
  type CreateFile,
  completeFile,
  createFile,
  deleteEndedFiles,
  deleteFile,
  getFile,
  listFiles,
  openLink,
  openUpload,
} from "./index.ts";
import { FILE_PIECE_BYTES, MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const HOUR_MS = 3_600_000;

const create = (inbox: string, input: CreateFile, by = t.rootToken) =>
  t.run(by, createFile, { inbox }, input);
const complete = (inbox: string, { id }: { readonly id: string }, by = t.rootToken) =>
  t.run(by, completeFile, { inbox }, { fileId: id });

const put = (file: Pick<CreatedFile, "upload">, content: Buffer, headers = asIs) =>
  putFile(t, file, content, headers);
const made = (inbox: string, path: string, content: Buffer) => makeFile(t, inbox, path, content);
const kept = (podId: string) => keptOf(t, podId);
const parts = () => filePartsOf(t);

const list = async (inbox: string): Promise<string[]> =>
  (await t.run(t.rootToken, listFiles, { inbox }, allFiles)).items.map(({ path }) => path);

async function ownPod() {
  const podId = await t.seed.pod();
  return { podId, inbox: (await t.seed.inbox(podId)).address };
}

describe("a file", () => {
  it.each([0, 1, FILE_PIECE_BYTES, FILE_PIECE_BYTES + 1, 3 * FILE_PIECE_BYTES])(
    "of %i bytes is announced, uploaded, completed and read byte for byte",
    async (size) => {
      const { podId, inbox } = await ownPod();
      const content = Buffer.alloc(size, "ab\u0000c");
      const file = await create(inbox, announced("a/b.bin", content));
      expect(file).toMatchObject({ state: "pending", download: null, isNew: true, inboxAddress: inbox });
      await put(file, content);
      const ready = await complete(inbox, file);
      expect(ready).toMatchObject({ id: file.id, state: "ready", size });
      const linked = await openLink(parts(), ready.download?.token ?? "");
      expect(linked).toMatchObject({
        podId,
        size,
        filename: "b.bin",
        contentType: "application/octet-stream",
      });
      expect((await linked.read()).equals(content)).toBe(true);
      expect((await kept(podId)).pieces).toBe(Math.max(1, Math.ceil(size / FILE_PIECE_BYTES)));
    },
  );

  it("keeps nothing of bytes that are not its own, and says what differs", async () => {
    const { podId, inbox } = await ownPod();
    const content = Buffer.alloc(FILE_PIECE_BYTES + 5, "x");
    const file = await create(inbox, announced("a", content));
    const wrong = Buffer.alloc(content.byteLength, "y");
    for (const [bytes, says] of [
      [wrong, /SHA-256/],
      [content.subarray(1), /it has 1048580 bytes, and the file 1048581/],
      [Buffer.concat([content, Buffer.alloc(1)]), /more bytes/],
    ] as const)
      await expect(put(file, bytes)).rejects.toThrow(says);
    await expect(put(file, content, { ...asIs, contentType: "text/html" })).rejects.toThrow(/Content-Type/);
    await expect(put(file, content, { ...asIs, sha256: digest(wrong) })).rejects.toThrow(/Content-Digest/);
    await expect(put(file, content, { ...asIs, sizeBytes: 1 })).rejects.toThrow(/1 bytes/);
    await sweepBlobs(t.database, podId);
    expect(await kept(podId)).toEqual({ pieces: 0, blobs: 0 });
    await put(file, content);
    await expect(put(file, wrong)).rejects.toThrow(/SHA-256/);
    expect((await complete(inbox, file)).state).toBe("ready");
  });

  it("is read no further than its size", async () => {
    const { inbox } = await ownPod();
    const file = await create(inbox, announced("a", Buffer.alloc(10)));
    let read = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 4;
        yield Buffer.alloc(4);
      }
    };
    const upload = await openUpload(parts(), file.upload?.token ?? "", asIs);
    await expect(upload.receive(endless(), atOnce)).rejects.toMatchObject({ code: "input.invalid" });
    expect(read).toBe(12);
  });

  it("takes the bytes of the upload that began last alone", async () => {
    const { inbox } = await ownPod();
    const content = Buffer.alloc(2 * FILE_PIECE_BYTES, "x");
    const file = await create(inbox, announced("a", content));
    const token = file.upload?.token ?? "";
    const first = await openUpload(parts(), token, asIs);
    const second = await openUpload(parts(), token, asIs);
    await expect(first.receive(inChunks(content), atOnce)).rejects.toMatchObject({ code: "object.conflict" });
    await second.receive(inChunks(content), atOnce);
    expect((await complete(inbox, file)).state).toBe("ready");
  });
});

describe("the same create once more", () => {
  it("gives the file that is there: with a new upload, completed when its bytes are there, or ready", async () => {
    const { inbox } = await ownPod();
    const content = Buffer.from("content");
    const input = { ...announced("a", content), expiresAt: new Date(Date.now() + HOUR_MS) };
    const first = await create(inbox, input);
    expect(first.expiresAt?.getMilliseconds()).toBe(0);
    const again = await create(inbox, input);
    expect(again).toMatchObject({ id: first.id, isNew: false, state: "pending" });
    await put(again, content);
    const completed = await create(inbox, { ...input, expiresAt: first.expiresAt ?? input.expiresAt });
    expect(completed).toMatchObject({ id: first.id, isNew: false, state: "ready", upload: null });
    expect(await create(inbox, input)).toMatchObject({ id: first.id, state: "ready", upload: null });
  });

  it("of another one replaces what has no bytes, and is a conflict with what has some", async () => {
    const { inbox } = await ownPod();
    const [one, two] = [Buffer.from("one"), Buffer.from("two!")];
    const first = await create(inbox, announced("a", one));
    const second = await create(inbox, announced("a", two));
    expect(second).toMatchObject({ isNew: true, size: 4 });
    await expect(put(first, one)).rejects.toMatchObject({ code: "object.not_found" });
    await put(second, two);
    const refused = () => t.refusal(t.rootToken, createFile, { inbox }, announced("a", one));
    expect(await refused()).toMatchObject({ code: "object.conflict" });
    await complete(inbox, second);
    expect(await refused()).toMatchObject({ code: "object.conflict" });
    expect(await list(inbox)).toEqual(["a"]);
  });
});

it("a key that may not read has to do with its own files alone, and gets no link", async () => {
  const { inbox } = await ownPod();
  const writer = (await t.seed.key({ inbox }, "file_create", "file_delete")).token;
  const content = Buffer.from("content");
  const theirs = await made(inbox, "theirs", content);
  const pending = await create(inbox, announced("pending", content));
  for (const path of ["theirs", "pending"])
    expect(await t.refusal(writer, createFile, { inbox }, announced(path, content))).toMatchObject({
      code: "object.conflict",
    });
  for (const { id } of [theirs, pending])
    for (const operation of [completeFile, deleteFile])
      expect(await t.refusal(writer, operation, { inbox }, { fileId: id })).toMatchObject({
        code: "object.not_found",
      });
  const own = await create(inbox, announced("own", content), writer);
  expect((await create(inbox, announced("own", content), writer)).id).toBe(own.id);
  await put(own, content);
  expect(await complete(inbox, own, writer)).toMatchObject({ state: "ready", download: null });
  await t.run(writer, deleteFile, { inbox }, { fileId: own.id });
  expect(await list(inbox)).toEqual(["pending", "theirs"]);
});

describe("a file whose time is over", () => {
  const at = (hours: number) => {
    const clock = { ...systemClock, now: () => new Date(Date.now() + hours * HOUR_MS) };
    return { door: createDoor({ ...t.parts, clock }), clock };
  };

  it("is absent for everybody, frees its path, and is deleted with its bytes", async () => {
    const { podId, inbox } = await ownPod();
    const content = Buffer.from("content");
    const input = { ...announced("expires", content), expiresAt: new Date(Date.now() + HOUR_MS / 2) };
    const file = await create(inbox, input);
    await put(file, content);
    const { download } = await complete(inbox, file);
    expect(download?.expiresAt).toEqual(file.expiresAt);
    const pending = await create(inbox, announced("pending", content));
    const { door, clock } = at(25);
    const actor = await t.authenticator.authenticate(t.rootToken);
    for (const { id: fileId } of [file, pending])
      for (const ask of [
        () => door.run(getFile, actor, { inbox }, { fileId }),
        () => door.run(completeFile, actor, { inbox }, { fileId }),
        () => door.run(deleteFile, actor, { inbox }, { fileId }),
      ])
        await expect(ask()).rejects.toMatchObject({ code: "object.not_found" });
    await expect(openLink({ ...parts(), door, clock }, download?.token ?? "")).rejects.toMatchObject({
      code: "file.expired",
    });
    const fresh = await door.run(createFile, actor, { inbox }, announced("pending", content));
    expect(fresh.isNew).toBe(true);
    const ended = await t.behind((tx) => deleteEndedFiles(tx, systemScope, podId, clock.now(), 10));
    expect(ended).toBe(1);
    await sweepBlobs(t.database, podId);
    expect(await kept(podId)).toEqual({ pieces: 0, blobs: 0 });
  });

  it("may not be over already", async () => {
    const { inbox } = await ownPod();
    const past = { ...announced("past", Buffer.from("x")), expiresAt: new Date(Date.now() - 2000) };
    expect(await t.refusal(t.rootToken, createFile, { inbox }, past)).toMatchObject({
      code: "input.invalid",
      details: { path: ["expiresAt"] },
    });
  });
});

it("a file goes with its inbox to another pod, with its bytes and links", async () => {
  const { podId, inbox } = await ownPod();
  const content = Buffer.alloc(FILE_PIECE_BYTES + 1, "m");
  const file = await made(inbox, "moves", content);
  const target = await t.seed.pod();
  await t.run(t.rootToken, moveInbox, { inbox }, { pod: { id: target } });
  await sweepBlobs(t.database, podId);
  expect(await kept(podId)).toEqual({ pieces: 0, blobs: 0 });
  const linked = await openLink(parts(), file.download?.token ?? "");
  expect(linked.podId).toBe(target);
  expect((await linked.read()).equals(content)).toBe(true);
});

describe("what an organization may have", () => {
  it("is counted in all of its pods, pending files included, and exactly when many ask at once", async () => {
    const { inbox } = await ownPod();
    const other = (await ownPod()).inbox;
    const { rows } = await t.behind((tx) =>
      sql<{ bytes: string }>`select coalesce(sum(size), 0) as bytes from files`.execute(
        tx.within(systemScope),
      ),
    );
    const large = (index: number) => ({
      ...announced(`large-${index}`, Buffer.from("x")),
      size: MAX_FILE_BYTES,
    });
    const room = Math.floor((MAX_FILES_BYTES - Number(rows[0]?.bytes)) / MAX_FILE_BYTES);
    const key = (await t.seed.key({ inbox: other })).token;
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, (_one, index) =>
        index % 2 === 0 ? create(inbox, large(index)) : create(other, large(index), key),
      ),
    );
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(room);
    for (const one of asked)
      if (one.status === "rejected")
        expect(one.reason).toMatchObject({
          code: "limit.exceeded",
          details: { limit: { resource: "fileBytes", count: MAX_FILES_BYTES } },
        });
    // Smaller in the place of one that has no bytes.
    const [path] = await list(inbox);
    expect((await create(inbox, announced(path ?? "", Buffer.from("small")))).isNew).toBe(true);
  });

  it("is so many files", async () => {
    const { podId, inbox } = await ownPod();
    await t.behind((tx) =>
      sql`insert into files (pod_id, id, organization_id, inbox_id, path, size, sha256, content_type, state, ends_at, created_at, updated_at)
        select pod_id, gen_random_uuid(), organization_id, id, 'many-' || n, 0, '', 'a/b', 'pending', 'infinity', now(), now()
        from inboxes cross join generate_series(1, ${MAX_FILES}) as n where address = ${inbox}`.execute(
        tx.within(systemScope),
      ),
    );
    expect(
      await t.refusal(t.rootToken, createFile, { inbox }, announced("one more", Buffer.from("x"))),
    ).toMatchObject({ code: "limit.exceeded", details: { limit: { resource: "file", count: MAX_FILES } } });
    await t.behind((tx) => sql`delete from files where pod_id = ${podId}`.execute(tx.within(systemScope)));
  });
});
