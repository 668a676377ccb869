/** Usernames: generated ones (an adjective, a noun and three digits, easy to read out over a telephone), and reserved ones. */
import type { Context } from "../../door/context.ts";

const adjectives =
  "amber brave brisk calm clever coral crisp eager fair fleet gentle glad golden happy ivory jolly keen kind lively lucid mellow merry mild neat noble patient plain prime quick quiet rapid ready royal rustic sharp shiny silent silver smart snowy solid spry steady still sunny swift tidy true vivid warm wise witty".split(
    " ",
  );
const nouns =
  "badger beacon birch brook canyon cedar cliff cloud comet crane delta dune eagle ember falcon fern finch forest garden glade harbor hawk heron hill island jay lake lark leaf linnet lotus maple marsh meadow moon oak ocean orchid osprey otter owl pebble pine plover raven reef ridge river robin rook sparrow spruce star stone swan thrush tiger valley willow wren".split(
    " ",
  );

/** Picks from `random` bytes; about 3 million names, so a collision is rare and simply tried again. */
export function generateUsername(random: (bytes: number) => Uint8Array): string {
  const view = new DataView(random(6).slice().buffer);
  const pick = (words: readonly string[], offset: number): string =>
    words[view.getUint16(offset) % words.length] ?? "rook";
  const digits = String(view.getUint16(4) % 1000).padStart(3, "0");
  return `${pick(adjectives, 0)}${pick(nouns, 2)}${digits}`;
}

/** Variations of a taken username to offer instead, each once; whether they are free is for the caller to look up. */
export function variationsOf(
  username: string,
  count: number,
  random: (bytes: number) => Uint8Array,
): string[] {
  const stem = username.slice(0, 56);
  const numbers = new Uint16Array(random(2 * count).slice().buffer);
  return [...new Set(Array.from(numbers, (number) => `${stem}${100 + (number % 900)}`))];
}

/**
 * Those who hold one of these speak for the whole domain: complaints and bounces go there (RFC 2142), and to the last
 * five a certificate authority sends what proves control of the domain (Baseline Requirements section 3.2.2.4.4).
 */
const speaksForDomain: ReadonlySet<string> = new Set([
  "abuse",
  "mailer-daemon",
  "root",
  "admin",
  "administrator",
  "hostmaster",
  "postmaster",
  "webmaster",
]);

/** On a domain that tenants share such a name is the operator's to give. */
export const isOperators = (username: string): boolean => speaksForDomain.has(username);

/** Whether an address, of an inbox or an alias, is not the caller's to take: only keys of the operator's organization do, and the system, for it. */
export function isWithheld(
  { actor: { keyId, scope }, installation }: Pick<Context, "actor" | "installation">,
  { username, domain }: { readonly username: string; readonly domain: string },
): boolean {
  if (domain !== installation.domain || !isOperators(username)) return false;
  const isOperator = scope.level === "organization" && scope.organizationId === installation.organizationId;
  return keyId !== null && !isOperator;
}
