/** Tools as tools/list shows them. */
import type { ListToolsResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Tool } from "./tool.ts";

export type ListedTool = ListToolsResult["tools"][number];

export function listed({ name, title, description, input, output, hints }: Tool): ListedTool {
  return {
    name,
    title,
    description,
    inputSchema: schemaOf(input, "input"),
    outputSchema: schemaOf(output, "output"),
    annotations: {
      title,
      readOnlyHint: hints.readOnly,
      destructiveHint: hints.destructive,
      idempotentHint: hints.idempotent,
      openWorldHint: hints.openWorld,
    },
  };
}

/** In the draft that clients of every age know; without its name, which some of them look up. */
function schemaOf(schema: z.ZodObject, io: "input" | "output"): ListedTool["inputSchema"] {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { target: "draft-7", io });
  // Cast: the schema of an object is one of type object.
  return { ...rest, type: "object" } as ListedTool["inputSchema"];
}
