/**
 * DKIM signatures (RFC 6376; Ed25519: RFC 8463), relaxed/relaxed. Libraries were measured and lack two things: they sign on the
 * event loop, and name no field more often than the mail has it; see docs/decisions/0040-domains.md.
 */
import { createHash, hash, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import { canonicalBody, canonicalField } from "./canonical.ts";
import { type Field, splitHeader } from "./header-fields.ts";

export const dkimAlgorithms = ["rsa", "ed25519"] as const;
export type DkimAlgorithm = (typeof dkimAlgorithms)[number];

/** Signs for a domain. A KeyObject is shared with other threads without a copy. */
export interface DkimSigner {
  /** In A-labels, lower case: the `d=` tag. */
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  readonly privateKey: KeyObject;
}

/** What a reader sees of a mail, or answers by (RFC 6376 section 5.4.1). Of a field that occurs several times each is signed. */
const SIGNED_FIELDS = [
  "from",
  "to",
  "cc",
  "subject",
  "date",
  "message-id",
  "mime-version",
  "content-type",
  "reply-to",
  "references",
  "in-reply-to",
  "list-unsubscribe",
  "list-unsubscribe-post",
] as const;

/**
 * Those that a mail has once are named once more, so that a second one added on the way breaks the signature (RFC 6376 section 8.15): readers show
 * the first, verifiers look at the last. These also where the mail has none, as they say who wrote, about what, and who is answered.
 */
const NEVER_ADDED: readonly string[] = ["from", "cc", "subject", "reply-to"];
/** Not among them: relays and lists put theirs beside the author's. */
const ADDED_BY_OTHERS: readonly string[] = ["list-unsubscribe", "list-unsubscribe-post"];

/** Characters of a line of base64 in the field. */
const LINE = 72;

/** In the thread pool: RSA-2048 takes 0.4 ms of a processor. */
const signInPool = promisify(sign);

/**
 * @param raw a whole mail with CR LF line ends
 * @param at seconds in the `t=` tag come of it
 * @returns a DKIM-Signature field for each signer, each with its CRLF, to be put before the mail
 * @throws Error for a mail without From, which no verifier takes
 */
export async function dkimSignatures(raw: Buffer, signers: readonly DkimSigner[], at: Date): Promise<string> {
  if (signers.length === 0) return "";
  const { fields, body } = splitHeader(raw);
  if (!fields.some(({ key }) => key === "from")) throw new Error("a mail without From cannot be signed");
  const signed = selected(fields);
  const names = foldedNames([...signed.map(({ key }) => key), ...oversigned(signed)]);
  const header = signed.map((field) => canonicalField(field)).join("");
  const bodyHash = createHash("sha256").update(canonicalBody(body), "latin1").digest("base64");
  const seconds = Math.floor(at.getTime() / 1000);
  const made = await Promise.all(
    signers.map(async (signer) => {
      const unsigned = unsignedField(signer, names, bodyHash, seconds);
      // Last, with an empty b= and without its line end (RFC 6376 section 3.7).
      const text = header + canonicalField({ key: "dkim-signature", value: unsigned }).slice(0, -2);
      const signature = await signatureOf(signer, Buffer.from(text, "latin1"));
      return `DKIM-Signature:${unsigned}${folded(signature.toString("base64"))}\r\n`;
    }),
  );
  return made.join("");
}

/** The mail with the fields of its signers in front; the same bytes when there are none. As dkimSignatures otherwise. */
export async function dkimSigned(raw: Buffer, signers: readonly DkimSigner[], at: Date): Promise<Buffer> {
  const signatures = await dkimSignatures(raw, signers, at);
  return signatures === "" ? raw : Buffer.concat([Buffer.from(signatures), raw]);
}

/** Each that is there; of those with one name the last first, as verifiers look for them (RFC 6376 section 5.4.2). */
const selected = (fields: readonly Field[]): Field[] =>
  SIGNED_FIELDS.flatMap((name) => fields.filter(({ key }) => key === name).reverse());

const oversigned = (signed: readonly Field[]): string[] =>
  SIGNED_FIELDS.filter(
    (name) =>
      NEVER_ADDED.includes(name) ||
      (!ADDED_BY_OTHERS.includes(name) && signed.some(({ key }) => key === name)),
  );

/** From the colon to the `b=`, whose value follows. */
function unsignedField(
  { domain, selector, algorithm }: DkimSigner,
  names: string,
  bodyHash: string,
  seconds: number,
): string {
  return [
    ` v=1; a=${algorithm}-sha256; c=relaxed/relaxed; t=${seconds};`,
    ` d=${domain}; s=${selector};`,
    ` h=${names};`,
    ` bh=${bodyHash};`,
    " b=",
  ].join("\r\n");
}

/** Names of a line: those of the longest fit. */
const NAMES = 4;

function foldedNames(names: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < names.length; at += NAMES) lines.push(names.slice(at, at + NAMES).join(":"));
  return lines.join(":\r\n  ");
}

const folded = (base64: string): string =>
  (base64.match(new RegExp(`.{1,${LINE}}`, "g")) ?? []).join("\r\n  ");

/** Ed25519 signs the hash (RFC 8463 section 3), and so fast that the way to the pool would cost more. */
async function signatureOf({ algorithm, privateKey }: DkimSigner, text: Buffer): Promise<Buffer> {
  return algorithm === "rsa"
    ? signInPool("sha256", text, privateKey)
    : sign(null, hash("sha256", text, "buffer"), privateKey);
}
