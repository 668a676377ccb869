/** A file of a message, as messages and threads both show it. */
export interface Attachment {
  readonly id: string;
  readonly filename: string | null;
  readonly contentType: string | null;
  readonly contentDisposition: "inline" | "attachment" | null;
  readonly contentId: string | null;
  /** Bytes, decoded. */
  readonly size: number;
}
