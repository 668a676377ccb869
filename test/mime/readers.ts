/** Two readers of mail that share no code with ours, and what all three say of one in the same words. */
import { execFileSync, spawnSync } from "node:child_process";
import { type AddressObject, simpleParser } from "mailparser";
import { parseMail } from "../../src/protocols/mime/parse.ts";

export interface Reading {
  readonly subject: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly date: string;
  /** Without white space at its ends, line ends as `\n`. */
  readonly text: string;
  readonly html: string;
  /** Name, type and content in hex of each. */
  readonly files: readonly string[];
}

export const fields = ["subject", "from", "to", "date", "text", "html", "files"] as const;

const shown = (text: string | null | undefined | false): string =>
  (text || "").replaceAll("\r\n", "\n").trim();

export const fileLine = (name: string | null | undefined, type: string, content: Uint8Array): string =>
  `${name ?? ""}|${type}|${Buffer.from(content).toString("hex")}`;

export function readWithOurs(raw: Buffer): Reading {
  const mail = parseMail(raw);
  return {
    subject: mail.subject ?? "",
    from: /<([^<>]*)>$/.exec(mail.fromText)?.[1] ?? mail.fromText,
    to: mail.to.map(({ address }) => address),
    date: mail.date?.toISOString() ?? "",
    text: shown(mail.text),
    html: shown(mail.html),
    files: mail.attachments.map(({ filename, contentType, content }) =>
      fileLine(filename, contentType, content),
    ),
  };
}

export async function readWithMailparser(raw: Buffer): Promise<Reading> {
  const options = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };
  const mail = await simpleParser(raw, options);
  const addresses = (list: AddressObject | AddressObject[] | undefined): string[] =>
    [list ?? []]
      .flat()
      .flatMap(({ value }) => value)
      .flatMap((each) => each.group ?? [each])
      .map(({ address }) => address ?? "");
  return {
    subject: mail.subject ?? "",
    from: addresses(mail.from)[0] ?? "",
    to: addresses(mail.to),
    date: mail.date?.toISOString() ?? "",
    text: shown(mail.text),
    html: shown(mail.html),
    files: mail.attachments.map(({ filename, contentType, content }) =>
      fileLine(filename, contentType, content),
    ),
  };
}

export const hasPython = spawnSync("python3", ["--version"]).status === 0;

const program = String.raw`
import sys, json, base64, email, email.policy, email.utils, datetime
def text_of(part):
    data = part.get_payload(decode=True) or b""
    try: return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError: return data.decode("latin-1")
def read(raw):
    m = email.message_from_bytes(raw, policy=email.policy.default)
    def field(f):
        try: return f()
        except Exception as e: return "failed: " + type(e).__name__
    out = {"text": [], "html": [], "files": []}
    for part in m.walk():
        if part.is_multipart(): continue
        name = field(lambda: part.get_filename()) or ""
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not name:
            out["text" if kind == "text/plain" else "html"].append(text_of(part))
        else:
            out["files"].append("%s|%s|%s" % (name, kind, (part.get_payload(decode=True) or b"").hex()))
    def when():
        d = email.utils.parsedate_to_datetime(m["date"])
        d = d if d.tzinfo else d.replace(tzinfo=datetime.timezone.utc)
        return d.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"subject": field(lambda: str(m["subject"])), "from": field(lambda: m["from"].addresses[0].addr_spec),
            "to": field(lambda: [a.addr_spec for a in m["to"].addresses]), "date": field(when),
            "text": "\n".join(out["text"]), "html": "\n".join(out["html"]), "files": out["files"]}
print(json.dumps([read(base64.b64decode(line)) for line in sys.stdin if line.strip()]))
`;

/** All of them in one process. */
export function readWithPython(mails: readonly Buffer[]): Reading[] {
  const input = mails.map((raw) => raw.toString("base64")).join("\n");
  const output = execFileSync("python3", ["-c", program], {
    input,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  // What the program above writes.
  const readings = JSON.parse(output) as readonly Reading[];
  return readings.map((reading) => ({ ...reading, text: shown(reading.text), html: shown(reading.html) }));
}
