/** What a condition compares with, in the normal form of the values of messages. */
import { asciiDomain, normalValue, trimmed, type ValueType } from "../value-lists/index.ts";
import { type Condition, kindOf } from "./rule.ts";

/** @param condition one whose value is a text: of any operator but `in_list` */
export function wantedOf({ field, operator, value }: Condition): string {
  const given = typeof value === "string" ? value : "";
  const kind = kindOf(field);
  if (operator === "contains") return fragment(kind, given);
  return kind === null ? given.trim().toLowerCase() : wholeValue(kind, given);
}

/** The normal form; of text that can be no such value itself, so that it is literal whatever it holds. */
const wholeValue = (kind: ValueType, given: string): string =>
  normalValue(kind, given) ?? trimmed(kind, given);

/** A part of a value, literal. A dot in front of one says where a label begins, and is kept: without it more would fit. */
function fragment(kind: ValueType | null, given: string): string {
  const text = given.trim().toLowerCase();
  if (kind === null) return text;
  if (kind !== "address") return asciiDomain(text.replace(/^@/, ""));
  const at = text.lastIndexOf("@");
  return at === -1 ? text : `${text.slice(0, at + 1)}${asciiDomain(text.slice(at + 1))}`;
}
