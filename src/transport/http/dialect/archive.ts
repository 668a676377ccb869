/** Archives (tar) written as their files are made: no faster than the client reads them, in turns of the event loop for everybody else. */
import { createTarPacker } from "modern-tar";
import type { InTurn } from "../../../lib/loop-turns.ts";

/** Media type of an archive. */
export const TAR = "application/x-tar";

export interface ArchiveFile {
  /** Path in the archive, with slashes. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Octets of the file where `content` is a piece of it: the files that follow, of the same name, are the rest. Absent: it is whole. */
  readonly size?: number;
  readonly modifiedAt: Date;
}

export interface ArchiveSource {
  readonly files: AsyncIterator<readonly ArchiveFile[], void>;
  /** Makes a piece when the next one may be made. */
  readonly inTurn: InTurn;
  /** Told of what ends it early. */
  readonly failed: (error: unknown) => void;
  /** Called once, when nothing more is held. */
  readonly ended: () => void;
}

/** Octets of a file written at once: a large mail must not be copied whole. */
const CHUNK_BYTES = 1024 * 1024;

interface Open {
  readonly name: string;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Octets. */
  left: number;
}

/** What it was made of is gone meanwhile. */
const notWhole = ({ name }: Open): Error => new Error(`${name} has other bytes than its size says`);

/**
 * A body that ends when there are no more files. Where one fails, or the client is gone, nothing more is made; the body then ends with an
 * error, so that the connection breaks: a client never takes a part for the whole.
 */
export function writeArchive({ files, inTurn, failed, ended }: ArchiveSource): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  /** The file that is not whole yet. */
  let open: Open | null = null;
  const begin = ({ name, content, modifiedAt, size = content.byteLength }: ArchiveFile): Open => {
    const header = { name, size, mtime: modifiedAt, type: "file" as const, mode: 0o600 };
    return { name, left: size, writer: controller.add(header).getWriter() };
  };
  const add = async (file: ArchiveFile): Promise<void> => {
    const { name, content } = file;
    open ??= begin(file);
    if (open.name !== name || open.left < content.byteLength) throw notWhole(open);
    for (let start = 0; start < content.byteLength; start += CHUNK_BYTES)
      await open.writer.write(new Uint8Array(content.subarray(start, start + CHUNK_BYTES)));
    open.left -= content.byteLength;
    if (open.left > 0) return;
    await open.writer.close();
    open = null;
  };
  const write = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await inTurn(() => files.next());
        if (done === true) break;
        for (const file of value) await add(file);
      }
      if (open !== null) throw notWhole(open);
      controller.finalize();
    } catch (error) {
      failed(error);
      controller.error(error);
      await files.return?.();
    } finally {
      ended();
    }
  };
  void write();
  return readable;
}
