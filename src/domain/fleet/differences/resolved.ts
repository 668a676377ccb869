/** Policies and rules by the names that a document has for them. */

/** Null where nothing has the name yet: a plan is made before what it declares. */
export interface Resolved {
  /** @param name of the document; null: none */
  readonly policyId: (name: string | null) => string | null;
  readonly ruleId: (name: string) => string | null;
  /** For people to read: the name in the document, else that of the object, else its id. */
  readonly policyName: (id: string | null) => string | null;
  readonly ruleName: (id: string) => string;
}
