import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { invalid } from "../../door/failures.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";

/** A display name goes into the From header: line breaks and control characters in it would forge other headers. */
export function checkDisplayName(name: string): string {
  if (name.length > MAX_NAME_LENGTH)
    throw invalid(["display_name"], `display_name may have ${MAX_NAME_LENGTH} characters at most`);
  if (!isHeaderSafe(name))
    throw invalid(["display_name"], "display_name may not contain control characters or line breaks");
  return name;
}
