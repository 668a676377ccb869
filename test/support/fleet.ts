/** Plans and applies of a fleet, run to their end as their routes run them. */

import { systemScope } from "../../src/domain/door/access/index.ts";
import {
  type ApplyFleet,
  applyFleet,
  confirmSecrets,
  type DeclaredShared,
  DocumentReading,
  type FleetLine,
  type FleetOptions,
  type FleetRun,
  planFleet,
  type Wanted,
} from "../../src/domain/fleet/plans/index.ts";
import type { FleetDocument } from "../../src/protocols/fleet-file/index.ts";
import type { TestDoor } from "./test-door.ts";

export const nothingShared: DeclaredShared = { policies: {}, rules: {}, lists: {} };

/** @param shared what the document declares, in the domain's words */
export const wanted = (
  document: FleetDocument,
  options: Partial<FleetOptions> = {},
  shared: DeclaredShared = nothingShared,
): Wanted => {
  const reading = new DocumentReading(document, shared);
  reading.add(document.tenants);
  return {
    desired: reading.end(),
    options: { targets: null, prune: false, maxDelete: null, now: false, ...options },
  };
};

async function all<Input extends object>(
  input: Input,
  run: (input: Input & { readonly from?: NonNullable<FleetRun["next"]> }) => Promise<FleetRun>,
): Promise<FleetLine[]> {
  const lines: FleetLine[] = [];
  let made = await run(input);
  for (;;) {
    lines.push(...made.lines);
    if (made.next === null) return lines;
    made = await run({ ...input, from: made.next });
  }
}

export const plan = (t: TestDoor, given: Wanted, by = t.rootToken): Promise<FleetLine[]> =>
  all(given, (input) => t.run(by, planFleet, {}, input));

export const apply = (t: TestDoor, given: ApplyFleet, by = t.rootToken): Promise<FleetLine[]> =>
  all(given, (input) => t.run(by, applyFleet, {}, input));

/** Lines of one type. */
export const linesOf = <Type extends FleetLine["type"]>(
  lines: readonly FleetLine[],
  type: Type,
): Extract<FleetLine, { readonly type: Type }>[] =>
  // Cast: filtered by the type.
  lines.filter((line) => line.type === type) as Extract<FleetLine, { readonly type: Type }>[];

/** "create pod acme", for each change. */
export const said = (lines: readonly FleetLine[]): string[] =>
  linesOf(lines, "change").map(({ change: { action, kind, tenant, name, fields } }) =>
    [
      action,
      kind,
      ...(tenant === null || tenant === name ? [name] : [tenant, name]),
      ...fields.map(({ field }) => field),
    ].join(" "),
  );

/** A fleet of these tenants, each with an inbox, keys and a webhook. */
export const fleetOf = (
  prefix: string,
  slugs: readonly string[],
  more: Partial<FleetDocument> = {},
): FleetDocument => ({
  version: 1,
  defaults: {
    display_name: "Support of {tenant}",
    inboxes: [
      {
        role: "support",
        address: `support-{tenant}@rookery.localhost`,
        metadata: { tenant: "{tenant}" },
        keys: [{ name: "agent" }],
      },
    ],
    keys: [{ name: "tenant" }],
    webhooks: [
      { name: "events", url: "https://hooks.example.com/{tenant}", event_types: ["message.received"] },
    ],
  },
  tenants: slugs.map((slug) => ({ slug: `${prefix}-${slug}` })),
  ...more,
});

/** A policy, a rule and the list that it names. */
export const shared = {
  policies: { gold: { limits: { sentPerDay: 500 } } },
  rules: {
    "no spam": {
      match: { conditions: [{ field: "from.domain", operator: "in_list", value: ["spammers"] }] },
      actions: [{ type: "block" }],
    },
  },
  lists: { spammers: { type: "domain", items: ["spam.example"] } },
};

/** Confirms every receipt. */
export async function confirm(t: TestDoor, lines: readonly FleetLine[]): Promise<number> {
  let confirmed = 0;
  for (const { receiptId } of linesOf(lines, "receipt"))
    confirmed += await t.run(t.rootToken, confirmSecrets, {}, { receiptId });
  return confirmed;
}

/** Id of a tenant's pod. @throws Error when there is none */
export const podOf = async (t: TestDoor, slug: string): Promise<string> => {
  const row = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("pods")
      .where("client_id", "=", slug)
      .select("id")
      .executeTakeFirstOrThrow(),
  );
  return row.id;
};
