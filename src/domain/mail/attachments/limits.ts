/** Bounds of attached documents. */

/** Of documents whose text is taken out: bytes, bytes that their compressed parts come to, and milliseconds; characters of the text (the vendor's, contract of the newest client). */
export const MAX_DOCUMENT_BYTES = 10 * 1024 * 1024;
export const MAX_DOCUMENT_INFLATED_BYTES = 50 * 1024 * 1024;
export const MAX_DOCUMENT_MS = 10_000;
export const MAX_DOCUMENT_CHARACTERS = 250_000;
