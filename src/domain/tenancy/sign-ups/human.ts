/** The human who answers for an agent. */
import { parseAddress } from "../../../protocols/address/index.ts";
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { namesUpwards } from "../domains/index.ts";
import { hasHostedDomain } from "./store.ts";

/** Reserved domains and top-level domains, which documentation uses (RFC 2606, RFC 6761). */
const placeholder = /(^|\.)(example\.(com|net|org)|example|invalid)$/;

/** @returns in lower case @throws Failure input.invalid for what is no mailbox, or nobody's */
export function checkHuman(written: string): string {
  const wanted = written.trim().toLowerCase();
  const address = parseAddress(written.trim())?.address.toLowerCase();
  if (address === undefined || address !== wanted)
    throw invalid(["humanEmail"], says`${field("humanEmail")} is not an email address`);
  if (placeholder.test(address.slice(address.lastIndexOf("@") + 1)))
    throw invalid(["humanEmail"], says`${field("humanEmail")} is on a reserved domain`);
  return address;
}

/** An inbox of this server is read by an agent, which could confirm itself. @throws Failure input.invalid */
export async function requireOutsider(
  { tx, scope, installation }: Pick<Context, "tx" | "scope" | "installation">,
  human: string,
): Promise<void> {
  const domain = human.slice(human.lastIndexOf("@") + 1);
  if (domain === installation.domain || (await hasHostedDomain(tx, scope, namesUpwards(domain))))
    throw invalid(
      ["humanEmail"],
      says`${field("humanEmail")} is an address of this server: give a person's elsewhere`,
    );
}

export const humanTaken = () =>
  fail("human.taken", {
    message: "This person already has an organization here",
    hint: "Use a key of that organization, or name another address.",
  });
