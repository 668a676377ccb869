/** Signatures of DKIM and ARC verified with given keys, hostile headers among them. */
import { generateKeyPairSync } from "node:crypto";
import { sealMessage } from "mailauth/lib/arc/index.js";
import { dkimSign } from "mailauth/lib/dkim/sign.js";
import { expect, test } from "vitest";
import { type Keys, keyNames, verifySignatures } from "./signatures.ts";

const pair = (modulusLength: number) => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength });
  return {
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    record: [[`v=DKIM1; p=${publicKey.export({ type: "spki", format: "der" }).toString("base64")}`]],
  };
};
const { pem, record } = pair(2048);
const NAME = "s1._domainkey.example.test";
const keys: Keys = { [NAME]: record };
const mail = "From: ann@example.test\r\nSubject: x\r\n\r\nHello.\r\n";
const signing = { signingDomain: "example.test", selector: "s1", privateKey: pem };

async function signed(more: object = {}, algorithm = "rsa-sha256"): Promise<string> {
  const data = { ...signing, algorithm, ...more };
  const { signatures } = await dkimSign(mail, { ...data, signatureData: [data] });
  return signatures + mail;
}
const verdictOn = async (raw: string, given: Keys = keys): Promise<unknown> =>
  (await verifySignatures(Buffer.from(raw), given)).dkim.map(({ result }) => result);

test("a signature passes, fails for other bytes, and is a temperror without its key", async () => {
  const raw = await signed();
  expect(keyNames(Buffer.from(raw))).toEqual([NAME]);
  expect(await verdictOn(raw)).toEqual(["pass"]);
  expect(await verdictOn(`${raw}More.\r\n`)).toEqual(["fail"]);
  expect(await verdictOn(raw.replace("Subject: x", "Subject: y"))).toEqual(["fail"]);
  expect(await verdictOn(raw, {})).toEqual(["temperror"]);
  expect(await verdictOn(raw, { [NAME]: "ETIMEOUT" })).toEqual(["temperror"]);
  expect(await verdictOn(raw, { [NAME]: "ENOTFOUND" })).not.toEqual(["pass"]);
});

test("a part of the body, SHA-1 and a short key are not good enough", async () => {
  const raw = await signed({ maxBodyLength: 3 });
  expect(await verdictOn(`${raw}More.\r\n`)).toEqual(["policy"]);
  expect(await verdictOn(await signed({}, "rsa-sha1"))).toEqual(["policy"]);
  const short = pair(512);
  expect(await verdictOn(await signed({ privateKey: short.pem }), { [NAME]: short.record })).toEqual([
    "policy",
  ]);
});

test("a signed mail that was sent again with another Subject, Reply-To or Content-Type in front does not pass, and one whose signer signed both does", async () => {
  const raw = await signed();
  for (const field of ["Subject: y", "subject : y", "SUBJECT:\r\n y"])
    expect(await verdictOn(`${field}\r\n${raw}`), field).toEqual(["policy"]);
  for (const name of ["Reply-To", "Content-Type", "To", "Date"]) {
    // Where the signer named none, one is the sender's own business; two are for nobody to choose from.
    expect(await verdictOn(`${name}: y\r\n${name}: z\r\n${raw}`), name).toEqual(["policy"]);
    expect(await verdictOn(`${name}: y\r\n${raw}`), name).toEqual(["pass"]);
  }
  expect(await verdictOn(`Received: y\r\nReceived: z\r\nX-Subject: y\r\n${raw}`)).toEqual(["pass"]);
  const twice = `Subject: y\r\n${mail}`;
  const data = { ...signing, algorithm: "rsa-sha256", headerList: "from:subject:subject" };
  const { signatures } = await dkimSign(twice, { ...data, signatureData: [data] });
  expect(await verdictOn(signatures + twice)).toEqual(["pass"]);
  expect(await verdictOn(`${signatures}Subject: z\r\n${twice}`)).toEqual(["policy"]);
});

test("an ARC chain passes with its keys, and fails when the mail was changed behind it", async () => {
  const seal = { ...signing, cv: "none", i: 1, authResults: "relay.test; spf=pass" };
  const raw = `${await sealMessage(mail, seal)}${mail}`;
  const arcOf = async (text: string) => (await verifySignatures(Buffer.from(text), keys)).arc;
  expect(await arcOf(raw)).toEqual({ result: "pass", domain: "example.test" });
  expect((await arcOf(raw.replace("Hello", "Hullo"))).result).toBe("fail");
  expect((await arcOf(mail)).result).toBe("none");
});

test("signatures beyond ten are not verified, and a header of megabytes is not read", async () => {
  const raw = await signed();
  const signature = raw.slice(0, raw.indexOf("From:"));
  expect(await verdictOn(signature.repeat(200) + mail)).toHaveLength(10);
  expect(keyNames(Buffer.from(`${"X-Long: y\r\n".repeat(100_000)}${raw}`))).toBeNull();
});

test("garbage in place of tags gives no verdict that passes", async () => {
  for (const value of ["", ";;;=;", "v=1; d=; s=; b=", `d=${"a.".repeat(5000)}; s=x; b=x`, "\u0000"]) {
    const verdicts = await verdictOn(`DKIM-Signature: ${value}\r\nARC-Seal: ${value}\r\n${mail}`);
    expect(verdicts).not.toContain("pass");
  }
});
