/** Files of inboxes: bytes under a path, which their creator announces, uploads, and then completes. */

/** Its three states: announced, uploaded, and completed. Only the last is there for those who read. */
export type FileState = "pending" | "stored" | "ready";

/** A file as it is kept. */
export interface StoredFile {
  readonly id: string;
  readonly podId: string;
  readonly inboxId: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  readonly sha256: Buffer;
  readonly state: FileState;
  /** Of the key that created it; null: the system's. */
  readonly keyId: string | null;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A link that is valid without a key. */
export interface FileLink {
  readonly token: string;
  readonly expiresAt: Date;
}

/** A file as its reader sees it. */
export interface InboxFile extends StoredFile {
  readonly inboxAddress: string;
}

export interface LinkedFile extends InboxFile {
  /** Null: it is not ready, or the caller may not read. */
  readonly download: FileLink | null;
}

/** What creating one gives. */
export interface CreatedFile extends LinkedFile {
  /** Null: its bytes are there. */
  readonly upload: FileLink | null;
  /** False: there was one that is the same. */
  readonly isNew: boolean;
}
