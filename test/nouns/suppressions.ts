import { z } from "zod";
import { type TestNoun, thing } from "./noun.ts";

const made = z.object({ address: z.string() });

const addresses = [
  "",
  " ",
  "a.example",
  "@a.example",
  "a@",
  "A <a@b.example>",
  "a b@c.example",
  "a\nb@c.example",
].map((value) => ({ says: `the address ${JSON.stringify(value)}`, value }));

/** An address that the tenant's pod does not write to. */
export const suppressions: TestNoun = {
  dialect: "v0",
  tables: ["list_entries"],
  // Lists show it as an entry, which is read-only.
  aliases: { entry: ["address"] },
  absent: { address: "nobody@suppressed.example" },
  async furnish({ client, name, things }) {
    const pod = thing(things, "pod_id");
    // The vendor's client has no method for it.
    const answer = await client.fetch(`/v0/pods/${pod}/suppressions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ address: `${name}@suppressed.example` }),
    });
    return { address: made.parse(await answer.json()).address };
  },
  routes: {
    "suppressions.list": {},
    "suppressions.get": {},
    "suppressions.create": {
      body: () => ({ address: "two@suppressed.example", reason: "moved" }),
      fields: {
        address: addresses,
        reason: ["a\nb", "\ud83d", "x".repeat(257)].map((value) => ({
          says: `the reason ${JSON.stringify(value.slice(0, 10))}`,
          value,
        })),
      },
      empty: "address",
    },
    "suppressions.import": {
      body: () => ({ suppressions: [{ address: "three@suppressed.example" }] }),
      fields: {
        suppressions: [
          { says: "no addresses", value: [] },
          { says: "what is no address", value: [{ address: "a.example" }], at: [0, "address"] },
          { says: "text", value: ["three@suppressed.example"], at: [0] },
          {
            says: "too many",
            value: Array.from({ length: 1001 }, (_, n) => ({ address: `a${n}@b.example` })),
          },
        ],
      },
      empty: "suppressions",
    },
    "suppressions.delete": {},
  },
};
