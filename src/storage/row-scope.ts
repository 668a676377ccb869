/** Which rows a transaction may touch, and how row-level security is told. */
import { isUuid } from "../lib/uuid.ts";

/** Which rows a transaction may touch. Extended once, in `domain/door/access/scope.ts`; no other file may import it as a value. */
export abstract class RowScope {
  readonly #rows: RowLimits;
  protected constructor(rows: RowLimits) {
    this.#rows = rows;
  }
  /** What row-level security is set to. */
  get rows(): RowLimits {
    return this.#rows;
  }
}

/** `system`: every row, for workers and ingest. Otherwise ids (UUID); null means "not narrowed to one". */
export type RowLimits =
  | { readonly system: true }
  | {
      readonly system: false;
      readonly organizationId: string;
      readonly podId: string | null;
      readonly inboxId: string | null;
    };

export const everything: RowLimits = { system: true };

/**
 * The statements that take row-level security from one setting to the next, until the transaction ends. `set local`, not
 * set_config(): Citus propagates only the former to the nodes that hold the rows. It takes no parameters, so each value
 * must be a UUID; and each is a message of its own, as Citus propagates the whole query string.
 */
export function settings(from: RowLimits, to: RowLimits): string[] {
  const before = valuesOf(from);
  return Object.entries(valuesOf(to))
    .filter(([name, value]) => value !== before[name])
    .map(([name, value]) => {
      if (value !== "" && !isUuid(value)) throw new Error(`rookery.${name} must be a UUID`);
      // Policies compare with the text that PostgreSQL writes.
      return `set local rookery.${name} = '${value.toLowerCase()}'`;
    });
}

/** Empty means "not narrowed", and where the organization is empty "nothing": it is what the settings are outside a transaction. */
const valuesOf = (rows: RowLimits): Readonly<Record<string, string>> =>
  rows.system
    ? { organization_id: "", pod_id: "", inbox_id: "" }
    : { organization_id: rows.organizationId, pod_id: rows.podId ?? "", inbox_id: rows.inboxId ?? "" };
