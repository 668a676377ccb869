/** What a thread of the pool does: each export is a task of that name, as `mime-pool.ts` calls it. */
import { kTransferable, kValue, Tinypool } from "tinypool";
import { asBuffer } from "../lib/as-buffer.ts";
import {
  type Keys,
  type SignatureVerdicts,
  verifySignatures,
} from "../protocols/authentication/signatures.ts";
import type { DkimSigner } from "../protocols/dkim/index.ts";
import { type ComposedMail, inProcessCodec, type MailToCompose } from "../protocols/mime/index.ts";

export interface ReadTask {
  readonly raw: Uint8Array;
  readonly trace: string;
}

/** Anything thrown would look like a failure of the thread; what the mail is refused for is an answer. */
export type ComposeAnswer =
  | { readonly ok: true; readonly mail: ComposedMail }
  | { readonly ok: false; readonly message: string };

/** @returns a ReadMail. The attachments move together in one piece of memory: many are views of the mail, or of Node's own. */
export async function read({ raw, trace }: ReadTask): Promise<object> {
  const mail = await inProcessCodec.read(raw, trace);
  const sizes = mail.attachments.map(({ content }) => content.byteLength);
  const memory = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0));
  let start = 0;
  const attachments = mail.attachments.map((attachment) => {
    const content = new Uint8Array(memory, start, attachment.content.byteLength);
    content.set(attachment.content);
    start += content.byteLength;
    return { ...attachment, content };
  });
  return moving({ ...mail, attachments }, memory);
}

/** @returns a ComposeAnswer */
export async function compose(mail: MailToCompose): Promise<object> {
  try {
    const attachments = mail.attachments.map((attachment) => ({
      ...attachment,
      content: asBuffer(attachment.content),
    }));
    const composed = await inProcessCodec.compose({ ...mail, attachments });
    const raw = new Uint8Array(composed.raw);
    return moving({ ok: true, mail: { ...composed, raw } }, raw.buffer);
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

export interface SignTask {
  readonly raw: Uint8Array;
  readonly signers: readonly DkimSigner[];
  readonly at: Date;
}

/** @returns a SignedMail */
export async function sign({ raw, signers, at }: SignTask): Promise<object> {
  const signed = await inProcessCodec.sign(asBuffer(raw), signers, at);
  const bytes = new Uint8Array(signed.raw);
  return moving({ ...signed, raw: bytes }, bytes.buffer);
}

export interface VerifyTask {
  readonly raw: Uint8Array;
  readonly keys: Keys;
}

/** Of DKIM and ARC. */
export const verify = ({ raw, keys }: VerifyTask): Promise<SignatureVerdicts> => verifySignatures(raw, keys);

/** The value, whose memory is transferred to the requesting thread instead of being copied. */
const moving = (value: object, memory: ArrayBuffer): object =>
  Tinypool.move({ [kTransferable]: memory, [kValue]: value });
