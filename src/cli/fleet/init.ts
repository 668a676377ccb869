/** `rookery fleet init`: a fleet file to begin with. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { FLEET_SCHEMA_PATH } from "../../protocols/fleet-file/index.ts";
import { doneLine } from "../output.ts";
import { type CommandParts, configOf, UsageError } from "../parts.ts";
import { FLEET_FILE } from "./load.ts";

export interface InitOptions {
  readonly file?: string;
}

export async function initFleet(parts: CommandParts, { file = FLEET_FILE }: InitOptions): Promise<void> {
  const { baseUrl, domain } = await configOf(parts);
  await writeNew(parts, file, template(`${baseUrl}${FLEET_SCHEMA_PATH}`, domain));
  parts.print(doneLine(`${file} is written. Look through it, then: rookery fleet plan`));
}

/** One that is there holds a fleet, and is never written over. @throws UsageError */
export async function writeNew(parts: CommandParts, name: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(parts.cwd, name), text, { flag: "wx" });
  } catch (error) {
    throw new UsageError(
      codeOf(error) === "EEXIST"
        ? `${name} exists already, and is left as it is: give another name with --file.`
        : `${name} cannot be written (${codeOf(error) || String(error)}).`,
    );
  }
}

const template = (schema: string, domain: string): string => `# yaml-language-server: $schema=${schema}
#
# The fleet: what every tenant has. Then:
#   rookery fleet plan     what would change, and why
#   rookery fleet apply    makes it so; run again, it changes nothing
version: 1

# What tenants share: made once, changed in place.
policies:
  standard:
    limits:
      limit_count_daily_email_sent: 500
rules:
  blocked-senders:
    match:
      conditions:
        - { field: from.domain, operator: in_list, value: [blocked-senders] }
    actions: [{ type: block }]
lists:
  blocked-senders:
    type: domain
    items: [spam.example]

# What each tenant has that does not say otherwise. {tenant} is its slug. What is left out is not the fleet's:
# it may be changed elsewhere, and is no drift.
defaults:
  policy: standard
  rules: [blocked-senders]
  inboxes:
    - role: support
      address: support-{tenant}@${domain}
      display_name: "{tenant} support"
      keys:
        - name: agent
          permissions: { inbox_read: true, message_read: true, message_send: true }
  # Keys to all of the tenant, and nothing else.
  # keys:
  #   - name: backend
  # webhooks:
  #   - name: events
  #     url: https://hooks.yourapp.example/{tenant}
  #     event_types: [message.received]

# Secrets of minted keys, shown once. Or {stdout: true}, or {command: [vault-put, "agents/{tenant}"]}.
secrets:
  file: secrets.jsonl

# Tenants that left this file are removed by \`rookery fleet apply --prune\`: suspended, and deleted after so many days.
removal:
  grace_days: 30

# Or: {file: tenants.txt}, a slug a line; .csv and .json have fields of each tenant as well.
tenants:
  - acme
  - slug: globex
    display_name: Globex Corporation
`;
