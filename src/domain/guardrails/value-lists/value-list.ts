/** Value lists: many domains, top-level domains or addresses under one id, which conditions of rules name (nylas 4.4). */

/** What the values of a list are: a domain with its subdomains' own names apart, the last label of one, or an address. */
export const valueTypes = ["domain", "tld", "address"] as const;
export type ValueType = (typeof valueTypes)[number];

export interface ValueList {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly description: string | null;
  /** Never changes: conditions that name the list rely on it. */
  readonly type: ValueType;
  readonly itemsCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ListItem {
  readonly id: string;
  readonly listId: string;
  /** In its normal form; unique on the list. */
  readonly value: string;
  readonly createdAt: Date;
}
