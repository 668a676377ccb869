/** Reply codes and enhanced status codes in what servers write for people. */

export interface Codes {
  readonly status: string | null;
  readonly code: number | null;
}

/** Not a part of an IP address or a version. */
const ENHANCED = /(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)/;
const BOTH = /(?<![\d.])([45]\d\d)[ -]#?([45]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)/;
/** Where a reply begins: on a line, or behind what introduces it. */
const ALONE = /(?:^|[:;('"]|\bsaid)\s*([45]\d\d)[ -]/m;

/** The first of each, that of a reply before one that stands alone. */
export function codesIn(text: string): Codes {
  const [, code, status] = BOTH.exec(text) ?? [];
  if (code !== undefined && status !== undefined) return { code: Number(code), status };
  const alone = ALONE.exec(text)?.[1];
  return { status: ENHANCED.exec(text)?.[1] ?? null, code: alone === undefined ? null : Number(alone) };
}

/** What servers without codes say, and the code that means it (RFC 3463 section 3). */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /no such (?:user|mailbox|recipient|person)|not listed in|(?:user|recipient|mailbox|address) (?:is )?(?:unknown|not found|does(?: not|n't) exist)|unknown (?:user|recipient|mailbox)|no mailbox (?:here )?by that name|(?:does(?: not|n't) have|has no|isn't) (?:an? )?(?:\S+ )?(?:account|mailbox)|couldn't be found|account does not exist/i,
    "5.1.1",
  ],
  [
    /(?:host|domain) (?:unknown|not found)|no such (?:host|domain)|illegal host|couldn't find any host/i,
    "5.1.2",
  ],
  [/over ?quota|quota exceeded|exceed\w* (?:\S+ ){0,3}quota|mailbox (?:is )?full/i, "5.2.2"],
  [/(?:account|mailbox) (?:is |has been )?(?:disabled|inactive|suspended|closed)/i, "5.2.1"],
  [/too (?:large|big)|exceeds? (?:\S+ ){0,4}size/i, "5.3.4"],
  [/\bspam\b|blocked|blacklist|block list|policy/i, "5.7.1"],
  [/in the queue too long|retry time(?:out)? exceeded|giving up after|expired/i, "4.4.7"],
  [/permanent(?:ly)? (?:error|failure|fatal)|failed permanently|fatal errors?/i, "5.0.0"],
];

/** As codesIn; without any, the code of what the words say. */
export function codesOrWords(text: string): Codes {
  const found = codesIn(text);
  if (found.status !== null || found.code !== null) return found;
  return { status: WORDS.find(([words]) => words.test(text))?.[1] ?? null, code: null };
}
