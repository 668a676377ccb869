/** How right an extracted reply is: history left in is a fault, words of the sender's that are gone are two. */
import { Parser } from "htmlparser2";

/** `under`: history was left in. `over`: some of the sender's words are gone, whatever else was left. */
export type Outcome = "right" | "under" | "over";

export const squeezed = (text: string): string => text.replace(/\s+/gu, " ").trim();

/** @param own phrases that must be there whatever the expected reply is */
export function outcomeOf(actual: string, expected: string, own: readonly string[]): Outcome {
  const found = squeezed(actual);
  const wanted = squeezed(expected);
  if (own.some((phrase) => !found.includes(squeezed(phrase)))) return "over";
  if (found === wanted) return "right";
  return hasAllWords(found, wanted) ? "under" : "over";
}

/** Each word of the expected reply, in its order. */
function hasAllWords(found: string, wanted: string): boolean {
  let at = 0;
  for (const word of wanted.split(" ")) {
    const next = found.indexOf(word, at);
    if (next === -1) return false;
    at = next + word.length;
  }
  return true;
}

/** In percent of the cases; an over-stripped one counts twice against it, so that all of them give -100. */
export function scoreOf(outcomes: readonly Outcome[]): number {
  const faults = outcomes.reduce((sum, outcome) => sum + weight[outcome], 0);
  return outcomes.length === 0 ? 100 : 100 * (1 - faults / outcomes.length);
}

const weight: Readonly<Record<Outcome, number>> = { right: 0, under: 1, over: 2 };

/** The HTML as it is displayed, squeezed. */
export function displayed(html: string): string {
  const parts: string[] = [];
  let unseen = 0;
  const parser = new Parser({
    onopentag(name) {
      if (hidden.has(name)) unseen++;
      if (!inline.has(name)) parts.push(" ");
    },
    onclosetag(name) {
      if (hidden.has(name)) unseen--;
      if (!inline.has(name)) parts.push(" ");
    },
    ontext(text) {
      if (unseen === 0) parts.push(text);
    },
  });
  parser.write(html);
  parser.end();
  return squeezed(parts.join(""));
}

const hidden: ReadonlySet<string> = new Set(["style", "script", "title"]);
/** Elements that do not part the words on either side of them. */
const inline: ReadonlySet<string> = new Set(["a", "b", "em", "font", "i", "span", "strong", "u", "wbr"]);
