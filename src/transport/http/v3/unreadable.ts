/** What is answered to bytes that never become a request of a route. */
import type { Answering, ErrorAnswer } from "../dialect/dialect.ts";
import type { Unreadable } from "../dialect/unreadable.ts";
import { MAX_REQUEST_HEAD_BYTES } from "../limits.ts";
import { errorAnswer } from "./errors.ts";

const bound = `the URL and the headers may have ${MAX_REQUEST_HEAD_BYTES} bytes together`;

export const unreadable: Readonly<Record<Unreadable, { status: number; type: string; message: string }>> = {
  malformed: {
    status: 400,
    type: "invalid_request_error",
    message: "The request is not well-formed HTTP (RFC 9112)",
  },
  chunk_extensions_too_long: {
    status: 413,
    type: "request_too_large",
    message: "The chunk extensions are too long",
  },
  target_too_long: { status: 414, type: "request_too_large", message: `The URL is too long: ${bound}` },
  headers_too_long: {
    status: 431,
    type: "request_too_large",
    message: `The headers are too long: ${bound}`,
  },
  expectation_unknown: {
    status: 417,
    type: "invalid_request_error",
    message: "The Expect header has an unknown expectation",
  },
  too_slow: { status: 408, type: "request_timeout", message: "The request did not arrive in time" },
};

export function unreadableAnswer(kind: Unreadable, answering: Answering): ErrorAnswer {
  const { status, type, message } = unreadable[kind];
  return errorAnswer(answering, { status, administration: type, other: type }, message);
}
