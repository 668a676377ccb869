import { z } from "@hono/zod-openapi";
import type { Alias } from "../../../../domain/tenancy/aliases/index.ts";
import { MAX_ALIASES } from "../../../../domain/tenancy/aliases/limits.ts";
import { wire } from "./common.ts";
import { createdAt } from "./fields.ts";
import { sample } from "./sample.ts";

const example = "sales@agents.example.com";

const address = z.string().openapi({
  description: "The address; * before the @ for all of the domain that no other inbox has.",
  example,
});

export const v0Alias = z
  .object({
    address,
    catch_all: z.boolean().openapi({ description: "True for a catch-all.", example: false }),
    created_at: createdAt,
  })
  .openapi("Alias", {
    title: "Alias of an inbox",
    example: { address: example, catch_all: false, created_at: sample.at },
  });

export const aliasList = z
  .object({
    count: z.int().openapi({ description: "How many there are.", example: 1 }),
    aliases: z.array(v0Alias).openapi({ description: `Aliases by address, ${MAX_ALIASES} at most.` }),
  })
  .openapi("ListAliasesResponse", {
    title: "Aliases of an inbox",
    example: { count: 1, aliases: [{ address: example, catch_all: false, created_at: sample.at }] },
  });

export const createAliasBody = z
  .object({ address })
  .openapi("CreateAliasRequest", { title: "Alias to give an inbox", example: { address: example } });

export const toV0Alias = (alias: Alias): Record<string, unknown> => ({
  ...wire(alias, ["address"]),
  catch_all: alias.isCatchAll,
  ...wire(alias, ["createdAt"]),
});
