import { type TestNoun, thing } from "./noun.ts";

/** An alias of the tenant's inbox, on the server's own domain. */
export const inboxAliases: TestNoun = {
  dialect: "v0",
  tables: ["addresses"],
  absent: { alias: "nobody@rookery.localhost" },
  async furnish({ client, name, things }) {
    const alias = `alias-of-${name}@rookery.localhost`;
    await client.fetch(`/v0/inboxes/${encodeURIComponent(thing(things, "inbox_id"))}/aliases`, {
      method: "POST",
      body: JSON.stringify({ address: alias }),
      headers: { "content-type": "application/json" },
    });
    return { alias };
  },
  routes: {
    "aliases.list": {},
    "aliases.create": {
      body: () => ({ address: "two-of-all@rookery.localhost" }),
      fields: {
        address: [
          ...[
            "",
            "@",
            "a@",
            "@rookery.localhost",
            "a b@rookery.localhost",
            "a+b@rookery.localhost",
            "ü@rookery.localhost",
          ],
          ...[
            "a..b@rookery.localhost",
            "<a@rookery.localhost>",
            "**@rookery.localhost",
            "a@rookery.localhost\r\n",
          ],
          `${"x".repeat(65)}@rookery.localhost`,
          `a@${"x".repeat(64)}.example`,
        ].map((value) => ({ says: `the address ${JSON.stringify(value.slice(0, 30))}`, value })),
      },
      empty: "address",
    },
    "aliases.delete": {},
  },
};
