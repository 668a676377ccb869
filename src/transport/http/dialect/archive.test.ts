import { unpackTar } from "modern-tar";
import { expect, it } from "vitest";
import { type ArchiveFile, writeArchive } from "./archive.ts";

const at = new Date("2026-11-26T12:00:00Z");
const file = (name: string, content: string | Uint8Array): ArchiveFile => ({
  name,
  content: Buffer.from(content),
  modifiedAt: at,
});

async function* pieces(...given: readonly (readonly ArchiveFile[] | Error)[]) {
  for (const piece of given) {
    if (piece instanceof Error) throw piece;
    yield piece;
  }
}

/** What becomes of an archive, and what is said of it. */
function written(files: ReturnType<typeof pieces>) {
  const said: unknown[] = [];
  const ended = Promise.withResolvers<void>();
  const body = writeArchive({
    files,
    inTurn: (make) => make(),
    failed: (error) => void said.push(error),
    ended: () => ended.resolve(),
  });
  return { body, said, ended: ended.promise };
}

it("an archive has its files in order, long names and large contents too, and ends when they do", async () => {
  const long = `${"a".repeat(150)}/${"b".repeat(150)}.eml`;
  const large = Buffer.alloc(10 * 1024 * 1024 + 7, "x");
  const { body, said, ended } = written(
    pieces([file("pod.json", "{}"), file(long, "ü")], [], [file("large", large)]),
  );
  const entries = await unpackTar(body);
  await ended;
  expect(entries.map(({ header }) => header.name)).toEqual(["pod.json", long, "large"]);
  expect(Buffer.from(entries[1]?.data ?? []).toString()).toBe("ü");
  expect(large.equals(entries[2]?.data ?? Buffer.alloc(0))).toBe(true);
  expect(said).toEqual([]);
});

it("one whose next file fails ends with an error and not like a whole one, and holds nothing any more", async () => {
  const failure = new Error("the bytes are missing");
  const { body, said, ended } = written(pieces([file("one", "1")], failure));
  await expect(new Response(body).arrayBuffer()).rejects.toThrow();
  await ended;
  expect(said).toEqual([failure]);
});

it("one whose reader is gone makes no more files, and holds nothing any more", async () => {
  let made = 0;
  async function* endless() {
    for (;;) yield [file(`${made++}`, Buffer.alloc(1024 * 1024))];
  }
  const { body, ended } = written(endless());
  const reader = body.getReader();
  await reader.read();
  await reader.cancel();
  await ended;
  expect(made).toBeLessThan(20);
});

const piece = (content: string): ArchiveFile => ({ ...file("pieces", content), size: 6 });

it("a file that comes in pieces is one, between others", async () => {
  const given = pieces([file("before", ""), piece("ab")], [piece("cd")], [piece("ef"), file("after", "x")]);
  const entries = await unpackTar(written(given).body);
  expect(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? []).toString()])).toEqual([
    ["before", ""],
    ["pieces", "abcdef"],
    ["after", "x"],
  ]);
});

it.each([
  ["another file follows", [piece("ab"), file("after", "x")]],
  ["nothing follows", [piece("abcd")]],
  ["more follows than there was to be", [piece("abcd"), piece("efg")]],
])("one that has other bytes than its size says breaks the archive: %s", async (_what, files) => {
  const { body, said, ended } = written(pieces(files));
  await expect(new Response(body).arrayBuffer()).rejects.toThrow();
  await ended;
  expect(said).toEqual([new Error("pieces has other bytes than its size says")]);
});
