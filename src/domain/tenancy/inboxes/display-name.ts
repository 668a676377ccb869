import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";

/** A display name goes into the From header: line breaks and control characters in it would forge other headers. */
export function checkDisplayName(name: string): string {
  if (name.length > MAX_NAME_LENGTH)
    throw invalid(
      ["displayName"],
      says`${field("displayName")} may have ${MAX_NAME_LENGTH} characters at most`,
    );
  if (!isHeaderSafe(name))
    throw invalid(
      ["displayName"],
      says`${field("displayName")} may not contain control characters or line breaks`,
    );
  return name;
}
