/** An account as `/v3` gives it, and as it is printed. */
import { z } from "zod";
import {
  type Colour,
  cellColumns,
  colour,
  counted,
  dayOf,
  detailsOf,
  minuteOf,
  rfc3339,
  tableOf,
  unlessEmpty,
} from "../output.ts";

const faultShape = z.object({
  code: z.string(),
  message: z.string(),
  since: z.number().nullish(),
});

export const grantShape = z.object({
  id: z.string(),
  provider: z.string(),
  email: z.string(),
  name: z.string().nullish(),
  grant_status: z.string(),
  workspace_id: z.string().nullish(),
  settings: z.object({ policy_id: z.string().nullish() }).nullish(),
  created_at: z.number(),
  updated_at: z.number(),
  credential_id: z.string().nullish(),
  blocked: z.boolean().nullish(),
  faults: z.array(faultShape).nullish(),
});
export type Grant = z.output<typeof grantShape>;

/** These keys in this order, which scripts read; behind them, why the account is not valid when it is not. */
export const grantJson = (grant: Grant): object => ({
  id: grant.id,
  provider: grant.provider,
  email: grant.email,
  ...unlessEmpty("name", grant.name),
  grant_status: grant.grant_status,
  ...unlessEmpty("workspace_id", grant.workspace_id),
  settings: unlessEmpty("policy_id", grant.settings?.policy_id),
  created_at: rfc3339(grant.created_at),
  updated_at: rfc3339(grant.updated_at),
  ...unlessEmpty("credential_id", grant.credential_id),
  ...(grant.blocked === true && { blocked: true }),
  ...((grant.faults ?? []).length > 0 && { faults: (grant.faults ?? []).map(faultJson) }),
});

type Fault = z.output<typeof faultShape>;

const faultJson = ({ code, message, since }: Fault): object => ({
  code,
  message,
  ...(typeof since === "number" && { since: rfc3339(since) }),
});

const faultText = ({ message, since }: Fault): string =>
  typeof since === "number" ? `${message} (since ${minuteOf(since)})` : message;

/** Every key of a workspace or policy has a name that people know it by. */
export type Names = ReadonlyMap<string, string>;

/** `valid` is called active, as the vendor's command calls it. */
export const statusCell = (status: string): { readonly text: string; readonly colour: Colour } =>
  status === "valid"
    ? { text: "active", colour: "green" }
    : { text: status, colour: status === "invalid" ? "red" : "yellow" };

export function statusText(status: string): string {
  const { text, colour: name } = statusCell(status);
  return colour(name, text);
}

const named = (id: string | null | undefined, names: Names): string | undefined => {
  if (id === null || id === undefined || id === "") return undefined;
  const name = names.get(id);
  return name === undefined ? id : `${id} (${name})`;
};

export const grantText = (grant: Grant, names: Names = new Map()): string =>
  detailsOf([
    ["ID", grant.id],
    ["Provider", grant.provider],
    ["Email", grant.email],
    ["Name", grant.name ?? undefined],
    ["Status", statusText(grant.grant_status)],
    ["Because", (grant.faults ?? []).map(faultText).join("\n") || undefined],
    ["Workspace ID", named(grant.workspace_id, names)],
    ["Policy ID", named(grant.settings?.policy_id, names)],
    ["Blocked", grant.blocked === true ? "yes" : "no"],
    ["Created", minuteOf(grant.created_at)],
    ["Updated", minuteOf(grant.updated_at)],
  ]);

const STATUS_COLUMNS = 7;
const WORKSPACE_COLUMNS = 14;
const DAY_COLUMNS = 10;
const ADDRESS_COLUMNS = cellColumns(4) - STATUS_COLUMNS - WORKSPACE_COLUMNS - DAY_COLUMNS;

/** @param workspaces names by id */
export function grantTable(grants: readonly Grant[], workspaces: Names): string {
  if (grants.length === 0) return "There is no agent account yet: `rookery agent account create <email>`.";
  const table = tableOf(
    [
      ["account, id", ADDRESS_COLUMNS],
      ["workspace", WORKSPACE_COLUMNS],
      ["status", STATUS_COLUMNS],
      ["created", DAY_COLUMNS],
    ],
    grants.map((grant) => [
      `${grant.email}\n${grant.id}`,
      workspaces.get(grant.workspace_id ?? "") ?? grant.workspace_id ?? "",
      statusCell(grant.grant_status),
      dayOf(grant.created_at),
    ]),
  );
  return `${counted(grants.length, "agent account")}\n${table}`;
}
