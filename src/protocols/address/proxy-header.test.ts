import { expect, test } from "vitest";
import { readProxyHeader } from "./proxy-header.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const v1 = (line: string): Buffer => Buffer.from(`${line}\r\nEHLO x\r\n`, "latin1");

test.each([
  ["version 1, IPv4", v1("PROXY TCP4 192.0.2.1 198.51.100.1 4000 25"), "192.0.2.1"],
  ["version 1, IPv6", v1("PROXY TCP6 2001:db8::1 2001:db8::2 4000 25"), "2001:db8::1"],
  ["version 1 without an address", v1("PROXY UNKNOWN"), null],
  ["version 2, IPv4", hex(`${SIGNATURE} 21 11 000c c0000201 c6336401 0fa0 0019`), "192.0.2.1"],
  ["version 2 with a TLV", hex(`${SIGNATURE} 21 11 000f c0000201 c6336401 0fa0 0019 040000`), "192.0.2.1"],
  [
    "version 2, IPv6",
    hex(`${SIGNATURE} 21 21 0024 20010db8${"00".repeat(11)}01 20010db8${"00".repeat(11)}02 0fa0 0019`),
    "2001:db8:0:0:0:0:0:1",
  ],
  ["version 2 of a health check", hex(`${SIGNATURE} 20 00 0000`), null],
  ["version 2 of a UNIX socket", hex(`${SIGNATURE} 21 31 00d8${"00".repeat(216)}`), null],
])("%s gives the client's address, in whatever pieces it comes", (_what, bytes, address) => {
  const read = readProxyHeader(bytes);
  expect(read).toMatchObject({ kind: "header", address });
  const lengthBytes = read.kind === "header" ? read.lengthBytes : 0;
  for (let length = 0; length < lengthBytes; length++)
    expect(readProxyHeader(bytes.subarray(0, length))).toEqual({ kind: "incomplete" });
  expect(readProxyHeader(Buffer.concat([bytes, Buffer.from("EHLO")]))).toEqual(read);
});

test.each([
  ["an SMTP command", v1("EHLO client.test")],
  ["a name as address", v1("PROXY TCP4 client.test 198.51.100.1 4000 25")],
  ["an unknown family", v1("PROXY SCTP 192.0.2.1 198.51.100.1 4000 25")],
  ["a line without an end", Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`)],
  ["version 3", hex(`${SIGNATURE} 31 11 000c c0000201 c6336401 0fa0 0019`)],
  ["an unknown command", hex(`${SIGNATURE} 22 11 000c c0000201 c6336401 0fa0 0019`)],
  ["too few bytes for its family", hex(`${SIGNATURE} 21 21 000c c0000201 c6336401 0fa0 0019`)],
  ["more bytes than any header has", hex(`${SIGNATURE} 21 11 ffff`)],
])("%s is no header", (_what, bytes) => {
  expect(readProxyHeader(bytes)).toEqual({ kind: "invalid" });
});
