/** What callers give of lists, and the checks that it passes before anything is written. */
import { isHeaderSafe, isPattern } from "../../../protocols/address/index.ts";
import { type Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_RULE_VALUE_LENGTH } from "../../limits.ts";
import { MAX_LIST_ITEMS_REQUEST } from "./limits.ts";
import { normalValue } from "./value.ts";
import { type ValueType, valueTypes } from "./value-list.ts";

/** @throws Failure input.invalid */
export function checkName(name: string): string {
  if (name.trim() === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(
      ["name"],
      says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return name;
}

/** Null for none and for an empty one. @throws Failure input.invalid */
export function checkDescription(description: string | null | undefined): string | null {
  if (description === undefined || description === null || description === "") return null;
  // Line breaks are for people to read.
  if (description.length > MAX_DESCRIPTION_LENGTH || !isHeaderSafe(description.replaceAll(/[\r\n]/g, " ")))
    throw invalid(
      ["description"],
      says`${field("description")} must have at most ${MAX_DESCRIPTION_LENGTH} characters and no control characters`,
    );
  return description;
}

/** @throws Failure input.invalid */
export function checkType(given: string): ValueType {
  const type = valueTypes.find((one) => one === given);
  if (type === undefined)
    throw invalid(["type"], says`${field("type")} must be one of ${valueTypes.join(", ")}`);
  return type;
}

/** At most a request's number of texts, none too long. @throws Failure input.invalid */
export function checkGiven(items: readonly string[]): readonly string[] {
  if (items.length === 0 || items.length > MAX_LIST_ITEMS_REQUEST)
    throw invalid(["items"], says`${field("items")} must have 1 to ${MAX_LIST_ITEMS_REQUEST} values`);
  const long = items.findIndex((item) => item.length > MAX_RULE_VALUE_LENGTH);
  if (long !== -1)
    throw invalid(["items", long], `A value may have ${MAX_RULE_VALUE_LENGTH} characters at most`);
  return items;
}

const wanted: Readonly<Record<ValueType, string>> = {
  domain: "a domain name, such as example.com",
  tld: "a top-level domain, such as com",
  address: "an email address, such as ann@example.com, without a wildcard",
};

const wrong = (type: ValueType, index: number): Failure =>
  invalid(["items", index], `A value of this list must be ${wanted[type]}`);

/** The values in their normal form, each once. @throws Failure input.invalid for one that cannot be of the type: none is stored then */
export function checkItems(type: ValueType, items: readonly string[]): readonly string[] {
  const values = items.map((item, index) => {
    const value = normalValue(type, item);
    if (value === null) throw wrong(type, index);
    return value;
  });
  return [...new Set(values)];
}

/** The same of values that are to be on a list: a pattern of addresses would match none, and nobody would notice. @throws Failure input.invalid */
export function checkNewItems(type: ValueType, items: readonly string[]): readonly string[] {
  const pattern = items.findIndex(isPattern);
  if (pattern !== -1) throw wrong(type, pattern);
  return checkItems(type, items);
}
