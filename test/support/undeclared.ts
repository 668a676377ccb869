import type { FailCode } from "../../src/domain/door/failures.ts";

/** Makes a failure that its operation does not declare a fault of ours, which a test sees. */
export function undeclared(operation: string, code: FailCode): never {
  throw new Error(`${operation} failed with ${code}, which it does not declare`);
}
