/** Receipts of minted secrets: given once they are stored. */
import { z } from "zod";
import type { Client } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import type { Secret } from "./lines.ts";
import type { SecretSink, SinkError } from "./secret-sink.ts";

const confirmedShape = z.object({ confirmed: z.int() });

/** Stored first: a key counts as received when its secret would outlive a crash of this machine. @throws SinkError, ClientError */
export async function keep(
  client: Client,
  sink: SecretSink | null,
  secrets: readonly Secret[],
  receipt: string,
): Promise<void> {
  // Those of webhooks alone may have no place: the API shows them at any time.
  await sink?.store(secrets);
  const body = { receipt_id: receipt };
  await client.call({ method: "POST", path: "/v0/fleet/receipts", body, isRepeatable: true }, confirmedShape);
}

/** @param what was stopped, as the subject of a sentence */
export const unkept = (error: SinkError, what: string): ClientError =>
  new ClientError(
    `${error.message} ${what} was stopped. What it has done stays; keys whose secrets were not stored are replaced by the next apply.`,
    null,
    { cause: error },
  );

/** An error of the connection once some was done: with what stands, and how to go on. @param reached how far it came @param then what to do */
export const withProgress = (error: unknown, reached: string, then: string): unknown =>
  error instanceof ClientError && error.status === null && error.cause !== undefined
    ? new ClientError(`${error.message} By then there were ${reached}. ${then}`, null, { cause: error })
    : error;
