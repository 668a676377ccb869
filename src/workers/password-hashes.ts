/** Hashes the app passwords of inboxes, a few at once: each occupies a thread of Node's pool for some 40 ms. */
import { randomBytes } from "node:crypto";
import type { Outside } from "../domain/door/outside.ts";
import { createFairQueue, QueueFull } from "../lib/fair-queue.ts";
import { hashPassword, SALT_BYTES } from "../lib/password-hash.ts";
import { MAX_PASSWORDS_HASHED_AT_ONCE, MAX_PASSWORDS_QUEUED } from "./limits.ts";

/** One per process. */
export function createPasswordHashes(): Outside["passwordHash"] {
  const queue = createFairQueue(MAX_PASSWORDS_HASHED_AT_ONCE, MAX_PASSWORDS_QUEUED, { isStrict: true });
  return async ({ tenant, password }) => {
    try {
      await queue.acquire(tenant);
    } catch (error) {
      if (error instanceof QueueFull) return null;
      throw error;
    }
    try {
      return await hashPassword(password, randomBytes(SALT_BYTES));
    } finally {
      queue.release(tenant);
    }
  };
}
