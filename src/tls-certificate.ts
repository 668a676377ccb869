/** The certificate that STARTTLS shows: the operator's own, or one that is made, kept in the data directory and renewed. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "./config.ts";
import { readOrMake } from "./key-files.ts";
import { codeOf } from "./lib/error-code.ts";
import { type Certificate, makeSelfSigned } from "./protocols/x509/self-signed.ts";

export interface CertificateParts {
  readonly dataDir: string;
  /** The operator's own, as paths of PEM files; null: the one of the data directory. */
  readonly own: { readonly certFile: string; readonly keyFile: string } | null;
  /** The name that clients know this server by. */
  readonly hostname: string;
  readonly now: Date;
  readonly random: (bytes: number) => Uint8Array;
  /** Told why a certificate is replaced, or should be. */
  readonly onWarning: (reason: string, file: string) => void;
}

/** Days before its end that a certificate of ours is replaced, and an operator's is warned about: as ACME clients renew. */
const RENEW_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * @throws ConfigError when a file of the operator's is missing, is not what it should be, or the two do not belong together
 * @throws StartError when the data directory's file cannot be read
 */
export function readCertificate(parts: CertificateParts): Promise<Certificate> {
  return parts.own === null ? keptCertificate(parts) : ownCertificate(parts, parts.own);
}

/**
 * Each certificate has a number, and the highest counts. A new one takes the next number, which only one process can, so
 * that processes that share the directory agree; overwriting one file, the last would win and the others not know.
 */
async function keptCertificate({
  dataDir,
  hostname,
  now,
  random,
  onWarning,
}: CertificateParts): Promise<Certificate> {
  const make = async () => {
    const { key, cert } = await makeSelfSigned(hostname, now, random);
    return `${cert.trim()}\n${key.trim()}`;
  };
  for (let number = Math.max(1, ...(await numbersIn(dataDir))); ; number++) {
    const { content, made } = await readOrMake(dataDir, fileName(number), make);
    const reason = made ? null : unfitness(content, hostname, now);
    if (reason === null) {
      if (made) await removeBefore(number - 1, dataDir);
      // OpenSSL takes from a file of several PEM blocks the one that it looks for.
      return { key: content, cert: content };
    }
    onWarning(`${reason}, so another is made`, join(dataDir, fileName(number)));
  }
}

const fileName = (number: number): string => `tls-${number}.pem`;

async function numbersIn(dataDir: string): Promise<number[]> {
  const names = await readdir(dataDir).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  const numbers = names.map((name) => Number(/^tls-([1-9]\d{0,8})\.pem$/.exec(name)?.[1]));
  return numbers.filter((number) => !Number.isNaN(number));
}

/**
 * The one just replaced stays: a process that has seen it and reads it a little later must find it unfit and go on to its
 * successor, not find it absent and make it again.
 */
async function removeBefore(number: number, dataDir: string): Promise<void> {
  for (const older of await numbersIn(dataDir))
    if (older < number) await rm(join(dataDir, fileName(older)), { force: true });
}

/** Why a certificate of ours will not do any more; null when it will. */
function unfitness(pem: string, hostname: string, now: Date): string | null {
  const certificate = parsed(() => new X509Certificate(pem));
  const key = parsed(() => createPrivateKey(pem));
  if (certificate === null || key === null) return "it is not a certificate and its key";
  if (!certificate.checkPrivateKey(key)) return "its key belongs to another certificate";
  return namesAnother(certificate, hostname) ?? isNotValid(certificate, now);
}

function namesAnother(certificate: X509Certificate, hostname: string): string | null {
  return certificate.checkHost(hostname) === undefined ? `it does not name ${hostname}` : null;
}

function isNotValid({ validFromDate, validToDate }: X509Certificate, now: Date): string | null {
  const daysLeft = Math.floor((validToDate.getTime() - now.getTime()) / DAY_MS);
  if (daysLeft < 0) return `it ended on ${validToDate.toISOString()}`;
  if (daysLeft < RENEW_DAYS) return `it ends on ${validToDate.toISOString()}`;
  return validFromDate > now ? `it is not valid before ${validFromDate.toISOString()}` : null;
}

/** What a parser gives, or null: its errors are OpenSSL's own words, which say nothing of the file. */
function parsed<Value>(parse: () => Value): Value | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

/** An unfit one is used all the same, with a warning: mail that is encrypted to it beats mail that does not arrive. */
async function ownCertificate(
  { hostname, now, onWarning }: CertificateParts,
  { certFile, keyFile }: { certFile: string; keyFile: string },
): Promise<Certificate> {
  const cert = await readSetting("ROOKERY_TLS_CERT_FILE", certFile);
  const key = await readSetting("ROOKERY_TLS_KEY_FILE", keyFile);
  const certificate = parsed(() => new X509Certificate(cert));
  const privateKey = parsed(() => createPrivateKey(key));
  const wrong = (setting: string, path: string, takes: string): ConfigError =>
    new ConfigError([`${setting} is ${JSON.stringify(path)}: ${takes}`]);
  if (certificate === null)
    throw wrong(
      "ROOKERY_TLS_CERT_FILE",
      certFile,
      "it takes a file with a certificate in PEM, its chain behind it",
    );
  if (privateKey === null)
    throw wrong(
      "ROOKERY_TLS_KEY_FILE",
      keyFile,
      "it takes a file with a private key in PEM, without a passphrase",
    );
  if (!certificate.checkPrivateKey(privateKey))
    throw wrong("ROOKERY_TLS_KEY_FILE", keyFile, `its key does not belong to the certificate in ${certFile}`);
  for (const reason of [namesAnother(certificate, hostname), isNotValid(certificate, now)])
    if (reason !== null) onWarning(reason, certFile);
  return { key, cert };
}

async function readSetting(setting: string, path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    const code = codeOf(error);
    const reason =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EACCES"
          ? "the account that Rookery runs as may not read it"
          : `it cannot be read (${code || String(error)})`;
    throw new ConfigError([`${setting} is ${JSON.stringify(path)}: ${reason}`]);
  });
}
