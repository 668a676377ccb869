/** Mails made at random, and what their makers meant by them: structure, encodings, charsets, and headers as programs write them. */
import fc from "fast-check";
import iconv from "iconv-lite";

export interface GeneratedFile {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** A mail and its meaning. */
export interface GeneratedMail {
  readonly raw: Buffer;
  readonly subject: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly date: string;
  readonly text: string;
  /** Null for a mail without. */
  readonly html: string | null;
  readonly files: readonly GeneratedFile[];
  /** What is odd about it, by which known differences are found. */
  readonly oddities: ReadonlySet<string>;
}

/** Words that can be written in a charset. */
const scripts: readonly (readonly [charset: string, words: readonly string[]])[] = [
  ["utf-8", ["Größe", "naïve", "日本", "Привет", "😀", "plain"]],
  ["iso-8859-1", ["Größe", "naïve", "señor", "plain"]],
  ["iso-8859-2", ["Łódź", "žluťoučký", "plain"]],
  ["windows-1252", ["“quoted”", "Größe", "€5"]],
  ["windows-1251", ["Привет", "день"]],
  ["koi8-r", ["Привет", "день"]],
  ["gbk", ["你好", "世界"]],
  ["big5", ["你好", "世界"]],
  ["shift_jis", ["日本語", "ご注文"]],
  ["euc-kr", ["한국어", "펲시", "편지"]],
  ["cp850", ["Größe", "né"]],
  ["us-ascii", ["plain", "words", "only"]],
];

const script = fc.constantFrom(...scripts).chain(([charset, words]) =>
  fc.record({
    charset: fc.constant(charset),
    words: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 5 }),
  }),
);
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

const encode = (text: string, charset: string): Buffer => iconv.encode(text, charset);
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text);

function quotedPrintable(bytes: Buffer): string {
  const escaped = [...bytes].map((byte) =>
    byte === 0x0a
      ? "\r\n"
      : byte > 0x20 && byte < 0x7f && byte !== 0x3d
        ? String.fromCharCode(byte)
        : `=${hexOf(byte)}`,
  );
  return escaped.join("").replaceAll(/(?:[^\r\n=]|=[0-9A-F]{2}){60}(?=[^\r\n])/g, "$&=\r\n");
}
const hexOf = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");

/** An encoded word for each of the words, blanks inside them. */
function encodedWords(words: readonly string[], charset: string, encoding: "B" | "Q"): string {
  return words
    .map((word, index) => {
      const bytes = encode(index === 0 ? word : ` ${word}`, charset);
      const content =
        encoding === "B"
          ? bytes.toString("base64")
          : [...bytes].map((byte) => (byte === 0x20 ? "_" : `=${hexOf(byte)}`)).join("");
      return `=?${charset}?${encoding}?${content}?=`;
    })
    .join("\r\n ");
}

const headerText = (written: Script, encoding: "B" | "Q"): string => {
  const text = written.words.join(" ");
  return isAscii(text) ? text : encodedWords(written.words, written.charset, encoding);
};

const lines = fc.record({
  script,
  count: fc.integer({ min: 1, max: 6 }),
  encoding: fc.constantFrom("base64" as const, "quoted-printable" as const, "8bit" as const),
});

interface WrittenPart {
  readonly head: string;
  readonly body: Buffer;
}

function textPart(
  { script: { charset, words }, count, encoding }: typeof lines extends fc.Arbitrary<infer T> ? T : never,
  isHtml: boolean,
) {
  const line = words.join(" ");
  const plain = Array.from({ length: count }, (_, index) => `${index} ${line}`).join("\n");
  const text = isHtml ? `<p>${plain}</p>` : plain;
  const bytes = encode(text.replaceAll("\n", "\r\n"), charset);
  const body =
    encoding === "base64"
      ? latin1(bytes.toString("base64").replaceAll(/.{76}/g, "$&\r\n"))
      : encoding === "quoted-printable"
        ? latin1(quotedPrintable(encode(text, charset)))
        : bytes;
  const head = `Content-Type: text/${isHtml ? "html" : "plain"}; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}`;
  return { text, part: { head, body } };
}

const file = fc.record({
  stem: fc.constantFrom("report", "a b", "Größe", "Привет", "日本語", "x(1)"),
  style: fc.constantFrom(
    "quoted" as const,
    "rfc2231" as const,
    "pieces" as const,
    "words" as const,
    "name" as const,
  ),
  type: fc.constantFrom("application/pdf", "text/csv", "image/png", "application/octet-stream"),
  content: fc.uint8Array({ maxLength: 200 }),
  isDisposed: fc.constantFrom("attachment", "inline"),
});
type FileSpec = typeof file extends fc.Arbitrary<infer T> ? T : never;

function percent(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${hexOf(byte)}`).join("");
}

function nameParameter(key: string, name: string, style: FileSpec["style"]): string {
  if (style === "rfc2231") return `${key}*=utf-8''${percent(name)}`;
  if (style === "pieces") {
    const encoded = percent(name);
    const cut = Math.ceil(encoded.length / 6) * 3;
    return `${key}*0*=utf-8''${encoded.slice(0, cut)};\r\n ${key}*1*=${encoded.slice(cut)}`;
  }
  return isAscii(name) ? `${key}="${name}"` : `${key}="=?utf-8?B?${Buffer.from(name).toString("base64")}?="`;
}

function filePart(
  spec: FileSpec,
  index: number,
): { readonly file: GeneratedFile; readonly part: WrittenPart } {
  const filename = `${spec.stem}-${index}.bin`;
  const content = Buffer.from(spec.content);
  const named = spec.style === "name";
  const type = `Content-Type: ${spec.type}${named ? `;\r\n ${nameParameter("name", filename, "quoted")}` : ""}`;
  const disposition = named ? "" : `; ${nameParameter("filename", filename, spec.style)}`;
  const head = `${type}\r\nContent-Disposition: ${spec.isDisposed}${disposition}\r\nContent-Transfer-Encoding: base64`;
  const body = latin1(content.toString("base64").replaceAll(/.{76}/g, "$&\r\n"));
  return { file: { filename, contentType: spec.type, content }, part: { head, body } };
}

const multipart = (
  subtype: string,
  boundary: string,
  parts: readonly WrittenPart[],
  isClosed = true,
): WrittenPart => ({
  head: `Content-Type: multipart/${subtype}; boundary="${boundary}"`,
  body: Buffer.concat([
    ...parts.flatMap(({ head, body }) => [latin1(`--${boundary}\r\n${head}\r\n\r\n`), body, latin1("\r\n")]),
    latin1(isClosed ? `--${boundary}--\r\n` : ""),
  ]),
});

const harms = ["semicolon", "boundary", "footer"] as const;

/** What happens to mail on its way, where it can happen to this one. */
function damage(
  { head, body }: WrittenPart,
  harm: (typeof harms)[number] | "none",
): WrittenPart & { readonly oddity: string } {
  const isMultipart = head.includes("multipart/");
  if (harm === "semicolon" && isMultipart)
    return { head: head.replace(";", ""), body, oddity: "no semicolon" };
  if (harm === "boundary" && isMultipart)
    return { head: head.replace("=_", "=_other"), body, oddity: "wrong boundary" };
  if (harm === "footer" && head.includes("base64") && !isMultipart)
    return {
      head,
      body: Buffer.concat([body, latin1("\r\n\r\n_____\r\nA list of ours\r\n")]),
      oddity: "text behind base64",
    };
  return { head, body, oddity: "" };
}

/** Ways to write 20 August 2026, 08:00 UTC. */
const dates: readonly (readonly [written: string, oddity: string])[] = [
  ["Thu, 20 Aug 2026 10:00:00 +0200", ""],
  ["20 Aug 2026 08:00:00 GMT", ""],
  ["Thu, 20 Aug 2026 04:00:00 EDT", ""],
  ["Thu, 20 Aug 26 08:00 +0000 (UTC)", ""],
  ["Thu, 20 Aug 2026 10:00:00 CEST", "zone by name"],
  ["Do, 20 Aug 2026 10:00:00 +0200", "day in another tongue"],
];

/** Ways to write two recipients. */
const recipients: readonly (readonly [written: string, addresses: readonly string[], oddity: string])[] = [
  ["a@x.test, b@y.test", ["a@x.test", "b@y.test"], ""],
  ["A <a@x.test>,\r\n B <b@y.test>", ["a@x.test", "b@y.test"], ""],
  ['"Lee, A" <a@x.test>, b@y.test (B)', ["a@x.test", "b@y.test"], ""],
  ["Team: a@x.test, B <b@y.test>;", ["a@x.test", "b@y.test"], "group"],
  ['"a b"@x.test, b@y.test', ['"a b"@x.test', "b@y.test"], "quoted local part"],
  ["A <a(comment)@x.test>, b@y.test", ["a@x.test", "b@y.test"], "comment in address"],
  ["A <a..b@x.test>, b@y.test", ["a..b@x.test", "b@y.test"], "two dots"],
];

export const generatedMail: fc.Arbitrary<GeneratedMail> = fc
  .record({
    subject: script,
    sender: script,
    word: fc.constantFrom("B" as const, "Q" as const),
    date: fc.constantFrom(...dates),
    to: fc.constantFrom(...recipients),
    text: lines,
    html: fc.option(lines),
    files: fc.array(file, { maxLength: 3 }),
    isClosed: fc.boolean(),
    lineFeeds: fc.boolean(),
    harm: fc.constantFrom("none" as const, "none" as const, ...harms),
  })
  .map(({ subject, sender, word, date, to, text, html, files, isClosed, lineFeeds, harm }) => {
    const plain = textPart(text, false);
    const rich = html === null ? null : textPart(html, true);
    const written = files.map(filePart);
    const body = rich === null ? plain.part : multipart("alternative", "=_alt", [plain.part, rich.part]);
    const whole =
      written.length === 0
        ? body
        : multipart("mixed", "=_mix", [body, ...written.map(({ part }) => part)], isClosed);
    const damaged = damage(whole, harm);
    const head = [
      `Subject: ${headerText(subject, word)}`,
      `From: ${headerText(sender, word)} <jane@x.test>`,
      `To: ${to[0]}`,
      `Date: ${date[0]}`,
      "MIME-Version: 1.0",
      damaged.head,
      "",
      "",
    ].join("\r\n");
    const raw = Buffer.concat([latin1(head), damaged.body]);
    return {
      raw:
        lineFeeds && text.encoding !== "8bit" ? latin1(raw.toString("latin1").replaceAll("\r\n", "\n")) : raw,
      subject: subject.words.join(" "),
      from: "jane@x.test",
      to: to[1],
      date: "2026-08-20T08:00:00.000Z",
      text: plain.text,
      html: rich?.text ?? null,
      files: written.map((each) => each.file),
      oddities: new Set(
        [
          date[1],
          to[2],
          ...files.map(({ style }) => `name in ${style}`),
          `text in ${text.script.charset}`,
          `html in ${html?.script.charset ?? "nothing"}`,
          `subject in ${subject.charset}`,
          isClosed || written.length === 0 ? "" : "multipart not closed",
          damaged.oddity,
        ].filter((oddity) => oddity !== ""),
      ),
    };
  });
