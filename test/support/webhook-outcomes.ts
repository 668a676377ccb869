/** What a webhook's sending is expected to come to. */
import { expect } from "vitest";

export const failed = (reason: string, message: unknown = expect.any(String)) => ({
  kind: "failure",
  reason,
  message,
  durationMs: expect.any(Number),
});

export const answered = (status: number, body: unknown = expect.any(String)) => ({
  kind: "response",
  status,
  body,
  abort: false,
  durationMs: expect.any(Number),
});
