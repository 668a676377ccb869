/** Large mails are read and written on threads of their own: the worst of them would hold everybody else up for seconds. */
import { extname } from "node:path";
import { fail, type Warn } from "../domain/door/failures.ts";
import {
  LARGE_MAIL_BYTES,
  MAIL_THREAD_HEAP_MB,
  MAIL_THREAD_IDLE_MS,
  MAIL_THREAD_MS,
} from "../domain/limits.ts";
import { asBuffer } from "../lib/as-buffer.ts";
import { createThreadPool, ThreadFailure } from "../lib/thread-pool.ts";
import {
  directMailWork,
  type MailToCompose,
  type MailWork,
  type OpenedMail,
  openStart,
  type WrittenMail,
} from "../protocols/mime/index.ts";

export type MailTask =
  | { readonly kind: "open"; readonly raw: Uint8Array; readonly trace: string }
  | { readonly kind: "write"; readonly mail: MailToCompose };

export interface MailThreads extends MailWork {
  close(): Promise<void>;
}

export interface MailThreadsParts {
  readonly warn: Warn;
  /** At once; one core is left to everybody else where there are several. */
  readonly threads: number;
  /** For one mail; MAIL_THREAD_MS when absent. */
  readonly timeoutMs?: number;
  /** Of one thread; MAIL_THREAD_HEAP_MB when absent. */
  readonly heapMegabytes?: number;
}

/** A checkout runs its sources, a published package what was compiled of them. */
const entry = new URL(`./mail-thread${extname(import.meta.url)}`, import.meta.url);

export function createMailThreads({ warn, threads, ...bounds }: MailThreadsParts): MailThreads {
  const pool = createThreadPool({
    entry,
    threads,
    heapMegabytes: bounds.heapMegabytes ?? MAIL_THREAD_HEAP_MB,
    timeoutMs: bounds.timeoutMs ?? MAIL_THREAD_MS,
    idleMs: MAIL_THREAD_IDLE_MS,
  });
  const run = (task: MailTask): Promise<unknown> => pool.run(task);
  return {
    async open(raw, trace) {
      if (raw.byteLength <= LARGE_MAIL_BYTES) return directMailWork.open(raw, trace);
      try {
        // Decoder: what the thread made with the same interface, its buffers being plain views.
        return withBuffers((await run({ kind: "open", raw, trace })) as OpenedMail);
      } catch (error) {
        // Refused, it would come again, cost the same again, and be lost in the end.
        warn("only the start of a mail is read", error);
        return openStart(raw, trace);
      }
    },
    async write(mail) {
      if (sizeOf(mail) <= LARGE_MAIL_BYTES) return directMailWork.write(mail);
      try {
        // Decoder: as above.
        return writtenWithBuffers((await run({ kind: "write", mail })) as WrittenMail);
      } catch (error) {
        if (!(error instanceof ThreadFailure)) throw error;
        throw fail("service.unavailable", {
          say: "The message could not be composed in time",
          fix: "Try again in a few seconds.",
          because: error.message,
        });
      }
    },
    close: () => pool.close(),
  };
}

const sizeOf = ({ text, html, attachments }: MailToCompose): number =>
  (text?.length ?? 0) +
  (html?.length ?? 0) +
  attachments.reduce((sum, { content }) => sum + content.byteLength, 0);

function withBuffers(opened: OpenedMail): OpenedMail {
  return {
    ...opened,
    sha256: asBuffer(opened.sha256),
    storedSha256: asBuffer(opened.storedSha256),
    attachments: opened.attachments.map((attachment) => ({
      ...attachment,
      sha256: asBuffer(attachment.sha256),
    })),
  };
}

function writtenWithBuffers(written: WrittenMail): WrittenMail {
  return {
    ...written,
    raw: asBuffer(written.raw),
    sha256: asBuffer(written.sha256),
    attachmentSha256: written.attachmentSha256.map(asBuffer),
  };
}
