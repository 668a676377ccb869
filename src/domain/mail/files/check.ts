/** What a file's creator may say of it. */
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { LAST_EXPIRY, MAX_CONTENT_TYPE_LENGTH, MAX_FILE_BYTES, MAX_PATH_BYTES } from "./limits.ts";

export interface CreateFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Base64 (RFC 4648 section 4) of the 32 octets. */
  readonly sha256: string;
  readonly contentType?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

/** What is to be created, as it is kept. */
export interface FilePlan {
  readonly path: string;
  readonly size: number;
  readonly sha256: Buffer;
  readonly contentType: string;
  readonly expiresAt: Date | null;
}

const DEFAULT_CONTENT_TYPE = "application/octet-stream";

export function planFile({ path, size, sha256, contentType, expiresAt }: CreateFile): FilePlan {
  return {
    path: checkPath(path),
    size: checkSize(size),
    sha256: checkDigest(sha256),
    contentType: checkContentType(contentType ?? DEFAULT_CONTENT_TYPE),
    expiresAt: expiresAt === undefined ? null : checkExpiry(expiresAt),
  };
}

/** Paths are compared octet by octet: what looks alike in two normalization forms of Unicode is two of them. */
function checkPath(path: string): string {
  checkCharacters("path", path);
  if (path === "" || path.split("/").some(isNoName)) throw noPath("path");
  return path;
}

/** The beginning of a path, which may end in the middle of a name. */
export function checkPrefix(prefix: string): string {
  checkCharacters("prefix", prefix);
  if (prefix.split("/").slice(0, -1).some(isNoName)) throw noPath("prefix");
  return prefix;
}

function checkCharacters(name: "path" | "prefix", text: string): void {
  if (Buffer.byteLength(text) > MAX_PATH_BYTES)
    throw invalid([name], says`${field(name)} may have ${MAX_PATH_BYTES} bytes in UTF-8`);
  if (/[\p{Cc}\p{Cs}]/u.test(text))
    throw invalid(
      [name],
      says`${field(name)} may have no control characters and no halves of surrogate pairs`,
    );
}

const isNoName = (segment: string): boolean => segment === "" || segment === "." || segment === "..";

const noPath = (name: "path" | "prefix") =>
  invalid(
    [name],
    says`${field(name)} must be names with one / between two of them, none of which is . or ..`,
    "Write it as reports/q3.pdf, without a slash at its beginning or end.",
  );

function checkSize(size: number): number {
  if (Number.isInteger(size) && size >= 0 && size <= MAX_FILE_BYTES) return size;
  throw invalid(["size"], says`${field("size")} must be a whole number of bytes from 0 to ${MAX_FILE_BYTES}`);
}

/** Bytes of SHA-256. */
const DIGEST_BYTES = 32;

function checkDigest(text: string): Buffer {
  const digest = Buffer.from(text, "base64");
  // Decoding takes other alphabets and lengths as well; the text of what it made is the same for the one right way alone.
  if (digest.byteLength === DIGEST_BYTES && digest.toString("base64") === text) return digest;
  throw invalid(
    ["sha256"],
    says`${field("sha256")} must be base64 of the 32 bytes of the SHA-256 digest, with padding`,
    "That is 44 characters, the last of which is =. Hexadecimal and the URL-safe alphabet are not taken.",
  );
}

const mediaType = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(\s*;[\x20-\x7e]*)?$/;

function checkContentType(text: string): string {
  if (text.length <= MAX_CONTENT_TYPE_LENGTH && mediaType.test(text)) return text;
  throw invalid(
    ["contentType"],
    "Invalid media type",
    `Write it as type/subtype, with ${MAX_CONTENT_TYPE_LENGTH} characters at most.`,
  );
}

const SECOND_MS = 1000;

/** Rounded up to a whole second. Whether it is in the future is asked when the time is known. */
function checkExpiry(at: Date): Date {
  const rounded = Math.ceil(at.getTime() / SECOND_MS) * SECOND_MS;
  if (rounded <= LAST_EXPIRY.getTime()) return new Date(rounded);
  throw invalid(["expiresAt"], says`${field("expiresAt")} must be before the year 10000`);
}
