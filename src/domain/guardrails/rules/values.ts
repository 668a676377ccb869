/** What the fields of rules have of a message. */
import type { RuleField } from "./rule.ts";
import type { Party, Subject } from "./subject.ts";

/** What of a message a field has. */
export type ValuesOf = (field: RuleField) => readonly string[];

/** Whether a value is on a value list. */
export type IsListed = (listId: string, value: string) => boolean;

/** Several values for recipients, none where nobody is named. Each field is read once, however many conditions ask for it. */
export function valuesIn(subject: Subject): ValuesOf {
  const read = new Map<RuleField, readonly string[]>();
  return (field) => {
    const known = read.get(field);
    if (known !== undefined) return known;
    const values = readField(subject, field);
    read.set(field, values);
    return values;
  };
}

function readField({ from, recipients, outboundType }: Subject, field: RuleField): readonly string[] {
  const sender = (part: keyof Party): readonly string[] => (from === null ? [] : [from[part]]);
  const each = (part: keyof Party): readonly string[] => recipients.map((party) => party[part]);
  switch (field) {
    case "from.address":
      return sender("address");
    case "from.domain":
      return sender("domain");
    case "from.tld":
      return sender("tld");
    case "recipient.address":
      return each("address");
    case "recipient.domain":
      return each("domain");
    case "recipient.tld":
      return each("tld");
    case "outbound.type":
      return outboundType === null ? [] : [outboundType];
  }
}
