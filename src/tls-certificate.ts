/** The operator's certificate for STARTTLS, read from the files that the settings name. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfigError } from "./config.ts";
import { codeOf } from "./lib/error-code.ts";
import type { Certificate } from "./protocols/x509/self-signed.ts";

export interface CertificateParts {
  /** Paths of PEM files: the certificate with its chain behind it, and its private key. */
  readonly certFile: string;
  readonly keyFile: string;
  /** The name that clients know this server by. */
  readonly hostname: string;
  readonly now: Date;
  /** Called with each reason for which the certificate should be replaced. */
  readonly onWarning: (reason: string, file: string) => void;
}

/** Days before its end that a certificate is warned about: as ACME clients renew. */
const RENEW_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * An expired one, or one for another host, is used all the same, with a warning: mail that is encrypted to it beats mail that
 * does not arrive.
 * @throws ConfigError when a file is missing, is not what it should be, or the two do not belong together
 */
export async function readCertificate({
  certFile,
  keyFile,
  hostname,
  now,
  onWarning,
}: CertificateParts): Promise<Certificate> {
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
  for (const reason of [hostnameProblem(certificate, hostname), validityProblem(certificate, now)])
    if (reason !== null) onWarning(reason, certFile);
  return { key, cert };
}

function hostnameProblem(certificate: X509Certificate, hostname: string): string | null {
  return certificate.checkHost(hostname) === undefined ? `it does not name ${hostname}` : null;
}

function validityProblem({ validFromDate, validToDate }: X509Certificate, now: Date): string | null {
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
