import { createPrivateKey } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { dkimVerdicts, hasDkimVerifier } from "../../../test/support/dkim-verifier.ts";
import {
  type DkimSigner,
  dkimAlgorithms,
  dkimRecordValue,
  dkimSigned,
  generateDkimKeyPair,
} from "./index.ts";
import { dkimSignatures } from "./sign.ts";

const records: Record<string, string> = {};
const signers: DkimSigner[] = [];
beforeAll(async () => {
  for (const algorithm of dkimAlgorithms) {
    const { privateKeyPem, publicKeyBase64 } = await generateDkimKeyPair(algorithm);
    signers.push({
      domain: "acme.example",
      selector: algorithm,
      algorithm,
      privateKey: createPrivateKey(privateKeyPem),
    });
    records[`${algorithm}._domainkey.acme.example`] = dkimRecordValue(algorithm, publicKeyBase64);
  }
});

const at = new Date("2026-11-26T10:00:00Z");
const sign = (mail: string): Promise<Buffer> => dkimSigned(Buffer.from(mail, "latin1"), signers, at);

const head = [
  "From: Ada  <ada@acme.example>",
  "To: bob@example.net,",
  "\tcarol@example.net",
  "Cc: dave@example.net",
  "Subject: =?utf-8?q?h=C3=A9?=",
  " two  blanks ",
  "Date: Thu, 26 Nov 2026 10:00:00 +0000",
  "Message-ID: <1@acme.example>",
  "MIME-Version: 1.0",
  "Content-Type: text/plain; charset=utf-8",
  "List-Unsubscribe: <https://acme.example/u?1>",
  "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
  "X-Own: unsigned",
].join("\r\n");

it("a signature names the fields that a reader sees, once more than the mail has them, and no line is long", async () => {
  const signed = (await sign(`${head}\r\n\r\nHello\r\n`)).toString("latin1");
  const fields = signed.split(/\r\n(?![ \t])/).filter((field) => field.startsWith("DKIM-Signature:"));
  expect(fields).toHaveLength(2);
  for (const field of fields) {
    const names = /h=([^;]*);/.exec(field.replaceAll(/\s+/g, ""))?.[1]?.split(":");
    expect(names).toEqual([
      ...["from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type"],
      ...["list-unsubscribe", "list-unsubscribe-post"],
      ...["from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type", "reply-to"],
    ]);
    expect(field).toContain(`t=${at.getTime() / 1000};`);
    expect(Math.max(...field.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(78);
  }
  expect(signed.endsWith(`${head}\r\n\r\nHello\r\n`)).toBe(true);
});

it("nothing is signed without signers, and a mail without From not at all", async () => {
  expect(await dkimSignatures(Buffer.from(`${head}\r\n\r\n`), [], at)).toBe("");
  await expect(sign("To: bob@example.net\r\n\r\nHello\r\n")).rejects.toThrow("without From");
});

describe.skipIf(!hasDkimVerifier)(
  "dkimpy, skipped where it is not installed because it comes from PyPI,",
  () => {
    const bodies = {
      "a text": "Hello\r\n",
      "no body": "",
      "empty lines at the end": "Hello\r\n\r\n\r\n\r\n",
      "only empty lines": "\r\n\r\n",
      "blanks in and behind lines": "  a \t b  \r\n \r\n\t\r\nc\t\r\n",
      "a last line without an end": "Hello",
      "blanks at the very end": "Hello \t ",
      "octets of no charset": "\xe9\xff\x80\r\n",
      "a line of 5,000 octets": `${"x".repeat(5000)}\r\n`,
    };
    it("takes both signatures of every body", async () => {
      const mails = await Promise.all(Object.values(bodies).map((body) => sign(`${head}\r\n\r\n${body}`)));
      const verdicts = dkimVerdicts(mails, records);
      for (const [index, what] of Object.keys(bodies).entries())
        expect(verdicts[index], what).toEqual([true, true]);
    });

    it("takes both signatures of any header and body", async () => {
      const text = fc.string({
        unit: fc.constantFrom("a", "b", " ", "\t", "é", ":", ";", "="),
        maxLength: 40,
      });
      const field = fc.tuple(fc.constantFrom("Subject", "To", "X-A", "subject", "List-Unsubscribe"), text);
      const mail = fc
        .tuple(fc.array(field, { maxLength: 5 }), fc.array(text, { maxLength: 8 }))
        .map(([fields, lines]) => {
          const more = fields.map(([name, value]) => `${name}:${value}\r\n`).join("");
          return `${more}From: ada@acme.example\r\n\r\n${lines.join("\r\n")}`;
        });
      const mails = fc.sample(mail, { seed: 0x5eed, numRuns: 200 });
      const verdicts = dkimVerdicts(await Promise.all(mails.map(sign)), records);
      for (const [index, text] of mails.entries()) expect(verdicts[index], text).toEqual([true, true]);
    });

    it("takes neither of a mail that was changed, nor of one that got a second From, Subject or Reply-To", async () => {
      const signed = (await sign(`${head}\r\n\r\nPay 10\r\n`)).toString("latin1");
      const changed = [
        signed.replace("Pay 10", "Pay 99"),
        signed.replace("Subject: =", "Subject: Re: ="),
        signed.replace("To: bob", "To: mallory"),
        ...[
          "From: mallory@example.org",
          "Subject: Urgent",
          "Reply-To: mallory@example.org",
          "Content-Type: text/html",
        ].map((field) => `${field}\r\n${signed}`),
        signed.replace("One-Click", "Two-Clicks"),
      ];
      const unsigned = signed.replace("X-Own: unsigned", "X-Own: other");
      const mails = [unsigned, ...changed].map((mail) => Buffer.from(mail, "latin1"));
      const [untouched, ...verdicts] = dkimVerdicts(mails, records);
      expect(untouched).toEqual([true, true]);
      for (const [index, verdict] of verdicts.entries()) {
        expect(verdict).toHaveLength(2);
        expect(verdict, changed[index]).not.toContain(true);
      }
    });
  },
);
