import { z } from "zod";
import { type TestNoun, thing } from "./noun.ts";

const page = z.object({
  deliveries: z.array(z.object({ delivery_id: z.string(), domain: z.string().nullish() })),
});

/** The delivery of a message to another server. */
export const deliveries: TestNoun = {
  dialect: "v0",
  tables: ["outbound_deliveries", "outbound_standing", "outbound_inbox_standing"],
  absent: { delivery_id: "0190a000-0000-7000-8000-00000000dead" },
  async furnish({ client, name, things }) {
    const inbox = thing(things, "inbox_id");
    await client.inboxes.messages.send(inbox, { to: `${name}@outside.test`, text: "away" });
    // The vendor's client has no method for it.
    const answer = await client.fetch(`/v0/inboxes/${encodeURIComponent(inbox)}/deliveries`);
    const { deliveries: all } = page.parse(await answer.json());
    return { delivery_id: all.find(({ domain }) => domain === "outside.test")?.delivery_id ?? "" };
  },
  routes: {
    "deliveries.list": {},
    "deliveries.get": {},
    "deliveries.retry": {},
    "deliveries.cancel": {},
    "deliveries.queue": {},
    "deliveries.standing": {},
    "deliveries.resume": {},
  },
};
