/**
 * The format of transcripts/*.txt. `#` comments; `C: ` a line the client sends, CRLF added; `c: ` the same with nothing added;
 * `S: ` a whole line that the server must answer, `*` for anything; `S: <closed>` that it closes; `TLS` the client starts
 * TLS; `M: from -> inbox, inbox | bytes` a mail that must have been stored, all of them in order. \r \n \0 \\ and \xNN stand
 * for bytes. Lines sent one after another go out in one piece, so that they are pipelined.
 */

export type Step =
  | { readonly kind: "send"; readonly bytes: Buffer }
  | { readonly kind: "expect"; readonly line: string; readonly pattern: RegExp }
  | { readonly kind: "closed" }
  | { readonly kind: "tls" };

export interface Transcript {
  readonly steps: readonly Step[];
  /** As in `M: ` lines, escapes resolved. */
  readonly mails: readonly {
    readonly from: string;
    readonly inboxes: readonly string[];
    readonly raw: string;
  }[];
}

const escapes: Readonly<Record<string, string>> = { r: "\r", n: "\n", "0": "\0", "\\": "\\" };

function resolveEscapes(text: string): string {
  // The file is UTF-8, the wire is bytes: one character each.
  return Buffer.from(text, "utf8")
    .toString("latin1")
    .replaceAll(/\\(?:x([0-9a-f]{2})|(.))/g, (whole, hex: string | undefined, letter: string | undefined) =>
      hex === undefined ? (escapes[letter ?? ""] ?? whole) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

const patternOf = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);

function stepOf(mark: string, text: string): Step {
  if (mark === "TLS") return { kind: "tls" };
  if (mark === "C: ") return { kind: "send", bytes: Buffer.from(`${resolveEscapes(text)}\r\n`, "latin1") };
  if (mark === "c: ") return { kind: "send", bytes: Buffer.from(resolveEscapes(text), "latin1") };
  if (text === "<closed>") return { kind: "closed" };
  return { kind: "expect", line: text, pattern: patternOf(text) };
}

/** @throws with the line that is none of the above */
export function readTranscript(content: string): Transcript {
  const steps: Step[] = [];
  const mails: Transcript["mails"][number][] = [];
  for (const line of content.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const mail = /^M: (.*?) -> ([^|]+) \| (.*)$/.exec(line);
    const step = /^(C: |c: |S: |TLS$)(.*)$/.exec(line);
    if (mail !== null) {
      const [, from = "", inboxes = "", raw = ""] = mail;
      mails.push({ from, inboxes: inboxes.split(", "), raw: resolveEscapes(raw) });
    } else if (step !== null) steps.push(stepOf(step[1] ?? "", step[2] ?? ""));
    else throw new Error(`not a line of a transcript: ${line}`);
  }
  return { steps, mails };
}
