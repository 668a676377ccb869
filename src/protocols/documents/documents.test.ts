import { deflateSync } from "node:zlib";
import { strToU8, type Zippable, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { pdfOf } from "../../../test/support/pdf.ts";
import { type Bounds, extractText, type Format, formatOf } from "./index.ts";

const bounds: Bounds = { inflatedBytes: 1_000_000, characters: 10_000 };
const read = (content: Uint8Array | string, format: Format, more: Partial<Bounds> = {}) =>
  extractText(Buffer.from(content), format, { ...bounds, ...more });

const zip = (parts: Readonly<Record<string, string>>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)])) as Zippable);

const docx = (body: string): Uint8Array =>
  zip({
    "word/document.xml": `<?xml version="1.0"?><w:document xmlns:w="x"><w:body>${body}</w:body></w:document>`,
    "word/vbaProject.bin": "macro",
  });
const paragraph = (text: string): string => `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;

const workbook = (sheet: string): Uint8Array =>
  zip({
    "xl/workbook.xml": '<workbook><sheets><sheet name="Orders &amp; more" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels":
      '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/sharedStrings.xml": "<sst><si><t>Item</t></si><si><r><t>Two</t></r><r><t> parts</t></r></si></sst>",
    "xl/styles.xml":
      '<styleSheet><numFmts><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    "xl/worksheets/sheet1.xml": `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
  });

describe("formatOf", () => {
  it.each([
    ["application/pdf", null, "pdf"],
    ["text/csv; charset=utf-8", "a.bin", "plain"],
    ["text/html", null, "html"],
    ["application/octet-stream", "Order.XLSX", "xlsx"],
    ["application/json", null, "plain"],
    [null, "notes.docx", "docx"],
    ["image/png", "scan.pdf", null],
    ["application/msword", "old.doc", null],
    ["text/rtf", "letter.rtf", null],
    [null, null, null],
  ] as const)("%s named %s is %s", (type, name, format) => {
    expect(formatOf(type, name)).toBe(format);
  });
});

describe("extractText", () => {
  it("of Word gives paragraphs, tabs and rows of tables, and nothing of macros, fields and deleted text", async () => {
    const cell = (text: string): string => `<w:tc>${paragraph(text)}</w:tc>`;
    const body = `${paragraph("Ann &amp; Bob")}<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:instrText>PAGE</w:instrText><w:delText>gone</w:delText></w:r></w:p><w:tbl><w:tr>${cell("x")}${cell("y")}</w:tr></w:tbl>`;
    expect(await read(docx(body), "docx")).toBe("Ann & Bob\na\tb\nx \ty");
  });

  it("of Excel gives each sheet with its rows, strings, dates and results of formulas", async () => {
    const row = (cells: string): string => `<row>${cells}</row>`;
    const sheet = [
      row('<c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c>'),
      row(
        '<c r="A2" s="1"><v>45000</v></c><c r="B2" s="2"><v>45000.5</v></c><c r="C2"><f>1+1</f><v>2</v></c>',
      ),
      row('<c r="A3" t="inlineStr"><is><t>inline</t></is></c><c r="B3" t="b"><v>1</v></c>'),
    ].join("");
    expect(await read(workbook(sheet), "xlsx")).toBe(
      "Orders & more\nItem\t\tTwo parts\n2023-03-15\t2023-03-15 12:00:00\t2\ninline\tTRUE",
    );
  });

  it("of PDF gives its text layer", async () => {
    expect(await read(pdfOf("Invoice 42"), "pdf")).toBe("Invoice 42");
  });

  it("of HTML gives what a reader sees", async () => {
    const html =
      "<html><head><title>t</title><style>p{}</style></head><body><p>One<br>two &euro;</p><script>alert(1)</script><table><tr><td>a</td><td>b</td></tr></table></body></html>";
    expect(await read(html, "html")).toBe("One\ntwo €\n\na\tb");
  });

  it("of text reads its character set", async () => {
    expect(await read("a,b\nü,ß", "plain")).toBe("a,b\nü,ß");
    expect(await read(Buffer.from([0xff, 0xfe, 0x41, 0, 0x42, 0]), "plain")).toBe("AB");
    expect(await read(Buffer.from([0xfe, 0xff, 0, 0x41, 0, 0x42]), "plain")).toBe("AB");
    expect(await read(Buffer.from("\ufeff{}"), "plain")).toBe("{}");
  });

  it("of what a sender called otherwise is that of what it is", async () => {
    const sheet = workbook('<row><c r="A1"><v>42</v></c></row>');
    for (const called of ["plain", "html", "docx", "xlsx", "pdf"] as const) {
      expect(await read(pdfOf("Invoice 42"), called)).toBe("Invoice 42");
      expect(await read(docx(paragraph("Word")), called)).toBe("Word");
      expect(await read(sheet, called)).toBe("Orders & more\n42");
    }
  });

  it("ends after as many characters as may be", async () => {
    const most = { characters: 100 };
    const long = "word ".repeat(1000);
    for (const [content, format] of [
      [docx(paragraph(long)), "docx"],
      [workbook(`<row><c r="A1" t="str"><v>${long}</v></c></row>`), "xlsx"],
      [pdfOf(long), "pdf"],
      [`<p>${long}</p>`, "html"],
      [long, "plain"],
    ] as const)
      expect((await read(content, format, most))?.length, format).toBeLessThanOrEqual(100);
  });

  it.each([
    ["a Word document that inflates to too much", docx(paragraph("x".repeat(2_000_000))), "docx"],
    [
      "a workbook that does",
      workbook(`<row><c r="A1" t="str"><v>${"x".repeat(2_000_000)}</v></c></row>`),
      "xlsx",
    ],
    ["a PDF that does", pdfOf("", deflateSync(Buffer.alloc(2_000_000, " "))), "pdf"],
    [
      "a PDF whose filters are nested",
      pdfOf("", deflateSync(deflateSync("x")), "[/FlateDecode /FlateDecode]"),
      "pdf",
    ],
    ["an archive that is cut", docx(paragraph("x")).subarray(0, 100), "docx"],
    ["an archive of something else", zip({ "a.txt": "x" }), "docx"],
    ["a PDF without text", pdfOf(""), "pdf"],
    ["no PDF at all", "hello", "pdf"],
    ["bytes that are no text", Buffer.from([0, 1, 2, 3, 0]), "plain"],
    ["nothing", "", "plain"],
    ["only spaces", " \n\t", "html"],
  ] as const)("%s has no text", async (_name, content, format) => {
    expect(await read(content, format)).toBeNull();
  });

  const shown = "BT /F1 24 Tf 72 700 Td (Hello) Tj ET";
  const filler = " ".repeat(5_000_000);
  const streams = {
    "by an abbreviated filter": [deflateSync(shown + filler), "/Fl"],
    "by a filter on text": [Buffer.from(`${deflateSync(shown + filler).toString("hex")}>`), "[/AHx /Fl]"],
    "by a filter whose name is spelled oddly": [deflateSync(shown + filler), "/Fl#61teDecode"],
    "by runs": [Buffer.concat([runs(shown), Buffer.from("\x81 ".repeat(50_000), "latin1")]), "/RL"],
    "behind a space": [deflateSync(shown + filler), "/Fl", " \n"],
    "behind a carriage return": [deflateSync(shown + filler), "/Fl", "\r"],
    "behind a word that says that it ends": [
      deflateSync(`%\nendstream\n${shown}${filler}`, { level: 0 }),
      "/Fl",
    ],
  } as const;

  it.each(Object.entries(streams))(
    "a PDF that inflates to too much %s has no text, and has within its bounds",
    async (_name, [content, filter, end]) => {
      const pdf = pdfOf("", content, filter, end);
      expect(await read(pdf, "pdf")).toBeNull();
      expect(await read(pdf, "pdf", { inflatedBytes: 50_000_000 })).toBe("Hello");
    },
  );

  it("what a PDF took is counted for it alone", async () => {
    const names = () => [globalThis.Uint8Array, globalThis.Int8Array, globalThis.DecompressionStream];
    const before = names();
    await read(pdfOf("", deflateSync(filler)), "pdf");
    expect(names()).toEqual(before);
    expect(await read(pdfOf("Invoice 42"), "pdf")).toBe("Invoice 42");
  });

  // A reader that needs more than linear time runs into the timeout.
  it.each([
    ["open elements", `${"<div>".repeat(200_000)}Hello`],
    ["closed ones", `${"<blockquote>".repeat(200_000)}Hello${"</blockquote>".repeat(200_000)}`],
    ["end tags of nothing", `${"<b>".repeat(200_000)}${"</i>".repeat(200_000)}Hello`],
    ["tables", `Hello${"<table><tr><td>".repeat(100_000)}`],
    ["drawings", `${"<svg><math>".repeat(100_000)}</math></svg>`.repeat(2)],
    ["attributes", `<p ${"a b=1 ".repeat(100_000)}>Hello`],
    ["a comment", `Hello<!--${"<!--".repeat(500_000)}`],
    ["style", `<style>${"a{b:c}".repeat(900_000)}</style>Hello`],
  ])("HTML of nothing but %s is read within bounds", async (_name, html) => {
    const text = await read(html, "html");
    expect(text).toBe(html.includes("Hello") ? "Hello" : null);
  });

  it("what stands too deep for its place is read, and no script of it", async () => {
    const deep = `${"<font>".repeat(1000)}Deep<script>run()</script>${"</font>".repeat(1000)}<p>Below</p>`;
    expect(await read(deep, "html")).toBe("Deep\nBelow");
  });

  it("a Word document that nests deeper than any has none, however deep", async () => {
    const body = (depth: number): string => `${"<w:p>".repeat(depth)}<w:t>x</w:t>`;
    expect(await read(docx(body(200_000)), "docx", { inflatedBytes: 10_000_000 })).toBeNull();
    expect(await read(docx(body(100)), "docx")).toContain("x");
  });

  it("an encrypted archive has none", async () => {
    const archive = Buffer.from(docx(paragraph("x")));
    archive.writeUInt16LE(1, 6);
    expect(await read(archive, "docx")).toBeNull();
  });

  it("an archive that says of an entry that it is smaller than it is, is cut off or has none", async () => {
    const archive = Buffer.from(docx(paragraph("y".repeat(500_000))));
    // The size in the central directory, which is what is read (APPNOTE section 4.3.12).
    const entry = archive.indexOf(Buffer.from("PK\u0001\u0002", "latin1"));
    archive.writeUInt32LE(1000, entry + 24);
    expect((await read(archive, "docx"))?.length ?? 0).toBeLessThanOrEqual(1000);
  });

  it("entities that are defined to expand stay as they are", async () => {
    const bomb = zip({
      "word/document.xml": `<!DOCTYPE x [<!ENTITY a "${"ha".repeat(1000)}"><!ENTITY b "&a;&a;&a;">]><w:document><w:p><w:t>&b;</w:t></w:p></w:document>`,
    });
    expect((await read(bomb, "docx"))?.length ?? 0).toBeLessThan(100);
  });
});

/** As RunLengthDecode reads it: a copy of each piece (PDF 32000-1 section 7.4.5). */
function runs(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length - 1]), Buffer.from(text)]);
}
