/** What is answered to bytes that never become a request of a route: no HTTP, too long, too slow (contract 3). */
import { fail } from "../../../domain/door/failures.ts";
import type { ErrorAnswer } from "../dialect/dialect.ts";
import type { Unreadable } from "../dialect/unreadable.ts";
import { MAX_REQUEST_HEAD_BYTES } from "../limits.ts";
import { failureAnswer, validationAnswer } from "./errors.ts";

/** The one code of these that no operation fails with. */
export const timeoutError = { status: 408, code: "request_timeout", name: "RequestTimeoutError" } as const;

const tooLong = (status: number, what: string, fix: string): ErrorAnswer => ({
  ...failureAnswer(fail("input.too_large", { message: `${what} too long`, hint: fix })),
  status,
});

const refused = (why: string, remedy: string): ErrorAnswer =>
  validationAnswer([{ code: "custom", path: [], message: why }], remedy);

const bound = `The URL and the headers may have ${MAX_REQUEST_HEAD_BYTES} bytes together.`;

export const unreadableAnswers: Readonly<Record<Unreadable, ErrorAnswer>> = {
  malformed: refused(
    "The request is not well-formed HTTP (RFC 9112)",
    "Look for stray bytes in its request line, its headers, its Host or its chunks.",
  ),
  chunk_extensions_too_long: tooLong(413, "The chunk extensions are", "Send chunks without extensions."),
  target_too_long: tooLong(414, "The URL is", `${bound} Shorten the query.`),
  headers_too_long: tooLong(431, "The headers are", `${bound} Send fewer or shorter ones.`),
  expectation_unknown: {
    ...refused("The Expect header has an unknown expectation", "Send 100-continue in it, or leave it out."),
    status: 417,
  },
  too_slow: {
    status: timeoutError.status,
    body: {
      name: timeoutError.name,
      code: timeoutError.code,
      message: "The request did not arrive in time",
      fix: "Send the whole request again, without pauses.",
      docs: `/docs/errors#${timeoutError.code}`,
    },
  },
};
