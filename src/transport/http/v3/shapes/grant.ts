import { z } from "@hono/zod-openapi";
import { type Account, type Fault, faultCodes } from "../../../../domain/fleet/accounts/index.ts";
import { MAX_NAME_LENGTH } from "../../../../domain/limits.ts";
import { MAX_STATE_LENGTH } from "../../../../domain/tenancy/inboxes/limits.ts";
import { storable } from "../../dialect/storable.ts";
import { present, seconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

const fault = z
  .object({
    code: z
      .enum(faultCodes)
      .openapi({ description: "What is wrong, for programs.", example: "domain_not_verified" }),
    message: z.string().openapi({
      description: "The same as a sentence.",
      example: "The domain agents.example.com is not verified",
    }),
    since: seconds("Since when; absent when that is not known.").optional(),
  })
  .openapi("GrantFault", { title: "What is wrong with an account" });

export const grant = z
  .object({
    id: z.uuid().openapi({ description: "The account's id.", example: sample.grantId }),
    provider: z.literal("nylas").openapi({ description: "Always nylas: an account of this server." }),
    grant_status: z.enum(["valid", "invalid"]).openapi({
      description:
        "Valid: it can send and receive, and the webhooks of its own and of its workspace take its events. `faults` says why it is not.",
    }),
    email: z.string().openapi({ description: "Its address, in lower case.", example: sample.email }),
    name: z.string().optional().openapi({
      description: "Name before the address in the From of its mail; absent when it has none.",
      example: "Scout",
    }),
    scope: z.array(z.string()).openapi({ description: "Always empty." }),
    settings: z.object({
      email: z.string().openapi({ description: "The address once more.", example: sample.email }),
      policy_id: z.uuid().optional().openapi({
        description: "The policy of its workspace; absent when that has none.",
        example: sample.id,
      }),
    }),
    workspace_id: z.uuid().openapi({ description: "Its workspace.", example: sample.workspaceId }),
    state: z
      .string()
      .optional()
      .openapi({ description: "The caller's own word, as it was given.", example: "order-42" }),
    blocked: z.literal(true).optional().openapi({
      description:
        "While it, its workspace or the application is paused, or its workspace suspended: it neither sends nor receives.",
    }),
    faults: z.array(fault).optional().openapi({
      description:
        "Why it is not valid, the widest cause first; absent when it is. A field of this server's own.",
    }),
    created_at: seconds("When it was created."),
    updated_at: seconds("When it last changed."),
  })
  .openapi("Grant", { title: "Account", description: "One agent's account: an address with its mail." });

const toFault = ({ code, message, since }: Fault): Record<string, unknown> =>
  present({ code, message, ...wire({ since }, ["since"]) });

const pauses: ReadonlySet<string> = new Set([
  "paused",
  "suspended",
  "workspace_paused",
  "organization_paused",
]);

export const toGrant = ({ inbox, policyId, health: { status, faults } }: Account): Record<string, unknown> =>
  present({
    id: inbox.id,
    provider: "nylas",
    grant_status: status,
    email: inbox.address,
    name: inbox.displayName === "" ? null : inbox.displayName,
    scope: [],
    settings: present({ email: inbox.address, policy_id: policyId }),
    workspace_id: inbox.podId,
    state: inbox.state,
    blocked: faults.some(({ code }) => pauses.has(code)) ? true : null,
    faults: faults.length === 0 ? null : faults.map(toFault),
    ...wire(inbox, ["createdAt", "updatedAt"]),
  });

const name = storable.openapi({
  description: `Name before the address in the From of its mail: ${MAX_NAME_LENGTH} characters at most, on one line.`,
  maxLength: MAX_NAME_LENGTH,
  example: "Scout",
});

const appPassword = storable.openapi({
  description:
    "Opens IMAP and submission to the account: 18 to 40 printable ASCII characters without a space, among them a capital letter, a small letter and a digit. Only its hash is stored.",
  minLength: 18,
  maxLength: 40,
  example: "Correct-Horse-Battery-1",
});

const policyId = storable.openapi({
  description: "Must be the policy of the account's workspace, which is where policies are attached.",
  example: sample.id,
});

const state = storable.openapi({
  description: `Your own word: ${MAX_STATE_LENGTH} characters at most.`,
  maxLength: MAX_STATE_LENGTH,
  example: "order-42",
});

/** Characters of a provider's name repeated in an error. */
const SHOWN = 50;

/** @param what cannot be done for another one */
const provider = (what: string) =>
  z
    .string()
    .refine((given) => given === "nylas", {
      error: ({ input }) => `${what} is not available for provider ${String(input).slice(0, SHOWN)}`,
    })
    .openapi({ description: "nylas.", example: "nylas" });

export const createGrantBody = z
  .object({
    provider: provider("Custom authentication"),
    settings: z.object({
      email: storable.openapi({
        description: "The address: on a verified domain of the application, or on this server's own.",
        example: sample.email,
      }),
      app_password: appPassword.optional(),
      policy_id: policyId.optional(),
    }),
    name: name.optional(),
    workspace_id: storable.optional().openapi({
      description:
        "Its workspace. When absent: the one that groups accounts of the address's domain, else that of the key, else the default one.",
      example: sample.workspaceId,
    }),
    state: state.optional(),
  })
  .openapi("CreateGrantRequest", {
    title: "Account to create",
    example: { provider: "nylas", settings: { email: sample.email }, name: "Scout" },
  });

export const updateGrantBody = z
  .object({
    provider: provider("A change").optional().openapi({ description: "nylas, where it is given." }),
    settings: z
      .object({
        email: storable.optional().openapi({
          description: "The address that it has; it cannot be changed.",
          example: sample.email,
        }),
        app_password: appPassword.nullable().optional().openapi({
          description: "Replaces the app password at once; null removes it. Unchanged when absent.",
        }),
        policy_id: policyId.optional(),
      })
      .optional(),
    name: name
      .nullable()
      .optional()
      .openapi({ description: "Empty or null: it has none. Unchanged when absent." }),
    workspace_id: storable.optional().openapi({
      description: "Moves it to that workspace of the application. Unchanged when absent.",
      example: sample.workspaceId,
    }),
    state: state.optional(),
  })
  .openapi("UpdateGrantRequest", { title: "Changes of an account", example: { name: "Scout" } });
