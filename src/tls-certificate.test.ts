import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "./config.ts";
import { makeSelfSigned } from "./protocols/x509/self-signed.ts";
import { readCertificate } from "./tls-certificate.ts";

const NOW = new Date("2026-03-04T05:06:07Z");
const DAY_MS = 86_400_000;
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

let folder: string;
let warnings: { reason: string; file: string }[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-tls-"));
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const own = () => ({ certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") });

/** The fingerprint of what `readCertificate` gives, once it is seen that TLS can use it. */
async function fingerprint(files = own()): Promise<string> {
  const { key, cert } = await readCertificate({
    ...files,
    hostname: "mx.rookery.test",
    now: NOW,
    onWarning: (reason, file) => void warnings.push({ reason, file }),
  });
  createSecureContext({ key, cert });
  const certificate = new X509Certificate(cert);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  return certificate.fingerprint256;
}

describe("the operator's own certificate", () => {
  const write = async (hostname: string, at: Date): Promise<void> => {
    const made = await makeSelfSigned(hostname, at);
    await writeFile(own().certFile, made.cert);
    await writeFile(own().keyFile, made.key);
  };
  const refusal = async (): Promise<readonly string[]> => {
    const error = await fingerprint().catch((thrown: unknown) => thrown);
    return error instanceof ConfigError ? error.problems : [`no refusal: ${String(error)}`];
  };

  test("is used as it is", async () => {
    await write("mx.rookery.test", NOW);
    const expected = new X509Certificate(await readFile(own().certFile)).fingerprint256;
    expect(await fingerprint()).toBe(expected);
    expect(warnings).toEqual([]);
  });

  test.each([
    ["expired", "mx.rookery.test", later(-3700), ["it ended on"]],
    ["about to expire", "mx.rookery.test", later(-3640), ["it ends on"]],
    ["for another host", "mx.other.test", NOW, ["it does not name mx.rookery.test"]],
    ["for another host and expired", "mx.other.test", later(-3700), ["it does not name", "it ended on"]],
  ])("that is %s is used, with a warning", async (_what, hostname, at, reasons) => {
    await write(hostname, at);
    await fingerprint();
    expect(warnings.map(({ reason }) => reason)).toEqual(
      reasons.map((part) => expect.stringContaining(part)),
    );
  });

  test("that is missing, or is something else, is refused by the name of its setting", async () => {
    expect(await refusal()).toEqual([`ROOKERY_TLS_CERT_FILE is "${own().certFile}": there is no such file`]);
    await write("mx.rookery.test", NOW);
    await rm(own().keyFile);
    expect(await refusal()).toEqual([`ROOKERY_TLS_KEY_FILE is "${own().keyFile}": there is no such file`]);
    await writeFile(own().keyFile, "sesame");
    expect(await refusal()).toEqual([
      expect.stringMatching(/^ROOKERY_TLS_KEY_FILE is .*a private key in PEM/),
    ]);
    await writeFile(own().certFile, "sesame");
    expect(await refusal()).toEqual([
      expect.stringMatching(/^ROOKERY_TLS_CERT_FILE is .*a certificate in PEM/),
    ]);
    expect(JSON.stringify(await refusal())).not.toContain("sesame");
  });

  test("with the key of another is refused", async () => {
    await write("mx.rookery.test", NOW);
    await writeFile(own().keyFile, (await makeSelfSigned("mx.rookery.test", NOW)).key);
    expect(await refusal()).toEqual([
      `ROOKERY_TLS_KEY_FILE is "${own().keyFile}": its key does not belong to the certificate in ${own().certFile}`,
    ]);
  });

  test("in a folder is refused in words, not by a number", async () => {
    await write("mx.rookery.test", NOW);
    const error = await fingerprint({ ...own(), certFile: folder }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(`ROOKERY_TLS_CERT_FILE is "${folder}": it cannot be read (EISDIR)`);
  });
});
