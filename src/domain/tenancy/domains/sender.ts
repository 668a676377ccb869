/** Who an inbox sends as: the domain that answers for its address, whether that may send to other servers, and what signs for it. */
import { createPrivateKey } from "node:crypto";
import type { Slot } from "../../../lib/memory.ts";
import type { DkimSigner } from "../../../protocols/dkim/index.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { DKIM_SEAL } from "./dkim-key.ts";
import { DKIM_SIGNERS_REMEMBERED } from "./limits.ts";
import { findSendingDomains, type SendingDomain } from "./sender-store.ts";
import { findVerifiedNames } from "./store.ts";
import { namesBelow, namesUpwards } from "./usable.ts";

export interface Sender {
  /** The domain itself, or the nearest above it that allows subdomains; null: none that the pod may use. */
  readonly domain: string | null;
  /** True when its mail may leave for other servers: the domain is verified, or trusted by the operator. */
  readonly maySend: boolean;
  /** Records that are not there, or are wrong: `TXT _dmarc.example.com`. */
  readonly missing: readonly string[];
  /** None for a domain that may not send. */
  readonly signers: readonly DkimSigner[];
}

const signersSlot: Slot<DkimSigner> = {
  name: "dkim signers",
  maxWeight: DKIM_SIGNERS_REMEMBERED,
  weightOf: () => 1,
};

type Parts = Pick<Context, "tx" | "scope" | "installation" | "sealer" | "memory">;

const nobody: Sender = { domain: null, maySend: false, missing: [], signers: [] };

/**
 * One statement, and another for a name below the domain; a key is opened once in a process.
 * @param podId of the inbox
 * @param address that the mail is from, lower-case
 */
export async function findSender(parts: Parts, podId: string, address: string): Promise<Sender> {
  const { tx, scope, installation } = parts;
  const name = address.slice(address.lastIndexOf("@") + 1);
  const names = name === installation.domain ? [name] : namesUpwards(name);
  const [nearest] = await tx.together(findSendingDomains, scope, { podId, names, own: installation.domain });
  if (nearest === undefined || (nearest.domain !== name && !nearest.subdomainsEnabled)) return nobody;
  const held = await findVerifiedNames(tx, scope, namesBelow(name, nearest.domain));
  if (held.size > 0) return nobody;
  const maySend = nearest.status === "VERIFIED";
  return {
    domain: nearest.domain,
    maySend,
    missing: nearest.checks.filter(({ status }) => status !== "VALID").map(({ record }) => record),
    signers: maySend ? nearest.keys.map((key) => signerOf(parts, nearest, key)) : [],
  };
}

function signerOf(
  { memory, sealer }: Parts,
  { id, domain }: SendingDomain,
  { selector, algorithm, privateKeySealed }: SendingDomain["keys"][number],
): DkimSigner {
  const key = `${id} ${selector}`;
  const known = memory.get(signersSlot, key);
  if (known !== undefined) return known;
  const privateKey = createPrivateKey(sealer.open(privateKeySealed, DKIM_SEAL));
  const signer = { domain, selector, algorithm, privateKey };
  memory.set(signersSlot, key, signer);
  return signer;
}

/** Why the mail of an address may not leave for other servers; null: it may. */
export function whyNotSend({ domain, maySend, missing }: Sender, address: string): Failure | null {
  if (maySend) return null;
  const name = domain ?? address.slice(address.lastIndexOf("@") + 1);
  return fail("domain.not_verified", {
    message:
      domain === null
        ? `${name} is not a verified domain of this pod, so mail from it may not leave this server`
        : `${name} is not verified, so mail from it may not leave this server`,
    hint: `${missingText(missing)} The operator of a closed network may trust it: rookery domains trust ${name}.`,
  });
}

/** Records that are named; with the rest it would be no sentence. */
const NAMED = 4;

function missingText(missing: readonly string[]): string {
  if (missing.length === 0) return "Publish the records that the domain lists, then verify it.";
  const more = missing.length - NAMED;
  return `Not found, or wrong: ${missing.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}. Publish them, then verify the domain.`;
}
