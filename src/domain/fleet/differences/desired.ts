/** What a document says, as the domain reads it. */
import type { DesiredKey, FleetDocument, FleetTenant } from "../../../protocols/fleet-file/index.ts";
import type { PolicyFields } from "../../guardrails/policies/index.ts";
import type { CreateRule } from "../../guardrails/rules/index.ts";

export interface DeclaredList {
  readonly type: string;
  readonly description?: string;
  readonly items: readonly string[];
}

/** With `in_list` a condition names lists of the document, or has ids. */
export type DeclaredRule = Omit<CreateRule, "name">;

/** What tenants share, by name. */
export interface DeclaredShared {
  readonly policies: Readonly<Record<string, PolicyFields>>;
  readonly rules: Readonly<Record<string, DeclaredRule>>;
  readonly lists: Readonly<Record<string, DeclaredList>>;
}

/** All of a document but its tenants and what it declares. */
export interface FleetSettings {
  readonly defaults: NonNullable<FleetDocument["defaults"]>;
  readonly graceDays: number;
  /** Policies and rules that the tenants name, each once. */
  readonly named: SharedNames;
  /** Those that the document declares. */
  readonly declared: SharedNames;
}

interface SharedNames {
  readonly policies: readonly string[];
  readonly rules: readonly string[];
}

export interface DesiredFleet {
  readonly settings: FleetSettings;
  readonly shared: DeclaredShared;
  readonly tenants: readonly FleetTenant[];
  /** Whether there are any, in the defaults or of a tenant. */
  readonly uses: { readonly keys: boolean; readonly webhooks: boolean };
}

/** Looks for names of policies and rules, each once. */
export class NameSearch {
  readonly #policies = new Set<string>();
  readonly #rules = new Set<string>();

  look({ policy, rules = [] }: FleetSettings["defaults"]): void {
    if (typeof policy === "string") this.#policies.add(policy);
    for (const name of rules) this.#rules.add(name);
  }

  found(): FleetSettings["named"] {
    return { policies: [...this.#policies], rules: [...this.#rules] };
  }
}

/** Null: all that the scope allows. */
export const permissionsOf = ({ permissions }: DesiredKey): Readonly<Record<string, boolean>> | null =>
  permissions ?? null;

export type { FleetTenant };
