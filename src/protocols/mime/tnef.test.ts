/** winmail.dat: what [MS-OXTNEF] says, written here by hand, and what nobody should send. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMail } from "./parse.ts";
import { isTnef, tnefFiles } from "./tnef.ts";

const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const bytesOf = (value: string | Buffer): Buffer => (typeof value === "string" ? Buffer.from(value) : value);

const attribute = (level: number, id: number, value: string | Buffer): Buffer => {
  const data = bytesOf(value);
  const checksum = data.reduce((sum, byte) => (sum + byte) & 0xffff, 0);
  return Buffer.concat([Buffer.from([level]), u32(id), u32(data.length), data, u16(checksum)]);
};
const tnef = (...attributes: readonly Buffer[]): Buffer =>
  Buffer.concat([u32(0x223e9f78), u16(1), attribute(1, 0x00089006, u32(0x10000)), ...attributes]);

const start = attribute(2, 0x00069002, Buffer.alloc(14));
const title = (name: string | Buffer): Buffer =>
  attribute(2, 0x00018010, Buffer.concat([bytesOf(name), Buffer.alloc(1)]));
const data = (content: string | Buffer): Buffer => attribute(2, 0x0006800f, content);

const withLength = (value: Buffer): Buffer =>
  Buffer.concat([u32(value.length), value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
/** A property with one value of its own length. */
const property = (type: number, id: number, value: string | Buffer): Buffer =>
  Buffer.concat([u16(type), u16(id), u32(1), withLength(bytesOf(value))]);
const properties = (...list: readonly Buffer[]): Buffer =>
  attribute(2, 0x00069005, Buffer.concat([u32(list.length), ...list]));
const utf16 = (text: string): Buffer => Buffer.from(`${text}\0`, "utf16le");
const longName = (name: string): Buffer => property(0x1f, 0x3707, utf16(name));

const filesOf = (content: Buffer) =>
  tnefFiles(content, () => "windows-1252").map((file) => ({ ...file, content: file.content.toString() }));
const plain = { type: "", contentId: "" };

describe("the files of a winmail.dat", () => {
  test("have the names and the bytes that they were given", () => {
    const content = tnef(
      start,
      title("A.TXT"),
      data("one"),
      start,
      title("B.PDF"),
      data("%PDF"),
      properties(longName("Büro 17.pdf")),
    );
    expect(isTnef(content)).toBe(true);
    expect(filesOf(content)).toEqual([
      { ...plain, name: "A.TXT", content: "one" },
      { ...plain, name: "Büro 17.pdf", content: "%PDF" },
    ]);
  });

  test("have names in the code page that the file names", () => {
    const codePage = attribute(1, 0x00069007, Buffer.concat([u32(1251), u32(0)]));
    const content = tnef(
      codePage,
      start,
      title(Buffer.from([0xc4, 0xe0, 0x2e, 0x74, 0x78, 0x74])),
      data("x"),
    );
    expect(filesOf(content)).toEqual([{ ...plain, name: "Да.txt", content: "x" }]);
  });

  test("have their media type and Content-ID, behind properties of every other kind", () => {
    const named = Buffer.concat([
      u16(0x1f),
      u16(0x8001),
      Buffer.alloc(16),
      u32(1),
      withLength(utf16("abc")),
      u32(1),
      withLength(utf16("v")),
    ]);
    const numbered = Buffer.concat([u16(3), u16(0x8000), Buffer.alloc(16), u32(0), u32(7), u32(1)]);
    const fixed = [
      [2, 4],
      [3, 4],
      [5, 8],
      [0x0b, 4],
      [0x14, 8],
      [0x40, 8],
      [0x48, 16],
    ].map(([type = 0, bytes = 0]) => Buffer.concat([u16(type), u16(0x0e21), Buffer.alloc(bytes)]));
    const severalNumbers = Buffer.concat([u16(0x1003), u16(0x6000), u32(2), u32(1), u32(2)]);
    const severalShorts = Buffer.concat([u16(0x1002), u16(0x6001), u32(3), Buffer.alloc(8)]);
    const severalTexts = Buffer.concat([
      u16(0x101f),
      u16(0x6002),
      u32(2),
      withLength(utf16("one")),
      withLength(utf16("three")),
    ]);
    const content = tnef(
      start,
      data("GIF"),
      properties(
        ...[named, numbered, ...fixed, severalNumbers, severalShorts, severalTexts],
        property(0x1e, 0x370e, "image/gif\0"),
        property(0x1f, 0x3712, utf16("image001@x")),
        property(0x1e, 0x3704, "IMAGE~1.GIF\0"),
      ),
    );
    expect(filesOf(content)).toEqual([
      { name: "IMAGE~1.GIF", type: "image/gif", contentId: "image001@x", content: "GIF" },
    ]);
  });

  test("are listed when their content is a property, and a message in it is one file", () => {
    const object = (id: string, content: string): Buffer =>
      property(0x0d, 0x3701, Buffer.concat([Buffer.from(id, "hex"), Buffer.from(content)]));
    const ole = properties(object("0b00000000000000c000000000000046", "\xd0\xcf"), longName("a.doc"));
    const message = properties(object("0703020000000000c000000000000046", "inner"), longName("Offer"));
    expect(
      filesOf(tnef(start, ole, start, message, data("This attachment is a message"))).map(
        ({ name, content }) => [name, content],
      ),
    ).toEqual([
      ["a.doc", "\xd0\xcf"],
      ["Offer.tnef", "inner"],
    ]);
  });
});

describe("in a mail", () => {
  const mailWith = (type: string, content: Buffer) =>
    parseMail(
      Buffer.from(
        `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee file.\r\n--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${content.toString("base64")}\r\n--b--`,
      ),
    );
  const content = tnef(
    start,
    title("..\\..\\autoexec.bat"),
    data("x"),
    properties(property(0x1e, 0x370e, "text/x\r\nEvil: 1\0")),
  );

  test.each([
    "application/ms-tnef; name=winmail.dat",
    "application/vnd.ms-tnef",
    "application/octet-stream; name=WINMAIL.DAT",
  ])("%s is listed, and behind it what is in it, under a safe name and type", (type) => {
    const { text, attachments } = mailWith(type, content);
    expect(text).toBe("See file.");
    expect(attachments.map(({ filename, contentType }) => [filename, contentType]).slice(1)).toEqual([
      ["autoexec.bat", "application/octet-stream"],
    ]);
    expect(Buffer.from(attachments[0]?.content ?? []).equals(content)).toBe(true);
  });

  test("one that is none, or is called otherwise, stays the one file it is", () => {
    expect(mailWith("application/ms-tnef", Buffer.from("no TNEF")).attachments).toHaveLength(1);
    expect(mailWith("application/zip", content).attachments).toHaveLength(1);
  });

  test("more files than are listed are cut", () => {
    const many = tnef(...Array.from({ length: 1500 }, () => [start, data("x")]).flat());
    const mail = mailWith("application/ms-tnef", many);
    expect(mail.attachments).toHaveLength(1000);
    expect(mail.problems).toEqual(["more than 1000 attachments"]);
  });
});

describe("what nobody should send", () => {
  const whole = tnef(
    start,
    title("a.txt"),
    data("one"),
    properties(longName("b.txt")),
    start,
    title("c.txt"),
    data("two"),
  );

  test("a cut one gives the files that are whole", () => {
    for (let length = 0; length <= whole.length; length++)
      for (const { content } of filesOf(whole.subarray(0, length))) expect(["one", "two"]).toContain(content);
    expect(filesOf(whole.subarray(0, -3)).map(({ name }) => name)).toEqual(["b.txt"]);
  });

  test("any bytes are read without failing, and no file is larger than they are", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.constantFrom(start, data("x"), properties(longName("n"))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(), fc.nat({ max: 255 }), (pieces, at, byte) => {
        const content = tnef(...pieces.map((one) => Buffer.from(one)));
        content[at % content.length] = byte;
        const sizes = tnefFiles(content, () => "windows-1252").map((file) => file.content.length);
        expect(sizes.every((size) => size <= content.length)).toBe(true);
      }),
      { seed: 0x7ef, numRuns: 2000 },
    );
  });

  test.each([
    ["properties", properties(Buffer.concat(Array(400_000).fill(Buffer.concat([u16(3), u16(1), u32(1)]))))],
    ["a count that is not there", properties(Buffer.concat([u16(0x101f), u16(0x3707), u32(0xffffffff)]))],
    [
      "empty values",
      properties(Buffer.concat([u16(0x101f), u16(0x3707), u32(900_000), Buffer.alloc(3_600_000)])),
    ],
    ["attributes", Buffer.concat(Array.from({ length: 300_000 }, () => attribute(1, 1, "")))],
  ])("one of many %s is read to its end in one pass", (_what, part) => {
    expect(filesOf(tnef(start, part, data("behind"))).map(({ content }) => content)).toEqual(["behind"]);
  });
});
