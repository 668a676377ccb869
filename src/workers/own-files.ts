/** Files that a send names by links of this server: read as the link allows, whoever sends, and without a request to ourselves. */
import { Failure } from "../domain/door/failures.ts";
import type { FilesOrder, FilesOutcome, Outside, RemoteFile } from "../domain/door/outside.ts";
import { type Linked, MAX_OWN_FILES_AT_ONCE } from "../domain/mail/files/index.ts";
import { createFairShare } from "../lib/fair-share.ts";

export interface OwnFileParts {
  /** The token of a link to bytes; null: the URL is no such link. */
  readonly tokenOf: (url: string) => string | null;
  /** @throws Failure for a link that is forged or expired, or whose bytes were deleted */
  readonly open: (token: string) => Promise<Linked>;
  /** Of other servers. */
  readonly fetchFiles: Outside["files"];
}

/** Those of this server first, so that nothing is asked of another in vain. */
export function createOwnFiles({ tokenOf, open, fetchFiles }: OwnFileParts): Outside["files"] {
  const share = createFairShare(MAX_OWN_FILES_AT_ONCE);
  return async (order) => {
    const tokens = order.urls.map(tokenOf);
    if (tokens.every((token) => token === null)) return fetchFiles(order);
    if (!share.tryAcquire(order.podId)) return { kind: "busy" };
    try {
      const own = await readOwn(open, order, tokens);
      return own instanceof Map ? await withOthers(fetchFiles, order, own) : own;
    } finally {
      share.release(order.podId);
    }
  };
}

/** The files by their place in the order, or why one of them is refused. */
async function readOwn(
  open: OwnFileParts["open"],
  { maxBytes }: FilesOrder,
  tokens: readonly (string | null)[],
): Promise<Map<number, RemoteFile> | FilesOutcome> {
  const files = new Map<number, RemoteFile>();
  let leftBytes = maxBytes;
  for (const [index, token] of tokens.entries()) {
    if (token === null) continue;
    try {
      const { size, filename, contentType, read } = await open(token);
      if (size > leftBytes)
        return {
          kind: "refused",
          index,
          why: `it is larger than the ${leftBytes} bytes that are left for the message`,
        };
      leftBytes -= size;
      files.set(index, { content: await read(), filename, contentType });
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "service.unavailable") throw error;
      return { kind: "refused", index, why: "the link has expired, or what it leads to was deleted" };
    }
  }
  return files;
}

async function withOthers(
  fetchFiles: Outside["files"],
  order: FilesOrder,
  own: ReadonlyMap<number, RemoteFile>,
): Promise<FilesOutcome> {
  const others = order.urls.flatMap((_url, index) => (own.has(index) ? [] : [index]));
  const heldBytes = [...own.values()].reduce((sum, { content }) => sum + content.byteLength, 0);
  const outcome: FilesOutcome =
    others.length === 0
      ? { kind: "files", files: [] }
      : await fetchFiles({
          ...order,
          urls: others.map((index) => order.urls[index] ?? ""),
          maxBytes: order.maxBytes - heldBytes,
        });
  if (outcome.kind === "refused") return { ...outcome, index: others[outcome.index] ?? 0 };
  if (outcome.kind === "busy") return outcome;
  const remaining = [...outcome.files];
  const files = order.urls.map((_url, index) => own.get(index) ?? remaining.shift());
  return { kind: "files", files: files.filter((file) => file !== undefined) };
}
