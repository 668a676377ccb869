import { expect, test } from "vitest";
import { replyOf } from "./delivery.ts";

test.each([
  [{ code: 550, enhanced_code: "5.1.1", reply: "550 5.1.1 No such mailbox" }, "550 5.1.1 No such mailbox"],
  [{ code: 250, reply: "250 ok" }, "250 ok"],
  [{ enhanced_code: "4.4.1", reply: "connect ECONNREFUSED" }, "4.4.1 connect ECONNREFUSED"],
  [{ code: 550, enhanced_code: "5.1.1", reply: "no such user" }, "550 5.1.1 no such user"],
  [{ code: 450 }, "450"],
  [{}, undefined],
])("the reply of %o is %s: its codes once", (given, text) => {
  expect(replyOf(given)).toBe(text);
});
