/**
 * Routes of one line of Python's client (0.5.10) that newer ones have not: credentials with which a browser's sign-in of AgentMail's own
 * would find an inbox. There is none here, and no key of another kind may seem to be one: before, half of them were read as the id of a key.
 */
import { fail } from "../../../domain/door/failures.ts";
import type { FixedRoute } from "../dialect/dialect.ts";
import type { Method } from "../dialect/route.ts";
import { failureAnswer } from "./errors.ts";

const answer = () =>
  failureAnswer(
    fail("object.not_found", {
      message: "Browser credential not found",
      hint: "This server has no browser credentials: they belong to the vendor's own sign-in. Use an API key.",
    }),
  );

const at = (method: Method, path: string): FixedRoute => ({ method, path, answer });

export const browserCredentials: readonly FixedRoute[] = [
  at("get", "/v0/api-keys/browser-credentials"),
  at("get", "/v0/api-keys/browser-credentials/events"),
  at("delete", "/v0/api-keys/browser-credentials/{credential_id}"),
  at("delete", "/v0/api-keys/browser-credentials/enrollments/{enrollment_id}"),
  at("get", "/v0/api-keys/browser-consents"),
  at("delete", "/v0/api-keys/browser-consents/{consent_id}"),
  at("post", "/v0/inboxes/{inbox_id}/browser-credentials/enrollments"),
];
