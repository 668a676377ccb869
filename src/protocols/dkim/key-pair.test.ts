import { createPublicKey, sign, verify } from "node:crypto";
import { expect, test } from "vitest";
import { dkimRecordValue, generateDkimKeyPair } from "./index.ts";

test("a signature of the private key is verified with the key that the record publishes", async () => {
  const { privateKeyPem, publicKeyBase64 } = await generateDkimKeyPair("rsa");
  const record = dkimRecordValue("rsa", publicKeyBase64);
  const published = /^v=DKIM1; k=rsa; p=([A-Za-z0-9+/]+=*)$/.exec(record)?.[1] ?? "";
  const publicKey = createPublicKey({ key: Buffer.from(published, "base64"), format: "der", type: "spki" });
  expect(publicKey.asymmetricKeyType).toBe("rsa");
  expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  const signature = sign("sha256", Buffer.from("header"), privateKeyPem);
  expect(verify("sha256", Buffer.from("header"), publicKey, signature)).toBe(true);
  expect(verify("sha256", Buffer.from("Header"), publicKey, signature)).toBe(false);
  expect(record).not.toContain("PRIVATE");
});

test("no two domains get the same key, and making keys leaves other work running", async () => {
  let turns = 0;
  const ticking = setInterval(() => turns++, 0);
  const [one, two] = await Promise.all([generateDkimKeyPair("rsa"), generateDkimKeyPair("rsa")]);
  clearInterval(ticking);
  expect(one.publicKeyBase64).not.toBe(two.publicKeyBase64);
  expect(turns).toBeGreaterThan(0);
});
