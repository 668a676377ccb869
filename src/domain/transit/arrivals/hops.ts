/** Mail that goes in a circle, whichever way it comes in. */
import { countHops } from "../../../protocols/mime/index.ts";
import { fail } from "../../door/failures.ts";
import { MAX_HOPS } from "./limits.ts";

/** @throws Failure message.looping for a mail with more than MAX_HOPS Received fields */
export function checkHops(raw: Uint8Array): void {
  if (countHops(raw) <= MAX_HOPS) return;
  throw fail("message.looping", {
    message: `Message rejected: it has more than ${MAX_HOPS} Received fields (mail loop)`,
    hint: "Correct the forwarding rule that sends it back.",
  });
}
