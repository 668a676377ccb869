import { type TestNoun, thing } from "./noun.ts";

const block = ["send", "block"] as const;

/** An entry of the tenant's inbox, one of its pod and one of the organization. */
export const lists: TestNoun = {
  dialect: "v0",
  tables: ["list_entries"],
  absent: { entry: "nobody@blocked.example" },
  choices: { direction: "send", type: "block" },
  async furnish({ client, name, things }) {
    const entry = (level: string) => ({ entry: `${name}@${level}.blocked.example` });
    const ofInbox = await client.inboxes.lists.create(thing(things, "inbox_id"), ...block, entry("inbox"));
    const ofPod = await client.pods.lists.create(thing(things, "pod_id"), ...block, entry("pod"));
    const ofOrganization = await client.lists.create(...block, entry("organization"));
    return {
      entry: ofInbox.entry,
      pod_entry: ofPod.entry,
      organization_entry: ofOrganization.entry,
    };
  },
  named(path, parameter) {
    if (parameter !== "entry") return null;
    if (path.startsWith("/v0/pods/")) return "pod_entry";
    return path.startsWith("/v0/lists/") ? "organization_entry" : null;
  },
  routes: {
    "lists.list": {},
    "lists.get": {},
    "lists.create": {
      body: () => ({ entry: "two.blocked.example", reason: "noise" }),
      fields: {
        entry: [
          ...[
            "",
            " ",
            "com",
            "@",
            "@a.example",
            "a@",
            "*.a.example",
            "a@b@",
            "A <a@b.example>",
            "<a@b.example>",
          ],
          ...[
            "a..example",
            "a_b.example",
            "a.example.",
            "https://a.example",
            "127.0.0.1",
            "a\nb.example",
            "ü@",
          ],
          "a b.example",
          "a\u0000.example",
          "\ud83d.example",
          `${"x".repeat(64)}.example`,
          `${"x".repeat(1001)}.example`,
          "x@y.example, z@y.example",
        ].map((value) => ({ says: `the entry ${JSON.stringify(value.slice(0, 30))}`, value })),
        reason: [
          ...["a\nb", "a\u0000b", "\ud83d", "x".repeat(257)].map((value) => ({
            says: `the reason ${JSON.stringify(value.slice(0, 10))}`,
            value,
          })),
        ],
      },
      empty: "entry",
    },
    "lists.delete": {},
  },
};
