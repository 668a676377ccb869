/** The Idempotency-Key header of sends (contract 5.2). */
import { invalid } from "../../../domain/door/failures.ts";
import { MAX_CLIENT_ID_LENGTH } from "../../../domain/tenancy/client-ids/limits.ts";
import type { RouteRequest } from "../dialect/route.ts";

/** @throws Failure input.invalid when it is there but empty, too long or not visible ASCII */
export function idempotencyKeyOf(header: RouteRequest["header"]): string | null {
  const key = header("idempotency-key");
  if (key === undefined) return null;
  if (key.length > MAX_CLIENT_ID_LENGTH || !/^[!-~]+$/.test(key))
    throw invalid(
      [{ key: "Idempotency-Key" }],
      `Idempotency-Key must have 1 to ${MAX_CLIENT_ID_LENGTH} visible ASCII characters`,
    );
  return key;
}
