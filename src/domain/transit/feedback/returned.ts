/** Which recipients of a delivery a report is about, and what becomes of them. Pure. */
import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { Complaint, FailedRecipient } from "../../../protocols/feedback/index.ts";
import type { Bounce, RecipientOutcome } from "../outbound/index.ts";
import { bouncesOf } from "../outbound/index.ts";
import type { ReturnedDelivery } from "./store.ts";

/** States of recipients whom a report no longer changes. */
const LOST: ReadonlySet<string> = new Set(["bounced", "failed"]);

/** Recipients of the delivery by what reports call them. */
const byName = ({ recipients }: ReturnedDelivery): ReadonlyMap<string, string> =>
  new Map(recipients.map((address) => [canonicalAddress(address), address]));

/** The only recipient, whom a report is about whatever it calls them: mail may have been forwarded, and addresses hidden. */
const onlyOne = ({ recipients }: ReturnedDelivery): string | null =>
  recipients.length === 1 ? (recipients[0] ?? null) : null;

const stateOf = ({ outcomes, returns }: ReturnedDelivery, address: string): string | null =>
  [...returns, ...outcomes].find((one) => one.address === address)?.state ?? null;

/**
 * Recipients that are lost by the report and were not before. Of a delivery to several those whom it names: to take the others
 * for lost would be worse than to miss one.
 */
export function bouncedBy(
  delivery: ReturnedDelivery,
  failed: readonly FailedRecipient[],
): readonly RecipientOutcome[] {
  const names = byName(delivery);
  const nameOf = ({ addresses }: FailedRecipient): string | null =>
    addresses.map((address) => names.get(canonicalAddress(address))).find((own) => own !== undefined) ?? null;
  const named = failed.flatMap((one) => {
    const address = nameOf(one);
    return address === null ? [] : [[address, one] as const];
  });
  const only = onlyOne(delivery);
  const [first] = failed;
  const about = named.length > 0 || only === null || first === undefined ? named : [[only, first] as const];
  return [...new Map(about)]
    .filter(([address]) => !LOST.has(stateOf(delivery, address) ?? ""))
    .map(([address, { status, code, reply }]) => ({
      address,
      state: "bounced",
      // The status is about the delivery; a reply of another class was to one of several attempts.
      code: status !== null && code !== null && !status.startsWith(String(code)[0] ?? "") ? null : code,
      enhancedCode: status,
      reply,
    }));
}

/** Recipients that complain and did not before. */
export function complainedBy(
  delivery: ReturnedDelivery,
  { recipients, type }: Complaint,
): readonly RecipientOutcome[] {
  const names = byName(delivery);
  const named = recipients.flatMap((address) => names.get(canonicalAddress(address)) ?? []);
  const only = onlyOne(delivery);
  const about = named.length > 0 || only === null ? named : [only];
  return [...new Set(about)]
    .filter((address) => {
      const state = stateOf(delivery, address) ?? "";
      return state !== "complained" && !LOST.has(state);
    })
    .map((address) => ({
      address,
      state: "complained",
      code: null,
      enhancedCode: null,
      reply: `complaint: ${type}`,
    }));
}

/** What events tell of recipients that bounced. A report without any code says nothing of why. */
export function bounceEventsOf(bounced: readonly RecipientOutcome[]): readonly Bounce[] {
  const isKnown = ({ code, enhancedCode }: RecipientOutcome): boolean =>
    code !== null || enhancedCode !== null;
  const unknown = bounced.filter((one) => !isKnown(one));
  return [
    ...bouncesOf(bounced.filter(isKnown)),
    ...(unknown.length === 0
      ? []
      : [
          {
            ...({ type: "Undetermined", subType: "Undetermined" } as const),
            recipients: unknown.map(({ address }) => ({ address, status: "" })),
          },
        ]),
  ];
}
