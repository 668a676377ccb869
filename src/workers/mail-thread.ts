/** Entry of a thread that works on mails. What it is sent and what it answers is `mail-threads.ts`'s. */
import { parentPort } from "node:worker_threads";
import { asBuffer } from "../lib/as-buffer.ts";
import type { ThreadAnswer } from "../lib/thread-pool.ts";
import { directMailWork } from "../protocols/mime/index.ts";
import type { MailTask } from "./mail-threads.ts";

parentPort?.on("message", (task: MailTask) => void answer(task));

async function answer(task: MailTask): Promise<void> {
  try {
    const result = task.kind === "open" ? await open(task.raw, task.trace) : await write(task.mail);
    reply({ ok: true, result: result.value }, result.buffers);
  } catch (error) {
    reply({ ok: false, message: error instanceof Error ? error.message : String(error) }, []);
  }
}

function reply(answer: ThreadAnswer, buffers: readonly ArrayBuffer[]): void {
  parentPort?.postMessage(answer, [...buffers]);
}

/** A result, and the memory that goes along with it instead of being copied. */
interface Result {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];
}

/** The attachments' bytes move into one piece of memory: many are views of the mail, or of Node's own. */
async function open(raw: Uint8Array, trace: string): Promise<Result> {
  const opened = await directMailWork.open(raw, trace);
  const sizes = opened.attachments.map(({ content }) => content.byteLength);
  const memory = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0));
  let start = 0;
  const attachments = opened.attachments.map((attachment) => {
    const content = new Uint8Array(memory, start, attachment.content.byteLength);
    content.set(attachment.content);
    start += content.byteLength;
    return { ...attachment, content };
  });
  return { value: { ...opened, attachments }, buffers: [memory] };
}

async function write(mail: Extract<MailTask, { kind: "write" }>["mail"]): Promise<Result> {
  const { attachments } = mail;
  const written = await directMailWork.write({
    ...mail,
    attachments: attachments.map((attachment) => ({ ...attachment, content: asBuffer(attachment.content) })),
  });
  const raw = new Uint8Array(written.raw);
  return { value: { ...written, raw }, buffers: [raw.buffer] };
}
