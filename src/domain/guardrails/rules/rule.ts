/** Rules: what is done with a message that fits (nylas 4.2). */

/** Inbound rules judge mail that arrives, outbound rules what is sent; neither ever looks at the other. */
export const triggers = ["inbound", "outbound"] as const;
export type Trigger = (typeof triggers)[number];

/** What of a message a condition looks at; the last four are of sends. */
export const ruleFields = [
  "from.address",
  "from.domain",
  "from.tld",
  "recipient.address",
  "recipient.domain",
  "recipient.tld",
  "outbound.type",
] as const;
export type RuleField = (typeof ruleFields)[number];

export const operators = ["is", "is_not", "contains", "in_list"] as const;
export type Operator = (typeof operators)[number];

export const matchOperators = ["all", "any"] as const;
export type MatchOperator = (typeof matchOperators)[number];

/** Whether a send answers a message. */
export const outboundTypes = ["compose", "reply"] as const;
export type OutboundType = (typeof outboundTypes)[number];

/** `block` refuses the message. The first four others place it, `assign_to_folder` where its value says; the last two are flags. */
export const actionTypes = [
  "block",
  "mark_as_spam",
  "trash",
  "archive",
  "assign_to_folder",
  "mark_as_read",
  "mark_as_starred",
] as const;
export type ActionType = (typeof actionTypes)[number];

export interface Condition {
  readonly field: RuleField;
  readonly operator: Operator;
  /** As it was given: with `in_list` ids of value lists, one alone also as a text. */
  readonly value: string | readonly string[];
}

export interface RuleAction {
  readonly type: ActionType;
  /** Name of the folder, of `assign_to_folder` alone. */
  readonly value?: string;
}

/** What a rule says, whoever has it. */
export interface RuleTerms {
  readonly trigger: Trigger;
  readonly match: { readonly operator: MatchOperator; readonly conditions: readonly Condition[] };
  readonly actions: readonly RuleAction[];
}

export interface Rule extends RuleTerms {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly description: string | null;
  /** 0 to 1000; the lower comes first. */
  readonly priority: number;
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const MAX_PRIORITY = 1000;
export const DEFAULT_PRIORITY = 10;

/** Ids of the lists that a condition names. */
export const listsOf = ({ operator, value }: Condition): readonly string[] =>
  operator !== "in_list" ? [] : typeof value === "string" ? [value] : value;

/** Type of the values of a field, which is the type that a list must have; null for what no list holds. */
export function kindOf(field: RuleField): "address" | "domain" | "tld" | null {
  switch (field) {
    case "from.address":
    case "recipient.address":
      return "address";
    case "from.domain":
    case "recipient.domain":
      return "domain";
    case "from.tld":
    case "recipient.tld":
      return "tld";
    case "outbound.type":
      return null;
  }
}
