/** `rookery fleet import`: a fleet file from what is there. */
import { stringify } from "yaml";
import { z } from "zod";
import { clientOf } from "../agent/read.ts";
import type { Client } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { counted, doneLine } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import { writeNew } from "./init.ts";
import { fleetLines } from "./lines.ts";
import { FLEET_FILE } from "./load.ts";

export interface ImportOptions {
  readonly file?: string;
  readonly stdout?: boolean;
}

const tenantLine = z.object({ type: z.literal("tenant"), tenant: z.looseObject({ slug: z.string() }) });
const skipped = z.object({ type: z.literal("skipped"), pod_id: z.string(), why: z.string() });
const summary = z.object({ type: z.literal("summary"), tenants: z.int(), skipped: z.int() });
const documentLine = z.discriminatedUnion("type", [tenantLine, skipped, summary]);

type Tenant = z.infer<typeof tenantLine>["tenant"];

interface Found {
  readonly tenants: readonly Tenant[];
  readonly skipped: readonly z.infer<typeof skipped>[];
}

export async function importFleet(
  parts: CommandParts,
  { file = FLEET_FILE, stdout }: ImportOptions,
): Promise<void> {
  const found = await readFound(await clientOf(parts));
  const text = fileText(found);
  if (stdout === true) parts.print(text.trimEnd());
  else await writeNew(parts, file, text);
  for (const { pod_id, why } of found.skipped) parts.tell(`Left out: pod ${pod_id}, ${why}.`);
  if (stdout !== true)
    parts.print(
      doneLine(
        `${counted(found.tenants.length, "tenant")} in ${file}. What an apply would change: rookery fleet plan`,
      ),
    );
}

async function readFound(client: Client): Promise<Found> {
  const tenants: Tenant[] = [];
  const left: z.infer<typeof skipped>[] = [];
  const call = { method: "GET", path: "/v0/fleet/document" } as const;
  for await (const line of fleetLines(client, call, documentLine, { what: "The import", last: "summary" }))
    switch (line.type) {
      case "tenant":
        tenants.push(line.tenant);
        break;
      case "skipped":
        left.push(line);
        break;
      case "summary":
        return { tenants, skipped: left };
    }
  throw new ClientError("The import was cut off. Run it again.");
}

/** Options of the library: no anchors, which would come of texts that are alike by chance. */
const STYLE = { lineWidth: 110, aliasDuplicateObjects: false } as const;

/** Policies and rules are named, as they are there already. */
function fileText({ tenants }: Found): string {
  const { defaults, own } = withDefaults(tenants);
  const mintsKeys = JSON.stringify({ defaults, own }).includes('"keys":[{');
  return stringify(
    {
      version: 1,
      ...(Object.keys(defaults).length > 0 && { defaults }),
      ...(mintsKeys && { secrets: { file: "secrets.jsonl" } }),
      tenants: own.map((tenant) => (Object.keys(tenant).length === 1 ? tenant.slug : tenant)),
    },
    STYLE,
  );
}

/** The form of each field that most tenants have, `{tenant}` in place of the slug, becomes the default. */
function withDefaults(tenants: readonly Tenant[]): {
  readonly defaults: object;
  readonly own: readonly Tenant[];
} {
  const patterns = tenants.map(({ slug, ...fields }) => ({ slug, fields: patternsOf(slug, fields) }));
  const fieldNames = new Set(patterns.flatMap(({ fields }) => [...fields.keys()]));
  const defaults = new Map<string, string>();
  for (const name of fieldNames) {
    // A field that one tenant does not have cannot be a default: it would be given to that tenant.
    const forms = patterns.map(({ fields }) => fields.get(name));
    const common = forms.every((form) => form !== undefined) ? mostCommon(forms) : null;
    if (common !== null) defaults.set(name, common);
  }
  return {
    defaults: Object.fromEntries([...defaults].map(([name, form]) => [name, JSON.parse(form)])),
    own: tenants.map(({ slug, ...fields }, index) => ({
      slug,
      ...Object.fromEntries(
        Object.entries(fields).filter(([name]) => patterns[index]?.fields.get(name) !== defaults.get(name)),
      ),
    })),
  };
}

/** Each field as JSON, with {tenant} for the slug in its texts. */
const patternsOf = (slug: string, fields: object): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" && name === "name"
        ? JSON.stringify(patternOf(slug, value))
        : JSON.stringify(value, (key, inner) =>
            typeof inner === "string" && withPlaceholder.has(key || name)
              ? // Addresses are in lower case, whatever the slug.
                patternOf((key || name) === "address" ? slug.toLowerCase() : slug, inner)
              : inner,
          ),
    ]),
  );

/** Fields at any depth in which {tenant} means the slug. */
const withPlaceholder = new Set(["address", "display_name", "url"]);

/** The slug, whose only special character is the dot, as a word of its own: a short one is a part of many others. */
function patternOf(slug: string, text: string): string {
  const word = new RegExp(`(?<![A-Za-z0-9])${slug.replaceAll(".", "\\.")}(?![A-Za-z0-9])`, "g");
  const pattern = text.replaceAll(word, "{tenant}");
  return pattern.replaceAll("{tenant}", () => slug) === text ? pattern : text;
}

function mostCommon(forms: readonly (string | undefined)[]): string | null {
  const counts = new Map<string, number>();
  for (const form of forms) if (form !== undefined) counts.set(form, (counts.get(form) ?? 0) + 1);
  const [first] = [...counts].sort(([, one], [, other]) => other - one);
  // One alone is no pattern.
  return first !== undefined && (first[1] > 1 || forms.length === 1) ? first[0] : null;
}
