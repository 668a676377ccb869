/** What is asked for when files are fetched from URLs that tenants name, and what comes of it. */

export interface FilesOrder {
  /** In whose name; nobody takes all the places there are. */
  readonly podId: string;
  readonly urls: readonly string[];
  /** Of all files together. */
  readonly maxBytes: number;
  /** For all files together: names, connections, redirects, answers. */
  readonly timeoutMs: number;
  /** Of each file. */
  readonly maxRedirects: number;
}

export interface RemoteFile {
  readonly content: Buffer;
  /** As the server calls it, else the end of the URL; never with a path. */
  readonly filename: string | null;
  /** As the server says, when that is a media type. */
  readonly contentType: string | null;
}

/** All of the files or none. `why` is for the caller to read; `busy`: too many are being fetched, later it may go. */
export type FilesOutcome =
  | { readonly kind: "files"; readonly files: readonly RemoteFile[] }
  | { readonly kind: "refused"; readonly index: number; readonly why: string }
  | { readonly kind: "busy" };

/** Never rejects. */
export type FetchFiles = (order: FilesOrder) => Promise<FilesOutcome>;
