/** Tools for inboxes, and the one that verifies an agent's own sign-up. */
import { z } from "zod";
import { clientId, inboxId, page } from "./inputs.ts";
import { inbox, pageOf, verified } from "./outputs.ts";
import { changes, creates, done, reads, type Tool } from "./tool.ts";

const metadataValue = z.union([z.string(), z.number(), z.boolean()]);
const displayName = z.string().optional().describe("Name before the address in the From of its mail");

export const inboxTools: readonly Tool[] = [
  {
    name: "list_inboxes",
    title: "List inboxes",
    description: "List the inboxes that this key reaches, a page at a time, newest first.",
    route: "inboxes.list",
    input: z.strictObject(page),
    output: pageOf("inboxes", inbox),
    hints: reads,
  },
  {
    name: "get_inbox",
    title: "Get an inbox",
    description: "Get one inbox by its ID.",
    route: "inboxes.get",
    input: z.strictObject({ inboxId }),
    output: inbox,
    hints: reads,
  },
  {
    name: "create_inbox",
    title: "Create an inbox",
    description: "Create an inbox with an email address. A username is made up when none is given.",
    route: "inboxes.create",
    input: z.strictObject({
      username: z.string().optional().describe("The part of the address before the @"),
      domain: z.string().optional().describe("The part behind it; the server's own domain when absent"),
      displayName,
      clientId,
      metadata: z.record(z.string(), metadataValue).optional().describe("Your own data: names and values"),
    }),
    output: inbox,
    hints: creates,
  },
  {
    name: "update_inbox",
    title: "Update an inbox",
    description:
      "Change the display name or the metadata of an inbox. Metadata is merged: null for a key removes it, null as a whole removes all.",
    route: "inboxes.update",
    input: z.strictObject({
      inboxId,
      displayName,
      metadata: z
        .record(z.string(), metadataValue.nullable())
        .nullable()
        .optional()
        .describe("Merged into the metadata that is there"),
    }),
    output: inbox,
    hints: changes,
  },
  {
    name: "delete_inbox",
    title: "Delete an inbox",
    description: "Delete an inbox permanently, with all its mail.",
    route: "inboxes.delete",
    input: z.strictObject({ inboxId }),
    output: done,
    hints: changes,
  },
  {
    name: "agent_verify",
    title: "Verify a sign-up",
    description:
      "Verify the organization of an agent that signed up by itself, with the code of six digits that its human got by email. Ask your human for it.",
    route: "agent.verify",
    input: z.strictObject({ otpCode: z.string().describe("The code of six digits") }),
    output: verified,
    hints: creates,
  },
];
