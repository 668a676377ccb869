/** Header blocks: the lines From, Sent, To and Subject that Outlook and others put above history. */
import { type HeaderRole, roleOf } from "./reply-phrases.ts";

/** Lines of a header block: its fields, and long lists of recipients folded. */
const MAX_LINES = 24;
/** Characters looked at of a line of it: a label, and the address behind it. */
const MAX_LINE = 300;

interface Field {
  /** `foreign`: no label of a mail's header. */
  readonly role: HeaderRole | "foreign";
  readonly value: string;
}

type Values = Map<HeaderRole, string>;

/**
 * How many lines from there on are a header block; 0 when they are none. A form has labels too ("From: Berlin", "Phone: 555"): a
 * block holds those of a mail's header and no others, and says enough that nothing else can be meant.
 */
export function headerBlockLength(lines: readonly string[], at: number): number {
  const first = fieldOf(lines[at] ?? "");
  if (first === null || first.role === "foreign" || first.role === "other") return 0;
  if (isBlockOnOneLine(first)) return 1;
  const values: Values = new Map();
  let length = 0;
  for (let next = at; next < Math.min(lines.length, at + MAX_LINES); next++) {
    const line = lines[next] ?? "";
    if (isBlank(line)) {
      // HTML turned into text has an empty line behind each field.
      if (values.has("subject") || !isHeaderField(lines[next + 1])) break;
      continue;
    }
    const field = fieldOf(line);
    if (field?.role === "foreign") return 0;
    // A folded value, or the first line of a body without a gap.
    if (field === null) continue;
    if (values.has("subject") && values.has(field.role)) break;
    // What stands above is a line of the letter that looks like a field, and the block begins below it.
    if (next > at && field.role === first.role) return 0;
    values.set(field.role, `${values.get(field.role) ?? ""} ${field.value} ${lines[next + 1] ?? ""}`);
    length = next - at + 1;
  }
  return saysEnough(values) ? length : 0;
}

/** `Date: ... From: ann@example.com To: ... Subject: ...`, as HTML turned into text has it. */
function isBlockOnOneLine({ role, value }: Field): boolean {
  const roles = [...value.matchAll(labelInside)].map(([, label = ""]) => roleOf(label));
  const found = new Set([role, ...roles]);
  return (
    found.has("from") && found.has("date") && found.has("to") && found.has("subject") && value.includes("@")
  );
}

const labelInside = /\s(\p{L}{1,12}(?: em| el)?) ?: /gu;

export const isBlank = (line: string): boolean => line === "" || line.trim() === "";

/** True for what stands in front of the colon of a header field, marks and blanks included. */
export const isLabel = (start: string): boolean => roleOf(start.replace(/[*_>\u00a0]/g, " ")) !== undefined;

const isHeaderField = (line: string | undefined): boolean => {
  const role = fieldOf(line ?? "")?.role;
  return role !== undefined && role !== "foreign";
};

/**
 * From with the subject and one of date and recipient; or without the subject but with an address, as some programs write it; or
 * date and recipient alone, when both can be nothing else.
 */
function saysEnough(values: Values): boolean {
  const hasAddress = (role: HeaderRole): boolean => (values.get(role) ?? "").includes("@");
  const isComplete = values.has("date") && values.has("to");
  if (values.has("from") && values.has("subject")) return values.has("date") || values.has("to");
  if (values.has("from")) return isComplete && (hasAddress("from") || hasAddress("to"));
  return isComplete && hasAddress("to") && wholeDate.test(values.get("date") ?? "");
}

/** With the year and the time, in any order. */
const wholeDate = /(?:19|20)\d\d\D.{0,20}\d{1,2}[:.]\d{2}|\d{1,2}[:.]\d{2}.{0,20}\D(?:19|20)\d\d/;

const labelled =
  /^[\s>]{0,12}[*_]{0,2}(\p{L}[\p{L}\p{M} '’()/-]{0,29}?)\s?[*_]{0,2}\s?[:：](?!\/\/)\s{0,9}[*_]{0,2}(.*)$/u;

function fieldOf(whole: string): Field | null {
  const line = whole.slice(0, MAX_LINE).replaceAll("\u00a0", " ");
  const match = labelled.exec(line);
  if (match === null) return null;
  const [, label = "", value = ""] = match;
  const role = roleOf(label);
  if (role !== undefined) return { role, value };
  // `10:30` and `note:this` are no labels.
  return /[:：](?:\s|\*|$)/.test(line) ? { role: "foreign", value } : null;
}
