import { fail } from "../../door/failures.ts";
import type { Domain } from "./domain.ts";

/** What `look` finds under a domain name in any case. Absent and foreign look the same. @throws Failure object.not_found */
export async function required(
  name: string,
  look: (name: string) => Promise<Domain | null>,
): Promise<Domain> {
  const found = await look(name.toLowerCase());
  if (found === null)
    throw fail("object.not_found", {
      message: "Domain not found",
      hint: "List domains to see those in the key's scope.",
    });
  return found;
}
