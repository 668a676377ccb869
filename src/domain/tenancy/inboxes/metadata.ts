/** An inbox's metadata: small facts a caller keeps with it (contract 7.5). */
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import type { Metadata } from "./inbox.ts";
import { MAX_METADATA_KEYS, MAX_METADATA_LENGTH } from "./limits.ts";

/** @throws Failure input.invalid naming the key that is too long, or the map that is too large. */
export function checkMetadata(metadata: Metadata): Metadata | null {
  const entries = Object.entries(metadata);
  if (entries.length > MAX_METADATA_KEYS)
    throw invalid(["metadata"], says`${field("metadata")} may have ${MAX_METADATA_KEYS} keys at most`);
  for (const [key, value] of entries) {
    const tooLong =
      key.length > MAX_METADATA_LENGTH || (typeof value === "string" && value.length > MAX_METADATA_LENGTH);
    if (tooLong)
      throw invalid(
        ["metadata", { key }],
        `keys and text values may have ${MAX_METADATA_LENGTH} characters at most`,
      );
    if (key.includes("\0") || (typeof value === "string" && value.includes("\0")))
      throw invalid(["metadata", { key }], "NUL is not allowed");
  }
  return entries.length === 0 ? null : metadata;
}

/** Merges `change` into `metadata`: a null value deletes its key, null as a whole clears it. */
export function mergeMetadata(
  metadata: Metadata | null,
  change: Readonly<Record<string, string | number | boolean | null>> | null,
): Metadata | null {
  if (change === null) return null;
  const merged = { ...metadata, ...change };
  const kept = Object.entries(merged).filter(
    (entry): entry is [string, string | number | boolean] => entry[1] !== null,
  );
  return checkMetadata(Object.fromEntries(kept));
}
