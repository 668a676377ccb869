/** Worker threads for large mail, and for what takes as long: the worst of it would hold up the event loop, and with it every tenant, for seconds. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import { Tinypool } from "tinypool";
import { fail, type Warn } from "../domain/door/failures.ts";
import { LARGE_MAIL_BYTES } from "../domain/limits.ts";
import { asBuffer } from "../lib/as-buffer.ts";
import {
  type Keys,
  type SignatureVerdicts,
  verifySignatures,
} from "../protocols/authentication/signatures.ts";
import {
  type ComposedMail,
  extractsLong,
  inProcessCodec,
  type MailToCompose,
  type MimeCodec,
  parseMail,
  parsesLong,
  type ReadMail,
  readAs,
  readStart,
  type SignedMail,
} from "../protocols/mime/index.ts";
import type { ComposeAnswer, ReadTask, SignTask, VerifyTask } from "./mime-pool-worker.ts";

/** Milliseconds for one mail: ten times what the worst of 25 MB takes on a busy machine. */
const TASK_TIMEOUT_MS = 20_000;
/** Megabytes of a thread's JavaScript heap, without the bytes in buffers: five times what the worst of 25 MB takes. */
const HEAP_MB = 512;
/** Milliseconds after which a thread without work is ended. */
const IDLE_MS = 30_000;

export interface MimePool extends MimeCodec {
  /** Signatures of DKIM and ARC. @param timeoutMs from now, also while no thread is free @throws Error when a thread gave no answer */
  verifySignatures(raw: Uint8Array, keys: Keys, timeoutMs: number): Promise<SignatureVerdicts>;
  /** Ends all threads. Work under way and later work fails: reads then give the start of the mail. */
  close(): Promise<void>;
}

export interface MimePoolParts {
  readonly warn: Warn;
  /** At once, started when there is work; one core is left to the event loop where there are several. */
  readonly threads: number;
  /** For one mail, from when a thread takes it; TASK_TIMEOUT_MS when absent. */
  readonly timeoutMs?: number;
  /** Of one thread; HEAP_MB when absent. */
  readonly heapMegabytes?: number;
}

/** A checkout runs its sources, a published package what was compiled of them. */
const entry = fileURLToPath(new URL(`./mime-pool-worker${extname(import.meta.url)}`, import.meta.url));

/**
 * Bytes of a mail from which on its signatures are verified on a thread: the library hashes 64 KB at a time, a millisecond each, and lets
 * the event loop turn in between, while the mail cannot wait for a thread to start. Lines without an end take it longer.
 */
const LONG_HASH_BYTES = 1024 * 1024;

/** Mails of up to LARGE_MAIL_BYTES are read, composed and signed in process: handing them over would cost more. But those made to take long are not. */
export function createMimePool(parts: MimePoolParts): MimePool {
  const { warn } = parts;
  const threads = startThreads(parts);
  return {
    async read(raw, trace) {
      if (raw.byteLength <= LARGE_MAIL_BYTES && !parsesLong(raw)) {
        const parsed = parseMail(raw);
        if (!extractsLong(parsed)) return readAs(parsed, raw, trace);
      }
      const task: ReadTask = { raw, trace };
      try {
        // Cast: the worker made it by the same interface; buffers arrive as plain views.
        return withBuffers((await threads.run("read", task)) as ReadMail);
      } catch (error) {
        // Refused, the same mail would come again, cost the same again, and be lost in the end.
        warn("only the start of a mail is read", error);
        return readStart(raw, trace);
      }
    },
    async compose(mail) {
      if (sizeOf(mail) <= LARGE_MAIL_BYTES && !extractsLong(mail)) return inProcessCodec.compose(mail);
      const answer = await composeOn(threads, mail);
      if (!answer.ok) throw new Error(answer.message);
      return composedWithBuffers(answer.mail);
    },
    async sign(raw, signers, at) {
      if (raw.byteLength <= LARGE_MAIL_BYTES) return inProcessCodec.sign(raw, signers, at);
      const task: SignTask = { raw, signers, at };
      // Cast: the worker made it by the same interface; buffers arrive as plain views.
      const signed = (await threads.run("sign", task).catch(notInTime("signed"))) as SignedMail;
      return { raw: asBuffer(signed.raw), sha256: asBuffer(signed.sha256) };
    },
    async verifySignatures(raw, keys, timeoutMs) {
      if (raw.byteLength <= LONG_HASH_BYTES) return verifySignatures(raw, keys);
      const task: VerifyTask = { raw, keys };
      // Cast: the worker made it by the same interface.
      return (await threads.run("verify", task, AbortSignal.timeout(timeoutMs))) as SignatureVerdicts;
    },
    close: () => threads.close(),
  };
}

interface Threads {
  /** @throws Error when the thread gave no answer, with what is known of it as the cause */
  run(name: string, task: object, within?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

function startThreads({ threads, ...bounds }: MimePoolParts): Threads {
  const timeoutMs = bounds.timeoutMs ?? TASK_TIMEOUT_MS;
  const pool = new Tinypool({
    filename: entry,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: bounds.heapMegabytes ?? HEAP_MB },
  });
  // Emitted for a thread without a task. An idle one loses nothing; but a task that waits for one to start would wait until
  // its deadline.
  let start = new AbortController();
  pool.on("error", (error) => {
    start.abort(error);
    start = new AbortController();
  });
  // The pool gets no more tasks than it has threads, so that a task's time begins when a thread is free for it.
  const slots = pLimit(threads);
  let isClosed = false;
  return {
    run: (name, task, within) =>
      slots(async () => {
        if (isClosed) throw new Error("the threads have been ended");
        // Too late when a thread became free.
        within?.throwIfAborted();
        const bounds = [
          AbortSignal.timeout(timeoutMs),
          start.signal,
          ...(within === undefined ? [] : [within]),
        ];
        const signal = AbortSignal.any(bounds);
        try {
          return await pool.run(task, { name, signal });
        } catch (error) {
          // Of an aborted task the pool does not say why.
          throw new Error("a thread for large mail gave no answer", { cause: signal.reason ?? error });
        }
      }),
    async close() {
      isClosed = true;
      await pool.destroy();
    },
  };
}

async function composeOn(threads: Threads, mail: MailToCompose): Promise<ComposeAnswer> {
  // Cast: as for reading.
  return (await threads.run("compose", mail).catch(notInTime("composed"))) as ComposeAnswer;
}

const notInTime =
  (done: "composed" | "signed") =>
  (error: unknown): never => {
    throw fail("service.unavailable", {
      message: `The message could not be ${done} in time`,
      hint: "Try again in a few seconds.",
      logDetail: error instanceof Error ? error.message : String(error),
    });
  };

const sizeOf = ({ text, html, attachments }: MailToCompose): number =>
  (text?.length ?? 0) +
  (html?.length ?? 0) +
  attachments.reduce((sum, { content }) => sum + content.byteLength, 0);

function withBuffers(mail: ReadMail): ReadMail {
  return {
    ...mail,
    contentSha256: asBuffer(mail.contentSha256),
    storedSha256: asBuffer(mail.storedSha256),
    attachments: mail.attachments.map((attachment) => ({
      ...attachment,
      sha256: asBuffer(attachment.sha256),
    })),
  };
}

function composedWithBuffers(mail: ComposedMail): ComposedMail {
  return {
    ...mail,
    raw: asBuffer(mail.raw),
    sha256: asBuffer(mail.sha256),
    contentSha256: asBuffer(mail.contentSha256),
    attachmentSha256: mail.attachmentSha256.map(asBuffer),
  };
}
