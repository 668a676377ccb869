/** Questions that are asked of validating servers, and replies, hostile ones among them. */
import { Packet } from "dns2";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type DnsQuestion, decodeReply, encodeQuestion } from "./message.ts";

const question: DnsQuestion = { id: 0x1234, name: "_25._tcp.mx.example.test", type: "TLSA" };
const TLSA = 52;

/** As dns2 writes it. */
function reply(change: (packet: Packet) => void = () => undefined): Buffer {
  const packet = Packet.createResponseFromRequest(Packet.parse(encodeQuestion(question)));
  const record = { name: question.name, type: TLSA, class: Packet.CLASS.IN, ttl: 60 };
  const data = Buffer.from("030101abcd", "hex");
  packet.answers.push(new Packet.Resource({ ...record, data }));
  Object.assign(packet.header, { ad: 1 });
  change(packet);
  return packet.toBuffer();
}

test("a question says which records of which name are asked for, that it knows the AD bit, and how long a reply may be", () => {
  const { header, questions, additionals } = Packet.parse(encodeQuestion(question));
  expect(header).toMatchObject({ id: 0x1234, qr: 0, rd: 1, ad: 1, cd: 0, qdcount: 1, arcount: 1 });
  expect(questions).toMatchObject([{ name: question.name, type: TLSA, class: 1 }]);
  expect(additionals).toMatchObject([{ type: 41, class: 1232 }]);
  for (const name of [".", "a..b", `${"x".repeat(64)}.test`])
    expect(() => encodeQuestion({ ...question, name })).toThrow("no domain name");
});

test("a reply tells its records, whether they were validated, what failed, and that it was cut", () => {
  const records = [Buffer.from("030101abcd", "hex")];
  const whole = { isTruncated: false, code: 0, isValidated: true, records };
  expect(decodeReply(reply(), question)).toEqual(whole);
  const change = (header: object) =>
    decodeReply(
      reply((packet) => Object.assign(packet.header, header)),
      question,
    );
  expect(change({ ad: 0 })).toEqual({ ...whole, isValidated: false });
  expect(change({ rcode: 2 })).toMatchObject({ code: 2 });
  expect(change({ tc: 1 })).toMatchObject({ isTruncated: true, records: [] });
  const behindAlias = reply(({ answers }) => {
    const domain = "elsewhere.test";
    answers.unshift(new Packet.Resource({ name: question.name, type: 5, class: 1, ttl: 60, domain }));
  });
  expect(decodeReply(behindAlias, question)).toEqual(whole);
});

test("what is no reply to the question is none", () => {
  const message = reply();
  expect(decodeReply(message, { ...question, id: 0x1235 })).toBeNull();
  expect(decodeReply(message, { ...question, type: "A" })).toBeNull();
  expect(decodeReply(message, { ...question, name: "_25._tcp.mx.example.tess" })).toBeNull();
  expect(decodeReply(encodeQuestion(question), question)).toBeNull();
  const inCapitals = Buffer.from(message.toString("latin1").replace("example", "EXAMPLE"), "latin1");
  expect(decodeReply(inCapitals, question)).not.toBeNull();
});

test("a reply that ends early is none, and no bytes make an error", () => {
  const message = reply();
  for (let end = 0; end < message.length; end++)
    expect(decodeReply(message.subarray(0, end), question)).toBeNull();
  const head = message.subarray(0, message.length - 20);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      const found = decodeReply(Buffer.concat([head, tail]), question);
      expect(found === null || found.records.length <= 1).toBe(true);
    }),
    { numRuns: 500 },
  );
});
