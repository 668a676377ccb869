/** What takes minted secrets. */
import type { Secret } from "./lines.ts";

export interface SecretSink {
  /** Where they are, for people. */
  readonly place: string;
  /** @returns once they would outlive a crash. @throws SinkError: none of them counts as stored */
  store(secrets: readonly Secret[]): Promise<void>;
  close(): Promise<void>;
}

/** Secrets that are not stored; the next apply replaces their keys. */
export class SinkError extends Error {}

/** A secret as it is stored: a line of JSON. */
export const secretText = ({ type: _, ...secret }: Secret): string => `${JSON.stringify(secret)}\n`;
