import { expect, it } from "vitest";
import { fail } from "../../../domain/door/failures.ts";
import { field, says } from "../../../domain/door/text.ts";
import { failureAnswer } from "./errors.ts";

it("a failure's own facts are in its body, and its fields have this API's names", () => {
  const taken = fail("inbox.taken", {
    message: "Inbox already exists",
    hint: says`Give another ${field("clientId")}.`,
    suggestions: ["one", "two"],
    logDetail: "for the log alone",
  });
  expect(failureAnswer(taken)).toEqual({
    status: 403,
    body: {
      name: "AlreadyExistsError",
      code: "already_exists",
      message: "Inbox already exists",
      fix: "Give another client_id.",
      suggestions: ["one", "two"],
      docs: "/docs/errors#already_exists",
    },
  });
  const full = fail("limit.exceeded", { message: "Too many", limit: { resource: "domain", count: 3 } });
  expect(failureAnswer(full)).toMatchObject({
    status: 403,
    body: { code: "limit_exceeded", resource: "domain", limit: 3 },
  });
});

it.each([
  ["range.too_wide", 400, "query_range_too_wide"],
  ["thread.too_long", 422, "unprocessable"],
  ["domain.subdomains_disabled", 422, "unprocessable"],
  ["pod.not_empty", 409, "cannot_delete"],
  ["idempotency.conflict", 409, "conflict"],
  ["service.unavailable", 503, "service_unavailable"],
  ["service.full", 503, "service_unavailable"],
  ["permission.escalation", 403, "permission_escalation"],
  ["permission.unrestricted_required", 403, "unrestricted_key_required"],
] as const)("%s is %i %s", (code, status, wire) => {
  expect(failureAnswer(fail(code, { message: "x" }))).toMatchObject({ status, body: { code: wire } });
});
