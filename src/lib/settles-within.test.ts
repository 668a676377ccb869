import { expect, test } from "vitest";
import { settlesWithin } from "./settles-within.ts";

test("tells what is done in time from what is not, and passes a rejection on", async () => {
  expect(await settlesWithin(60_000, Promise.resolve())).toBe(true);
  expect(await settlesWithin(0, Promise.withResolvers().promise)).toBe(false);
  await expect(settlesWithin(60_000, Promise.reject(new Error("it failed")))).rejects.toThrow("it failed");
});
