import { expect, test } from "vitest";
import { refusedOrigin } from "./rebinding.ts";

const host = "127.0.0.1";
const publicUrl = "https://mail.example.com";

test.each([
  ["a program, which sends no Origin", undefined, "anything.example"],
  ["a page of this machine", "http://localhost:6274", host],
  ["a page of this machine, by address", "http://[::1]:3000", "localhost"],
  ["a page on the operator's host", publicUrl, "mail.example.com"],
  ["a page of an address, which nobody can have resolved elsewhere", "http://192.0.2.7", "192.0.2.8"],
])("is served: %s", (_who, origin, at) => {
  expect(refusedOrigin({ origin, host: at }, publicUrl)).toBeNull();
});

test.each([
  ["a page whose name is resolved to this machine", "http://evil.example:8080", "evil.example"],
  ["a page of another site", "https://evil.example", host],
  ["a sandboxed page", "null", host],
  ["a name that ends like one of this machine", "http://notlocalhost", host],
  ["a name that begins like an address", "http://127.0.0.1.evil.example", host],
  ["a name of somebody's own, asked by a page of this machine", "http://localhost", "evil.example"],
])("is refused: %s", (_who, origin, at) => {
  expect(refusedOrigin({ origin, host: at }, publicUrl)).not.toBeNull();
  expect(refusedOrigin({ origin, host: at }, null)).not.toBeNull();
});
