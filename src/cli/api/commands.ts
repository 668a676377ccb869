/** Adds a command for every operation of the API. One that is written by hand keeps its place. */
import type { Command } from "commander";
import type { CommandParts } from "../parts.ts";
import { type ApiDocument, type ApiOperation, isFile, isPaged } from "./document.ts";
import { type Field, flagOf, optionsOf } from "./field.ts";
import type { Options } from "./request.ts";

const HEADING = "Resources of the API:";

/** Adds them below the program. @returns the operations whose place a command written by hand has */
export function addApi(program: Command, parts: CommandParts, api: ApiDocument): readonly ApiOperation[] {
  return api.operations.filter((operation) => {
    const { words } = operation;
    const above = words.slice(0, -1).reduce((group, word) => groupOf(group, word, api), program);
    const name = words.at(-1) ?? "";
    if (named(above, name) !== undefined) return true;
    addOperation(above, name, operation, parts);
    return false;
  });
}

const named = (above: Command, name: string): Command | undefined =>
  above.commands.find((command) => [command.name(), ...command.aliases()].includes(name));

/** The group of that name, made where it is not there. */
function groupOf(above: Command, name: string, { operations, abouts }: ApiDocument): Command {
  const found = named(above, name);
  if (found !== undefined) return found;
  const group = above
    .command(name)
    .helpCommand(false)
    .description(abouts.get(name) ?? "")
    // Arguments of commands are on their own pages: with them, a line of the list is longer than a terminal is wide.
    .configureHelp({ ...above.configureHelp(), subcommandTerm: (command) => command.name() });
  if (above.parent === null) group.helpGroup(HEADING);
  const path = pathOf(group);
  const below = operations.filter(({ words }) => words.join(" ").startsWith(`${path.slice(8)} `));
  // What it does itself before what is in groups below it.
  const [example] = below.toSorted((one, other) => one.words.length - other.words.length);
  const text = `\nExamples:\n${example === undefined ? "" : exampleOf(example)}`;
  return group.addHelpText("after", path in advice ? `${text}\n\n${advice[path]}` : text);
}

/** What to do about what goes wrong, where no single command says it. */
const advice: Readonly<Record<string, string>> = {
  "rookery webhooks": `When a webhook fails:
  rookery webhooks list-events <webhook-id> --state pending --state failed
  rookery webhooks get-event <webhook-id> <webhook-event-id>
    says what it answered. Then mend it, and
  rookery webhooks update <webhook-id> --enabled
    if it was disabled, and
  rookery webhooks recover <webhook-id> --since <time>
    has what it missed sent again.`,
};

/** `rookery inboxes messages` */
function pathOf(command: Command): string {
  const above = command.parent;
  return above === null ? command.name() : `${pathOf(above)} ${command.name()}`;
}

function addOperation(above: Command, name: string, operation: ApiOperation, parts: CommandParts): void {
  const { summary, parameters, query, body, answer, takesIdempotencyKey } = operation;
  const command = above.command(name).summary(summary).description(descriptionOf(operation));
  for (const { name: parameter, description } of parameters)
    command.argument(`<${flagOf(parameter)}>`, description);
  for (const option of [...query, ...(body ?? [])].flatMap(optionsOf)) command.addOption(option);
  if (body !== null) {
    command.option("--body <file>", "the whole body as JSON, from a file or - for standard input");
    if (body.some(({ name: field }) => field === "attachments"))
      command.option(
        "--attach <file>",
        "a file to attach; may be repeated",
        (file: string, before: string[] = []) => [...before, file],
      );
  }
  if (takesUpload(operation))
    command.option(
      "--upload <file>",
      "a file of this machine: takes size, digest and name from it, uploads it and completes it",
    );
  if (takesIdempotencyKey)
    command.option("--idempotency-key <text>", "repeated with the same text, it is done once");
  if (isPaged(operation)) command.option("--page-all", "all pages: with --json an item a line");
  if (isFile(answer.media)) command.option("-o, --output <file>", "write the answer to a file");
  command
    .option("--json", "print as JSON, as without a terminal")
    .option("-q, --quiet", "print ids alone, one a line")
    .option("--dry-run", "print the request instead of sending it")
    .addHelpText("after", `\nExamples:\n${exampleOf(operation)}\n\n${EXIT_CODES}`)
    .action(async (...args: unknown[]) => {
      // Cast: the library gives the arguments, then the options, then the command.
      const options = args.at(-2) as Options;
      const ids = args.slice(0, parameters.length).map(String);
      await (await import("./run.ts")).runOperation(parts, operation, ids, options);
    });
}

/** Of the one create whose bytes go elsewhere. */
const takesUpload = ({ words }: ApiOperation): boolean => words.join(" ") === "inboxes files create";

const EXIT_CODES = "Exit codes: 0 success, 1 failure, 2 wrong usage, 3 not found, 4 forbidden.";

/** The second paragraph says which keys may call it. */
const descriptionOf = ({ description }: ApiOperation): string => description.replaceAll("`", "");

/** Columns of an example: those of a narrow terminal, without its last. */
const EXAMPLE_COLUMNS = 79;

/** Options of an example, beside those that must be given. */
const SHOWN_OPTIONS = 2;

/** A line with what the operation must be given, and a little more. */
function exampleOf({ words, parameters, query, body, sample }: ApiOperation): string {
  const fields = [...query, ...(body ?? [])].map((field) => ({
    ...field,
    example: sample[field.name] ?? field.example,
  }));
  const required = fields.filter(({ isRequired }) => isRequired);
  const more = fields.filter(
    ({ name, kind, isRequired }) => !isRequired && name in sample && kind !== "json" && kind !== "flag",
  );
  const shown = [...required, ...more.slice(0, SHOWN_OPTIONS)];
  const pieces = [
    ...parameters.map((field) => wordOf(field)),
    ...shown.map((field) => `--${flagOf(field.name)}${field.kind === "flag" ? "" : ` ${wordOf(field)}`}`),
  ];
  return brokenLines(`  rookery ${words.join(" ")}`, pieces);
}

function brokenLines(start: string, pieces: readonly string[]): string {
  const lines = [start];
  for (const piece of pieces) {
    const last = lines.at(-1) ?? "";
    // Two columns stay for the backslash before the break.
    if (last.length + 1 + piece.length + 2 <= EXAMPLE_COLUMNS) lines[lines.length - 1] = `${last} ${piece}`;
    else lines.push(`    ${piece}`);
  }
  return lines.join(" \\\n");
}

const MAX_EXAMPLE_WORD = 60;

/** The field's example as a word of a shell, where it is short. */
function wordOf({ name, kind, example }: Field): string {
  const value = kind === "texts" && Array.isArray(example) ? example[0] : example;
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  if (text === "" || text.length > MAX_EXAMPLE_WORD) return kind === "json" ? "'{}'" : `'<${flagOf(name)}>'`;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
