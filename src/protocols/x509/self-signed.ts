/** A self-signed certificate (RFC 5280) for STARTTLS. Node can check certificates but not create them: this encodes the DER. */
import { createSign, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

export interface Certificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** Validity in days: the longest that Apple's clients accept from a private authority. */
const VALID_DAYS = 825;

// DER tags (X.690).
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const oid = (hex: string): Buffer => der(OBJECT_IDENTIFIER, Buffer.from(hex, "hex"));
/** 1.2.840.10045.4.3.2, ecdsa-with-SHA256. */
const signatureAlgorithm = der(SEQUENCE, oid("2a8648ce3d040302"));

/** Characters of a common name (RFC 5280 appendix A.1); the whole host name is in subjectAltName. */
const MAX_COMMON_NAME = 64;

/** CN=hostname. */
function nameOf(hostname: string): Buffer {
  const commonName = Buffer.from(hostname.slice(0, MAX_COMMON_NAME));
  return der(SEQUENCE, der(SET, der(SEQUENCE, oid("550403"), der(UTF8_STRING, commonName))));
}

/** UTCTime, with two digits of the year, through 2049 (RFC 5280 section 4.1.2.5). */
function time(at: Date): Buffer {
  const digits = `${at.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;
  return at.getUTCFullYear() < 2050
    ? der(UTC_TIME, Buffer.from(digits.slice(2)))
    : der(GENERALIZED_TIME, Buffer.from(digits));
}

/** subjectAltName with one DNS name. */
function extensionsOf(hostname: string): Buffer {
  const names = der(SEQUENCE, der(0x82, Buffer.from(hostname)));
  return der(0xa3, der(SEQUENCE, der(SEQUENCE, oid("551d11"), der(OCTET_STRING, names))));
}

/** @param random returns that many random bytes, for the serial number */
export async function makeSelfSigned(
  hostname: string,
  now: Date,
  random: (bytes: number) => Uint8Array,
): Promise<Certificate> {
  const { privateKey, publicKey } = await generate("ec", { namedCurve: "P-256" });
  // A leading 0x01 keeps the serial positive and without leading zeros.
  const serial = der(INTEGER, Buffer.from([1]), random(15));
  const validity = der(
    SEQUENCE,
    time(new Date(now.getTime() - 86_400_000)),
    time(new Date(now.getTime() + VALID_DAYS * 86_400_000)),
  );
  const name = nameOf(hostname);
  const version = der(0xa0, der(INTEGER, Buffer.from([2])));
  const subjectKey = publicKey.export({ type: "spki", format: "der" });
  const body = der(
    SEQUENCE,
    version,
    serial,
    signatureAlgorithm,
    name,
    validity,
    name,
    subjectKey,
    extensionsOf(hostname),
  );
  const signature = createSign("sha256").update(body).sign(privateKey);
  const whole = der(SEQUENCE, body, signatureAlgorithm, der(BIT_STRING, Buffer.from([0]), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}
