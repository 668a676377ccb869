/** Mails changed at random, by a seed: what a broken program or a hostile sender makes of an ordinary one. */
import { readdirSync, readFileSync } from "node:fs";

const specimens = new URL("../../src/protocols/mime/fixtures/cases/", import.meta.url);

/** The mails that mutations begin with, in a fixed order. */
export const seeds: readonly Buffer[] = readdirSync(specimens)
  .filter((name) => name.endsWith(".eml"))
  .sort()
  .map((name) => readFileSync(new URL(name, specimens)));

/** What makes a parser take another way. */
const tokens: readonly string[] = [
  ...'\r\n|\n|\r|\0| |\t|:|;|=|"|,|<|>|(|)|@|\\|/|%|~|`|--|--b1|--b1--|\r\n\r\n|\r\n \r\n'.split("|"),
  ..."Content-Type: |multipart/mixed; boundary=b1|multipart/alternative|message/rfc822|text/html|text/markdown".split(
    "|",
  ),
  ..."; charset=|utf-8|utf-7|utf-16|iso-2022-jp|iso-2022-kr|hz-gb-2312|ks_c_5601-1987|unknown-8bit|format=flowed".split(
    "|",
  ),
  ..."Content-Transfer-Encoding: |base64|quoted-printable|x-uuencode|begin 644 a\r\n|end\r\n|=00|=\r\n|AAAA|====".split(
    "|",
  ),
  ..."Subject: |From: |To: |Date: |References: |In-Reply-To: |Thread-Index: |Content-Disposition: attachment; ".split(
    "|",
  ),
  ..."filename=|filename*0*=|utf-8''%00%ff|=?utf-8?q?=00=0D=0A?=|=?utf-16?B?2AA=?=|=?iso-2022-jp?B?GyRC?=|=?".split(
    "|",
  ),
  ..."\xed\xa0\x80|\xff\xfe|\x1b$B|\x1b(B|\x0e|\xc3|~{|~}|+APY-|<meta charset=koi8-r>|20 Aug 2026 10:00 CEST".split(
    "|",
  ),
];

/** Numbers below `bound` (mulberry32): the same for the same seed on every machine. */
export function randomNumbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** One to six changes of one of the seeds. */
export function mutation(random: (bound: number) => number): Buffer {
  let mail = seeds[random(seeds.length)] ?? Buffer.alloc(0);
  for (let left = 1 + random(6); left > 0; left--) mail = changed(mail, random);
  return mail;
}

function changed(mail: Buffer, random: (bound: number) => number): Buffer {
  const at = random(mail.length + 1);
  const end = Math.min(mail.length, at + random(40));
  const token = Buffer.from(tokens[random(tokens.length)] ?? "", "latin1");
  const [before, cut, behind] = [mail.subarray(0, at), mail.subarray(at, end), mail.subarray(end)];
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, token, mail.subarray(at)]);
    case 1:
      return Buffer.concat([before, behind]);
    case 2:
      return Buffer.concat([before, cut, cut, behind]);
    case 3:
      return Buffer.concat([before, token, behind]);
    case 4: {
      const flipped = Buffer.from(mail);
      if (at < flipped.length) flipped[at] = random(256);
      return flipped;
    }
    default: {
      const other = seeds[random(seeds.length)] ?? mail;
      return Buffer.concat([before, other.subarray(random(other.length))]);
    }
  }
}
