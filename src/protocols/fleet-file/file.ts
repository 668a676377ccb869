/** A fleet file: the document, and what only the command line needs to know. */
import { z } from "zod";
import { clientName, fleetSettings, fleetTenant } from "./document.ts";
import { MAX_TENANTS } from "./limits.ts";

export const fleetTenants = z
  .array(z.union([clientName.meta({ description: "The slug of a tenant with all defaults." }), fleetTenant]))
  .max(MAX_TENANTS);

const tenantsFile = z
  .strictObject({
    file: z.string().min(1).meta({
      description:
        "Path from this file's folder: a slug a line, or by its extension .csv, .tsv or .json with fields of each tenant.",
    }),
  })
  .meta({ description: "Tenants in a file of their own." });

/** Programs and arguments of the command that takes secrets: what an operating system starts. */
const MAX_ARGUMENTS = 100;

export const fleetSecrets = z
  .union([
    z.strictObject({
      file: z.string().min(1).meta({
        description:
          "Path from this file's folder: made with mode 0600, a line of JSON is added for each secret.",
      }),
    }),
    z.strictObject({
      stdout: z.literal(true).meta({ description: "Secrets are all that is written to standard output." }),
    }),
    z.strictObject({
      command: z.array(z.string().min(1)).min(1).max(MAX_ARGUMENTS).meta({
        description:
          "Program and arguments, run without a shell for each tenant with {tenant} replaced, that read lines of JSON from standard input and end with 0 once they are stored.",
      }),
    }),
  ])
  .meta({ description: "Where secrets of keys go that are minted: to one place." });

export const fleetFile = z
  .strictObject({
    ...fleetSettings,
    secrets: fleetSecrets.optional(),
    tenants: z
      .union([fleetTenants, tenantsFile])
      .meta({ description: "The tenants, or where they are listed." }),
  })
  .meta({ title: "Fleet file", description: "fleet.yaml: the desired state of a fleet of tenants." });

export type FleetFile = z.infer<typeof fleetFile>;
export type FleetSecrets = z.infer<typeof fleetSecrets>;
