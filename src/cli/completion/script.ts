/** Scripts that complete the commands of a program: the words behind each of its commands, written out, so that nothing is started on a key press. */
import type { Command } from "commander";

interface Place {
  /** Words behind the program's name; empty for the program itself. */
  readonly path: string;
  /** And the words that its arguments may be. */
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly string[];
}

/** @param shell bash, zsh or fish */
export function completionScript(shell: string, program: Command): string {
  const places = placesOf(program, []);
  if (shell === "fish") return fishScript(places);
  return shell === "zsh" ? zshScript(places) : bashScript(places);
}

function placesOf(command: Command, words: readonly string[]): Place[] {
  const below = command.commands.filter((one) => !("_hidden" in one && one._hidden === true));
  const flags = command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []);
  // What an argument may be, such as the shells of `completion`.
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const own: Place = {
    path: words.join(" "),
    commands: [
      ...below.flatMap((one) =>
        [one.name(), ...one.aliases()].map((name) => ({ name, about: one.summary() || one.description() })),
      ),
      ...choices.map((name) => ({ name, about: "" })),
    ],
    flags: [...flags, "--help"],
  };
  return [
    own,
    ...below.flatMap((one) =>
      [one.name(), ...one.aliases()].flatMap((name) => placesOf(one, [...words, name])),
    ),
  ];
}

/** A function of the shell that prints what may follow a path, and fails where there is no such command. */
const wordsFunction = (places: readonly Place[]): string =>
  [
    "_rookery_words() {",
    '  case "$1" in',
    ...places.map(
      ({ path, commands, flags }) =>
        `    '${path}') echo '${[...commands.map(({ name }) => name), ...flags].join(" ")}' ;;`,
    ),
    "    *) return 1 ;;",
    "  esac",
    "}",
  ].join("\n");

/** Words that are no command end the path: they are arguments. Bash 3.2, as macOS has it, knows no associative arrays. */
const bashScript = (places: readonly Place[]): string => `# Completion of rookery for bash.
${wordsFunction(places)}
_rookery() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word index candidates
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    _rookery_words "\${path:+$path }$word" >/dev/null || continue
    path="\${path:+$path }$word"
  done
  candidates="$(_rookery_words "$path")"
  if [[ $current != -* ]]; then candidates="$(printf '%s\\n' $candidates | grep -v '^-')"; fi
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -o default -F _rookery rookery`;

const zshScript = (places: readonly Place[]): string => `#compdef rookery
# Completion of rookery for zsh.
${wordsFunction(places)}
_rookery() {
  local found="" word index
  local -a candidates
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    _rookery_words "\${found:+$found }$word" >/dev/null || continue
    found="\${found:+$found }$word"
  done
  candidates=(\${(s: :)"$(_rookery_words "$found")"})
  if [[ \${words[CURRENT]} != -* ]]; then candidates=(\${candidates:#-*}); fi
  if (( \${#candidates} )); then compadd -- $candidates; else _files; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _rookery "$@"; else compdef _rookery rookery; fi`;

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** One function that prints them, as fish would ask a condition of its own for each of thousands: 0.7 s for a key press. */
const fishScript = (places: readonly Place[]): string =>
  [
    "# Completion of rookery for fish.",
    "function __rookery_words",
    '  switch "$argv[1]"',
    ...places.flatMap(({ path, commands, flags }) => [
      `    case ${quoted(path)}`,
      `      printf '%s\\t%s\\n' ${[
        ...commands.flatMap(({ name, about }) => [quoted(name), quoted(firstSentence(about))]),
        ...flags.flatMap((flag) => [quoted(flag), "''"]),
      ].join(" ")}`,
    ]),
    "    case '*'",
    "      return 1",
    "  end",
    "end",
    "function __rookery",
    "  set -l found ''",
    "  for word in (commandline -opc)[2..-1]",
    '    set -l next (string trim -- "$found $word")',
    '    if __rookery_words "$next" >/dev/null; set found "$next"; end',
    "  end",
    '  __rookery_words "$found"',
    "end",
    "complete -c rookery -f -a '(__rookery)'",
  ].join("\n");

const firstSentence = (text: string): string =>
  /^.*?\.(?=\s|$)/s.exec(text)?.[0].replaceAll("\n", " ") ?? text;
