/** How mail hosts behave, by name: scripts' answers to be put together. */
import type { HostScript, Step } from "./mail-host.ts";

type Answers = NonNullable<HostScript["answer"]>;

/** The first of them that has an answer. */
export const firstOf =
  (...all: readonly Answers[]): Answers =>
  (...asked) =>
    all.map((answers) => answers(...asked)).find((answer) => answer !== null) ?? null;

/** Always the same at one step. */
export const at =
  (step: Step, answer: string): Answers =>
  (asked) =>
    asked === step ? answer : null;

/** Each recipient is deferred as often as this, as an unknown sender is. */
export function greylisting(times: number): Answers {
  const tries = new Map<string, number>();
  return (step, line) => {
    if (step !== "RCPT") return null;
    const tried = tries.get(line) ?? 0;
    tries.set(line, tried + 1);
    return tried < times ? "450 4.7.1 greylisted, come back later" : null;
  };
}

/** So many of a hundred recipients, spread evenly, and the same in each run. */
export function deferring(percent: number): Answers {
  let due = 0;
  return (step) => {
    if (step !== "RCPT") return null;
    due += percent;
    if (due < 100) return null;
    due -= 100;
    return "451 4.3.0 not now";
  };
}

const BY_LOCAL_PART: Readonly<Record<string, string>> = {
  unknown: "550 5.1.1 no such user",
  full: "452 4.2.2 mailbox full",
  over: "552 5.2.2 over quota",
  closed: "550 5.2.1 mailbox disabled",
  later: "451 4.3.0 not now",
  policy: "550 5.7.1 not from you",
  odd: "what?",
};

/** Outcomes that a recipient's local part names, up to its first digit, dot or dash: `unknown-1@...`. */
export const byLocalPart: Answers = (step, line) => {
  if (step !== "RCPT") return null;
  const [name = ""] = /<([a-z]*)/.exec(line)?.slice(1) ?? [];
  return BY_LOCAL_PART[name] ?? null;
};
