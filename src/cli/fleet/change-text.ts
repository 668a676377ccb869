/** One change as a line of a plan, of drift or of what was applied. */
import { fold } from "../fold.ts";
import { type Colour, colour } from "../output.ts";
import type { Change } from "./lines.ts";

/** As a diff has them: added, changed, gone. */
const marks: Readonly<Record<string, readonly [mark: string, colour: Colour]>> = {
  create: ["+", "green"],
  adopt: ["~", "yellow"],
  update: ["~", "yellow"],
  replace: ["~", "yellow"],
  resend: ["~", "yellow"],
  resume: ["~", "yellow"],
  suspend: ["-", "red"],
  delete: ["-", "red"],
  // What is there beyond the file.
  keep: ["!", "yellow"],
};

export function mark(action: string, text: string): string {
  const [sign, name] = marks[action] ?? ["~", "yellow"];
  return colour(name, `${sign} ${text}`);
}

/** What is done, for actions that a mark does not tell apart. */
const verbs: Readonly<Record<string, string>> = {
  adopt: "adopt ",
  replace: "replace ",
  resend: "resend the secret of ",
  resume: "resume ",
  suspend: "suspend ",
  delete: "delete ",
  keep: "leave ",
};

/** @param indent columns before it */
export function changeLines(change: Change, indent: number): string[] {
  const { action, kind, name, address, fields = [], why, by } = change;
  const space = " ".repeat(indent);
  const subject = `${verbs[action] ?? ""}${kind} ${name}${address === undefined || address === name ? "" : ` ${address}`}`;
  const reason = action === "create" && change.cause === "new" ? "" : reasonOf(why, by);
  return [
    `${space}${mark(action, subject)}`,
    ...(reason === "" ? [] : [`${space}    ${colour("dim", fold(reason, process.stdout, indent + 4))}`]),
    ...fields.map(({ field, from, to }) => `${space}    ${field}: ${valueText(from)} -> ${valueText(to)}`),
  ];
}

function reasonOf(why: string, by: Change["by"]): string {
  if (by === undefined) return why;
  const key = by.key_id === undefined ? "" : ` ${by.key_id}`;
  return `${why}, by ${by.actor}${key} at ${by.at.slice(0, 16).replace("T", " ")} UTC (${by.operation})`;
}

/** Characters of a value that are shown. */
const SHOWN = 60;

function valueText(value: unknown): string {
  if (value === undefined || value === null) return "none";
  const text = JSON.stringify(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
