/**
 * How right and how fast replies are found in texts, beside two libraries: `npm run bench -- replies [FOLDER]`, where FOLDER has public
 * fixtures (`replies/public-sets.ts`).
 */
import { cpus } from "node:os";
import { extractReply } from "../src/protocols/mime/reply-extraction.ts";
import { type ReplyCase, replyCases } from "../test/replies/corpus.ts";
import { type Outcome, outcomeOf, scoreOf } from "../test/replies/score.ts";
import { extractors } from "./replies/extractors.ts";
import { cpuMs, printGrowth, type Shape, tableOf } from "./replies/figures.ts";
import { printHtml, printHtmlGrowth } from "./replies/html-part.ts";
import { publicCases, publicOutcome } from "./replies/public-sets.ts";

type TextCase = ReplyCase & { readonly text: string };

export function replies(folder: string | undefined): void {
  const cases = replyCases();
  const texts = cases.flatMap((each) => (each.text === null ? [] : [{ ...each, text: each.text }]));
  for (const by of ["tongue", "client", "style"] as const) printScores(texts, by);
  printHtml(cases, figure);
  if (folder !== undefined) printPublic(folder);
  printTimes(texts);
  printHtmlGrowth();
  console.log("score: percent of the cases, those with words of the sender's missing counted twice");
}

const percent = (outcomes: readonly Outcome[]): string => scoreOf(outcomes).toFixed(1);

/** `97.0 (1 over)`: how many of the faults are words of the sender's that are missing. */
function figure(outcomes: readonly Outcome[]): string {
  const over = outcomes.filter((outcome) => outcome === "over").length;
  return over === 0 ? percent(outcomes) : `${percent(outcomes)} (${over} over)`;
}

function printScores(cases: readonly TextCase[], by: "tongue" | "client" | "style"): void {
  const table = tableOf([by, "cases", ...extractors.map(({ name }) => name)]);
  const outcomes = cases.map((each) =>
    extractors.map((extractor) => outcomeOf(extractor.extract(each.text, each), each.reply, each.own)),
  );
  const row = (title: string, isIn: (each: TextCase) => boolean): void => {
    const rows = outcomes.filter((_outcome, index) => cases[index] !== undefined && isIn(cases[index]));
    table.push([
      title,
      rows.length,
      ...extractors.map((_extractor, column) => figure(columnOf(rows, column))),
    ]);
  };
  for (const value of new Set(cases.map((each) => each[by]))) row(value, (each) => each[by] === value);
  row("all", () => true);
  console.log(`\nreplies in text, by ${by}\n${table.toString()}`);
}

const columnOf = (rows: readonly (readonly Outcome[])[], column: number): readonly Outcome[] =>
  rows.flatMap((outcomes) => outcomes[column] ?? []);

function printPublic(folder: string): void {
  const cases = publicCases(folder);
  const table = tableOf(["set", "cases", ...extractors.map(({ name }) => name)]);
  const wrong: string[] = [];
  for (const set of new Set(cases.map((each) => each.set))) {
    const own = cases.filter((each) => each.set === set);
    const figures = extractors.map((extractor) => {
      const outcomes = own.map((each) => publicOutcome(extractor.extract(each.text, null), each));
      if (extractor === extractors[0])
        wrong.push(
          ...own.flatMap(({ name }, index) => (outcomes[index] === "right" ? [] : [`${set}/${name}`])),
        );
      const right = outcomes.filter((outcome) => outcome === "right").length;
      return `${right} right, ${outcomes.filter((outcome) => outcome === "over").length} over`;
    });
    table.push([set, own.length, ...figures]);
  }
  console.log(`\npublic sets in ${folder}, as judged by hand\n${table.toString()}`);
  console.log(`wrong by ours: ${wrong.join(", ") || "none"}`);
}

/** Rounds over the corpus: a case alone takes less than a clock tells apart. */
const ROUNDS = 20;

function printTimes(cases: readonly TextCase[]): void {
  const table = tableOf(["", "µs a mail"]);
  for (const extractor of extractors.filter(({ name }) => name !== "ours, no header")) {
    const run = (): void => {
      for (const each of cases) extractor.extract(each.text, each);
    };
    run();
    const spent = cpuMs(() => Array.from({ length: ROUNDS }).forEach(run));
    table.push([extractor.name, ((spent * 1000) / (ROUNDS * cases.length)).toFixed(0)]);
  }
  console.log(`\nCPU time on ${cpus()[0]?.model.trim() ?? "cpu"}\n${table.toString()}`);
  printGrowth("ours, µs a kilobyte", shapes, (text) => extractReply(text, null));
}

/** What each part of the extraction repeats, ordinary and made to cost. */
const shapes: readonly Shape[] = Object.entries({
  text: "The quick brown fox jumps over the lazy dog.\n",
  "quoted lines": "> The quick brown fox jumps over the lazy dog.\n",
  "answers between quotes": "> The quick brown fox?\n\nJumps.\n\n",
  labels: "Name: of the fox\n",
  "header fields": "From: a@example.com\nTo: b@example.com\n",
  "nearly attributions": "The quick brown fox jumps over 26 lazy dogs and then somebody wrote:\n",
  attributions: "On Thu, Nov 26, 2026 at 9:00 AM Ann <ann@example.com> wrote:\n",
  rules: "____________________\n",
  delimiters: "-----Original Message-----\n",
  "one line": "On 26 Nov 2026 <ann@example.com> wrote: ",
}).map(([name, unit]) => ({ name, unit }));
