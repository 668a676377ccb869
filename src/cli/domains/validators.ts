/** Whether the name servers validate DNSSEC, on whose word DANE relies (ROOKERY_DANE=1). */
import { createValidatedLookUp, validatorsOf } from "../../egress/dns/validated-look-up.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Finding } from "./probe.ts";

const CHECK = "dnssec";
/** The root is signed, and every validating server begins with its key: it vouches for the root's having no MX records. */
const ROOT = "";

/** @param servers as in settings; null: those of the system */
export async function checkValidators(
  servers: readonly string[] | null,
  clock: Clock,
): Promise<readonly Finding[]> {
  const asked = validatorsOf(servers);
  if (asked.length > 0) return Promise.all(asked.map((server) => checkValidator(server, clock)));
  const advice =
    "Run one that validates on this machine, such as unbound, and name it in ROOKERY_DNS_SERVERS.";
  return [{ check: CHECK, ok: false, detail: "there is no name server", advice }];
}

async function checkValidator(server: string, clock: Clock): Promise<Finding> {
  const lookUp = createValidatedLookUp({ servers: [server], clock });
  const answer = await lookUp({ name: ROOT, type: "MX", tenant: "doctor" });
  if (answer.kind === "secure")
    return { check: CHECK, ok: true, detail: `${server} validates${isOnThisMachine(server) ? "" : FAR}` };
  return {
    check: CHECK,
    ok: false,
    detail:
      answer.kind === "failed"
        ? `whether ${server} validates is unknown: ${answer.why}`
        : `${server} vouches for nothing: it does not validate, or does not have the key of the root`,
    advice:
      "With ROOKERY_DANE=1 each name server has to validate DNSSEC, as unbound does with the root's key; by one that does not, no TLSA record counts.",
  };
}

/** Its word is taken as it comes over the network. */
const FAR = "; it is not on this machine, so see that nobody else can answer for it";

const isOnThisMachine = (server: string): boolean => /^(127\.|\[?::1(\]|$))/.test(server);
