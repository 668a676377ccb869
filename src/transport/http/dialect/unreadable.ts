/** Why a request cannot be read, as the HTTP parser distinguishes it. */
export type Unreadable =
  | "malformed"
  | "chunk_extensions_too_long"
  | "target_too_long"
  | "headers_too_long"
  | "expectation_unknown"
  | "too_slow";
