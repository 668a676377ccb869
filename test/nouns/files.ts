import { createHash } from "node:crypto";
import type { BadValue } from "../bad-input/field-kinds.ts";
import { type TestNoun, thing } from "./noun.ts";

const digest = (content: string): string => createHash("sha256").update(content).digest("base64");

const announced = (path: string, content: string) => ({
  path,
  size: Buffer.byteLength(content),
  sha256: digest(content),
  content_type: "text/plain",
});

const bad = (says: string, value: unknown): BadValue => ({ says, value });

const paths: readonly BadValue[] = [
  ...["", "/", "/a", "a/", "a//b", ".", "..", "a/./b", "a/../b", "a\u0000b", "a\nb", "a\u007f", "a\u0085b"],
  "cut \ud83d",
  "x".repeat(1025),
  "é".repeat(513),
].map((path) => bad(`the path ${JSON.stringify(path.slice(0, 10))}`, path));

const sizes: readonly BadValue[] = [-1, 1.5, 256 * 1024 * 1024 + 1, 1e21, "10"].map((size) =>
  bad(`the size ${size}`, size),
);

const right = digest("right");
const digests: readonly BadValue[] = [
  bad("hexadecimal", createHash("sha256").update("right").digest("hex")),
  bad("without padding", right.replace("=", "")),
  bad("with the URL-safe alphabet", `${"-_".repeat(21)}-=`),
  bad("of 31 bytes", Buffer.alloc(31).toString("base64")),
  bad("of 33 bytes", Buffer.alloc(33).toString("base64")),
  bad("with a line break", `${right}\n`),
  bad("with bits behind its end", `${right.slice(0, -2)}B=`),
  bad("empty", ""),
];

const contentTypes: readonly BadValue[] = [
  "",
  "none",
  "text/plain\r\nX-Own: 1",
  "text/plain; charset=é",
  `text/${"x".repeat(128)}`,
  `text/plain; a=${"x".repeat(512)}`,
].map((type) => bad(`the type ${JSON.stringify(type.slice(0, 20))}`, type));

const expiries: readonly BadValue[] = [
  bad("in the past", "2020-01-01T00:00:00Z"),
  bad("without an offset", "2099-01-01T00:00:00"),
  bad("with an offset of two days", "2099-01-01T00:00:00+48:00"),
  bad("on no day", "2099-02-30T00:00:00Z"),
  bad("a word", "tomorrow"),
  bad("behind the last year of four digits", "9999-12-31T23:59:59.5Z"),
];

/** Files that bodies have named so far: a path that is taken is none for the next. */
let made = 0;

/** A file of the inbox whose bytes are uploaded, and that is ready. */
export const files: TestNoun = {
  dialect: "v0",
  tables: ["files", "file_pieces"],
  refusesMalformed: ["file_id"],
  absent: { file_id: "0190a000-0000-7000-8000-00000000dead" },
  async furnish({ request, name, things }) {
    const content = `kept secret of ${name}`;
    const base = `/v0/inboxes/${thing(things, "inbox_id")}/files`;
    const { text } = await request("POST", base, announced("secret.txt", content));
    // Cast: the answer of a create.
    const { file_id: id, upload } = JSON.parse(text) as {
      file_id: string;
      upload: { url: string; headers: Record<string, string> };
    };
    await fetch(upload.url, { method: "PUT", headers: upload.headers, body: content });
    await request("POST", `${base}/${id}/complete`, {});
    return { file_id: id };
  },
  routes: {
    "files.list": {},
    "files.get": {},
    "files.create": {
      body: () => announced(`another-${++made}.txt`, "another"),
      fields: {
        path: paths,
        size: sizes,
        sha256: digests,
        content_type: contentTypes,
        expires_at: expiries,
      },
      empty: "path",
    },
    "files.delete": {},
    "files.complete": {},
  },
};
