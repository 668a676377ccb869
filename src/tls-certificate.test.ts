import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "./config.ts";
import { makeSelfSigned } from "./protocols/x509/self-signed.ts";
import { type CertificateParts, readCertificate } from "./tls-certificate.ts";

const NOW = new Date("2026-03-04T05:06:07Z");
const DAY_MS = 86_400_000;
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

let dataDir: string;
let warnings: { reason: string; file: string }[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "rookery-tls-"));
  warnings = [];
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const onWarning = (reason: string, file: string): void => void warnings.push({ reason, file });

/** The fingerprint of what `readCertificate` gives, once it is seen that TLS can use it. */
async function fingerprint(change: Partial<CertificateParts> = {}): Promise<string> {
  const parts = { dataDir, own: null, hostname: "mx.rookery.test", now: NOW, random: randomBytes, onWarning };
  const { key, cert } = await readCertificate({ ...parts, ...change });
  createSecureContext({ key, cert });
  const certificate = new X509Certificate(cert);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  return certificate.fingerprint256;
}

const files = async (): Promise<string[]> => (await readdir(dataDir)).sort();

describe("the certificate of the data directory", () => {
  test("is made when absent, for its owner alone, and is the same at every start", async () => {
    const first = await fingerprint();
    expect(await fingerprint()).toBe(first);
    expect(await fingerprint({ now: later(790) })).toBe(first);
    expect(await files()).toEqual(["tls-1.pem"]);
    expect((await stat(join(dataDir, "tls-1.pem"))).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([]);
  });

  test("is made in a data directory that is not there yet", async () => {
    const nested = join(dataDir, "a/b");
    expect(await fingerprint({ dataDir: nested })).toBe(await fingerprint({ dataDir: nested }));
  });

  test("is made anew within 30 days of its end, and the log says so", async () => {
    const first = await fingerprint();
    const renewed = await fingerprint({ now: later(800) });
    expect(renewed).not.toBe(first);
    expect(warnings).toEqual([
      { file: join(dataDir, "tls-1.pem"), reason: expect.stringMatching(/^it ends on 2028-06-/) },
    ]);
    expect(await fingerprint({ now: later(801) })).toBe(renewed);
    await fingerprint({ now: later(1600) });
    expect(await files(), "the one before last is gone").toEqual(["tls-2.pem", "tls-3.pem"]);
  });

  test.each([
    ["after its end", later(1000), "it ended on 2028-06-"],
    ["before its time, made by a clock that was wrong", later(-10), "it is not valid before 2026-03-"],
  ])("is made anew %s", async (_when, now, reason) => {
    const first = await fingerprint();
    expect(await fingerprint({ now })).not.toBe(first);
    expect(warnings[0]?.reason).toContain(reason);
  });

  test("is made anew for another host name, and names it", async () => {
    const first = await fingerprint();
    expect(await fingerprint({ hostname: "mx.other.test" })).not.toBe(first);
    expect(warnings).toEqual([
      expect.objectContaining({ reason: "it does not name mx.other.test, so another is made" }),
    ]);
    const kept = new X509Certificate(await readFile(join(dataDir, "tls-2.pem")));
    expect(kept.checkHost("mx.other.test")).toBe("mx.other.test");
  });

  test.each([
    ["no certificate", async () => "nothing of the kind"],
    ["a certificate without its key", async () => (await makeSelfSigned("a.test", NOW, randomBytes)).cert],
    ["a key without its certificate", async () => (await makeSelfSigned("a.test", NOW, randomBytes)).key],
  ])("is made anew when its file holds %s", async (_what, content) => {
    await writeFile(join(dataDir, "tls-7.pem"), await content());
    const made = await fingerprint();
    expect(warnings[0]?.reason).toBe("it is not a certificate and its key, so another is made");
    expect(await fingerprint()).toBe(made);
    expect(await files()).toEqual(["tls-7.pem", "tls-8.pem"]);
  });

  test("is made anew when its key belongs to another", async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => makeSelfSigned("mx.rookery.test", NOW, randomBytes)),
    );
    await writeFile(join(dataDir, "tls-1.pem"), `${one?.cert}${two?.key}`);
    await fingerprint();
    expect(warnings[0]?.reason).toMatch("its key belongs to another certificate");
  });

  test.each([
    ["is absent", undefined, ["tls-1.pem"]],
    ["has to be replaced", "nothing of the kind", ["tls-1.pem", "tls-2.pem"]],
  ])("is one and the same for all who start at once while it %s", async (_when, content, left) => {
    if (content !== undefined) await writeFile(join(dataDir, "tls-1.pem"), content);
    const seen = await Promise.all(Array.from({ length: 12 }, () => fingerprint()));
    expect(new Set(seen).size).toBe(1);
    expect(await files()).toEqual(left);
    expect(await fingerprint()).toBe(seen[0]);
  });

  test("an empty file is not taken for one: it says what to do", async () => {
    await writeFile(join(dataDir, "tls-1.pem"), "\n");
    await expect(fingerprint()).rejects.toThrow(/tls-1\.pem is empty\. .*delete it/);
  });
});

describe("the operator's own certificate", () => {
  const own = () => ({ certFile: join(dataDir, "cert.pem"), keyFile: join(dataDir, "key.pem") });
  const write = async (hostname: string, at: Date): Promise<void> => {
    const made = await makeSelfSigned(hostname, at, randomBytes);
    await writeFile(own().certFile, made.cert);
    await writeFile(own().keyFile, made.key);
  };
  const refusal = async (): Promise<readonly string[]> => {
    const error = await fingerprint({ own: own() }).catch((thrown: unknown) => thrown);
    return error instanceof ConfigError ? error.problems : [`no refusal: ${String(error)}`];
  };

  test("is used as it is, and none is made", async () => {
    await write("mx.rookery.test", NOW);
    const expected = new X509Certificate(await readFile(own().certFile)).fingerprint256;
    expect(await fingerprint({ own: own() })).toBe(expected);
    expect(await files()).toEqual(["cert.pem", "key.pem"]);
    expect(warnings).toEqual([]);
  });

  test.each([
    ["expired", "mx.rookery.test", later(-900), ["it ended on"]],
    ["about to expire", "mx.rookery.test", later(-810), ["it ends on"]],
    ["for another host", "mx.other.test", NOW, ["it does not name mx.rookery.test"]],
    ["for another host and expired", "mx.other.test", later(-900), ["it does not name", "it ended on"]],
  ])("that is %s is used, with a warning", async (_what, hostname, at, reasons) => {
    await write(hostname, at);
    await fingerprint({ own: own() });
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
    await writeFile(own().keyFile, (await makeSelfSigned("mx.rookery.test", NOW, randomBytes)).key);
    expect(await refusal()).toEqual([
      `ROOKERY_TLS_KEY_FILE is "${own().keyFile}": its key does not belong to the certificate in ${own().certFile}`,
    ]);
  });

  test("in a folder is refused in words, not by a number", async () => {
    await write("mx.rookery.test", NOW);
    await chmod(dataDir, 0o700);
    const error = await fingerprint({ own: { ...own(), certFile: dataDir } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toContain(`ROOKERY_TLS_CERT_FILE is "${dataDir}": it cannot be read (EISDIR)`);
  });
});
