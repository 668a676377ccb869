/** Archives (tar) written as their files are made: no faster than the client reads them, in turns of the event loop for everybody else. */
import { createTarPacker } from "modern-tar";
import type { InTurn } from "../../../lib/loop-turns.ts";

/** Media type of an archive. */
export const TAR = "application/x-tar";

export interface ArchiveFile {
  /** Path in the archive, with slashes. */
  readonly name: string;
  readonly content: Uint8Array;
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

/**
 * A body that ends when there are no more files. Where one fails, or the client is gone, nothing more is made; the body then ends with an
 * error, so that the connection breaks: a client never takes a part for the whole.
 */
export function writeArchive({ files, inTurn, failed, ended }: ArchiveSource): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const add = async ({ name, content, modifiedAt }: ArchiveFile): Promise<void> => {
    const header = { name, size: content.byteLength, mtime: modifiedAt, type: "file" as const, mode: 0o600 };
    const writer = controller.add(header).getWriter();
    for (let start = 0; start < content.byteLength; start += CHUNK_BYTES)
      await writer.write(new Uint8Array(content.subarray(start, start + CHUNK_BYTES)));
    await writer.close();
  };
  const write = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await inTurn(() => files.next());
        if (done === true) break;
        for (const file of value) await add(file);
      }
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
