/** A field of a request as an option of a command. */
import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";

/** How a value is written on a command line. */
export type FieldKind = "text" | "integer" | "number" | "flag" | "texts" | "json";

export interface Field {
  /** On the wire. */
  readonly name: string;
  readonly kind: FieldKind;
  readonly description: string;
  readonly isRequired: boolean;
  readonly choices: readonly string[] | null;
  readonly example: unknown;
}

/** What of a schema commands read. */
export interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly example?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
}

export const schemaShape: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    example: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    items: schemaShape.optional(),
    properties: z.record(z.string(), schemaShape).optional(),
    required: z.array(z.string()).optional(),
    allOf: z.array(schemaShape).optional(),
    anyOf: z.array(schemaShape).optional(),
  }),
);

export function fieldOf(
  name: string,
  schema: Schema,
  isRequired: boolean,
  resolve: (schema: Schema) => Schema,
): Field {
  const { type, description = "", items, example, enum: values } = resolve(schema);
  const choices = values?.every((value) => typeof value === "string") === true ? values : null;
  const itemType = items === undefined ? undefined : resolve(items).type;
  const kind = kindOf([type ?? []].flat(), itemType);
  return { name, kind, description, isRequired, choices, example };
}

function kindOf(types: readonly string[], itemType: Schema["type"]): FieldKind {
  const [type, ...others] = types.filter((each) => each !== "null");
  if (others.length > 0) return "json";
  if (type === "integer" || type === "number") return type;
  if (type === "boolean") return "flag";
  if (type === "array") return itemType === "string" ? "texts" : "json";
  return type === "string" ? "text" : "json";
}

/** `include_spam` -> `include-spam`. */
export const flagOf = (name: string): string => name.replaceAll("_", "-");

/** Options of the command for a field: one, and for a switch its opposite. */
export function optionsOf(field: Field): Option[] {
  const { name, kind, choices } = field;
  const flag = flagOf(name);
  const about = shortOf(field);
  if (kind === "flag") return [new Option(`--${flag}`, about), new Option(`--no-${flag}`).hideHelp()];
  if (kind === "texts")
    return [
      new Option(`--${flag} <text>`, `${about} May be repeated.`).argParser(
        // Cast: what the library keeps of this option is what it was given before.
        (text: string, before: unknown) => [...((before ?? []) as string[]), text],
      ),
    ];
  if (kind === "json") return [new Option(`--${flag} <json>`, about).argParser(jsonOf)];
  if (kind !== "text") return [new Option(`--${flag} <number>`, about).argParser(numberOf(kind))];
  const option = new Option(`--${flag} <text>`, about);
  return [choices === null ? option : option.choices(choices)];
}

/** The first sentence: the whole is in the API's documents, and a page of help has twenty of them. */
function shortOf({ description, isRequired }: Field): string {
  const [first = ""] = /^.*?[.:;](?=\s|$)/s.exec(description) ?? [description];
  return `${first.replace(/[:;]$/, ".")}${isRequired ? " Required." : ""}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It takes JSON.");
  }
}

const numberOf =
  (kind: "integer" | "number") =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (kind === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
    throw new InvalidArgumentError(kind === "integer" ? "It takes a whole number." : "It takes a number.");
  };
