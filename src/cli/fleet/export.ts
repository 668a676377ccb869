/** Archives of tenants, before they are deleted. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { type Client, inPath } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import type { CommandParts } from "../parts.ts";

/**
 * Writes DIR/SLUG.tar for each, whole or not at all.
 * @throws ClientError: what could not be exported is not to be deleted
 */
export async function exportTenants(
  { cwd }: CommandParts,
  client: Client,
  tenants: readonly string[],
  folder: string,
): Promise<string[]> {
  const written: string[] = [];
  for (const tenant of tenants) {
    const path = join(resolve(cwd, folder), `${tenant}.tar`);
    try {
      await mkdir(resolve(cwd, folder), { recursive: true, mode: 0o700 });
      await writeWhole(path, client.bytes({ method: "GET", path: `/v0/pods/${inPath(tenant)}/export` }));
    } catch (error) {
      if (error instanceof ClientError)
        throw new ClientError(
          `${tenant} was not exported, and nothing was removed: ${error.message}`,
          error.status,
          {
            cause: error,
          },
        );
      throw new ClientError(
        `${tenant} was not exported, and nothing was removed: ${path} cannot be written (${codeOf(error) || String(error)}).`,
        null,
        { cause: error },
      );
    }
    written.push(path);
  }
  return written;
}

/** On the disk under its name only when it is all there. */
async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const partial = `${path}.part`;
  const file = await open(partial, "w", 0o600);
  try {
    for await (const piece of pieces) await file.appendFile(piece);
    await file.sync();
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(partial, path);
}
