/** Secrets in a file of their own: lines of JSON, for its owner's eyes alone. */
import { constants } from "node:fs";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { UsageError } from "../parts.ts";
import { type SecretSink, SinkError, secretText } from "./secret-sink.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

/** Bits of other accounts. */
const OTHERS = 0o077;
/** Bytes that are written and taken back before any key is made: a batch's, so that a quota or a limit on files shows as well. */
const REHEARSED_BYTES = 512 * 1024;
const LF = 0x0a;

/** @param bytes that there must be room for */
export async function openSecretsFile(name: string, folder: string, bytes: number): Promise<SecretSink> {
  const path = resolve(folder, name);
  const file = await opened(path, name);
  try {
    await checkFile(file, name);
    await checkRoom(path, name, bytes);
    await endLastLine(file);
    await rehearse(file, Math.min(bytes, REHEARSED_BYTES));
  } catch (error) {
    await file.close();
    throw error instanceof UsageError ? error : unwritable(name, error);
  }
  return {
    place: path,
    async store(secrets) {
      const { size } = await file.stat();
      try {
        await file.appendFile(secrets.map(secretText).join(""));
        await file.sync();
      } catch (error) {
        // Half a line would be taken for a secret, or spoil the next.
        await file.truncate(size).catch(() => undefined);
        throw new SinkError(`Secrets could not be written to ${path} (${codeOf(error) || String(error)}).`, {
          cause: error,
        });
      }
    },
    close: () => file.close(),
  };
}

/** Made, or one that is there: never one that a link leads to, which another account might have laid. */
async function opened(path: string, name: string): Promise<FileHandle> {
  try {
    const made = await open(path, O_CREAT | O_EXCL | O_APPEND | O_RDWR | O_NOFOLLOW, 0o600);
    await syncFolder(dirname(path));
    return made;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw unwritable(name, error);
  }
  try {
    return await open(path, O_APPEND | O_RDWR | O_NOFOLLOW);
  } catch (error) {
    throw unwritable(name, error);
  }
}

/** The file's name is to outlive a crash as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function checkFile(file: FileHandle, name: string): Promise<void> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new UsageError(`${name} is no file that secrets can be kept in.`);
  if ((stats.mode & OTHERS) !== 0)
    throw new UsageError(
      `${name} can be read or written by other accounts (mode ${(stats.mode & 0o777).toString(8)}): chmod 600 it first.`,
    );
}

async function checkRoom(path: string, name: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < bytes)
    throw new UsageError(
      `There is no room for secrets on the disk of ${name}: ${bytes} bytes may be needed, ${bavail * bsize} are free. Nothing was done.`,
    );
}

/** What was cut off by a crash stays a line of its own. */
async function endLastLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
  if (buffer[0] !== LF) await file.appendFile("\n");
}

async function rehearse(file: FileHandle, bytes: number): Promise<void> {
  if (bytes === 0) return;
  const { size } = await file.stat();
  try {
    await file.appendFile(Buffer.alloc(bytes, LF));
    await file.sync();
  } finally {
    await file.truncate(size);
  }
}

const unwritable = (name: string, error: unknown): UsageError =>
  new UsageError(`${name} cannot be written (${codeOf(error) || String(error)}). Nothing was done.`);
