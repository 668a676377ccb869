/**
 * Passwords as they are stored: scrypt (RFC 7914) with a salt of each, in the PHC string format, which carries its parameters, so
 * that they can be raised and old hashes go on working.
 */
import { type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/**
 * 2^14 blocks of 8 * 128 bytes: 16 MB and some 40 ms of one thread a hash. Half of OWASP's next choice in memory, since several logins at
 * once must leave the process its 250 MB; what is hashed has 18 characters of three kinds at least, which no list of guesses holds.
 */
const COST_LOG2 = 14;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 1;
export const SALT_BYTES = 16;
const HASH_BYTES = 32;

interface Parameters {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

const current: Parameters = {
  costLog2: COST_LOG2,
  blockSize: BLOCK_SIZE,
  parallelization: PARALLELIZATION,
};

function derive(password: string, salt: Uint8Array, parameters: Parameters): Promise<Buffer> {
  const { costLog2, blockSize, parallelization } = parameters;
  const cost = 2 ** costLog2;
  const options: ScryptOptions = {
    cost,
    blockSize,
    parallelization,
    // Node refuses what needs more than this; twice the need, as its own sum is a little larger.
    maxmem: 2 * 128 * cost * blockSize,
  };
  return new Promise((resolve, reject) =>
    scrypt(password, salt, HASH_BYTES, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    ),
  );
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

function written(
  salt: Uint8Array,
  hash: Uint8Array,
  { costLog2, blockSize, parallelization }: Parameters,
): string {
  const parameters = `ln=${costLog2},r=${blockSize},p=${parallelization}`;
  return `$scrypt$${parameters}$${base64(salt)}$${base64(hash)}`;
}

/** @param salt SALT_BYTES random bytes. @returns what to store */
export async function hashPassword(password: string, salt: Uint8Array): Promise<string> {
  return written(salt, await derive(password, salt, current), current);
}

interface Stored extends Parameters {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

function read(stored: string): Stored {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    stored,
  );
  if (match === null) throw new Error("a stored password hash cannot be read");
  const [, costLog2, blockSize, parallelization, salt = "", hash = ""] = match;
  return {
    costLog2: Number(costLog2),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}

/** Of no password: compared with where there is none, so that the answer takes as long. */
const none = written(new Uint8Array(SALT_BYTES), new Uint8Array(HASH_BYTES), current);

/**
 * @param stored what hashPassword gave; null where there is no password: then as much work is done, and the answer is false.
 * @returns whether it is the password, in a time that does not depend on how much of it is right
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const { salt, hash, ...parameters } = read(stored ?? none);
  const derived = await derive(password, salt, parameters);
  return derived.length === hash.length && timingSafeEqual(derived, hash) && stored !== null;
}
