/** How a request cannot be read, as the HTTP parser tells it apart. */
export type Unreadable =
  | "malformed"
  | "chunk_extensions_too_long"
  | "target_too_long"
  | "headers_too_long"
  | "expectation_unknown"
  | "too_slow";
