/** Bodies that are small on the wire and would be large, or long, in the server: refused before they are. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_BODY_PIECES, MAX_JSON_VALUES } from "../../src/domain/limits.ts";
import { send } from "./raw-request.ts";
import { refusedAt } from "./refusal.ts";
import { openTenant, type Tenant } from "./tenant.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(async () => tenant.stop());

/** The answer to a body of so many chunks of a byte, as much of it as comes before the connection ends. */
function inChunksOfAByte(count: number): Promise<string> {
  const { hostname, port } = new URL(tenant.app.baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v0/pods HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.app.rootKey}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    socket.write(`1\r\n{\r\n${"1\r\n \r\n".repeat(count - 2)}1\r\n}\r\n0\r\n\r\n`);
    let answer = "";
    socket.on("data", (bytes: Buffer) => {
      answer += bytes.toString();
      if (answer.includes("}")) socket.destroy();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("a body", () => {
  test("in more pieces than the smallest packets would make of it is a 413, one in as many is read", async () => {
    expect(await inChunksOfAByte(MAX_BODY_PIECES - 1)).toMatch(/^HTTP\/1\.1 200 /);
    const refused = await inChunksOfAByte(MAX_BODY_PIECES + 1);
    expect(refused).toMatch(/^HTTP\/1\.1 413 /);
    expect(refused).toContain(`comes in more than ${MAX_BODY_PIECES} pieces`);
  });

  test.each([
    ["lists", (count: number) => `[${"[],".repeat(count / 2)}[]]`],
    ["lists in lists", (count: number) => "[".repeat(count) + "]".repeat(count)],
    ["numbers", (count: number) => `[${"1,".repeat(count)}1]`],
    ["texts", (count: number) => String.raw`{"a":"\\","b":[${'"\\"",'.repeat(count)}""]}`],
    ["names", (count: number) => `{${'"a":1,'.repeat(count)}"a":1}`],
  ])("of more %s than anything here has use for is refused before it is parsed", async (_what, bodyOf) => {
    const body = bodyOf(MAX_JSON_VALUES + 2);
    const answer = await send(tenant.app, { method: "POST", path: "/v0/pods", body });
    expect(refusedAt(answer, 400, [])).toBeNull();
    expect(answer.text).toContain(`JSON may hold ${MAX_JSON_VALUES} values at most`);
  });

  test("whose texts are full of what holds values elsewhere is read", async () => {
    const text = String.raw`,[{\"\\`.repeat(MAX_JSON_VALUES);
    const body = `{"name":"Pod","more":"${text}","client_id":"full"}`;
    const answer = await send(tenant.app, { method: "POST", path: "/v0/pods", body });
    expect(answer).toMatchObject({ status: 200, body: { client_id: "full" } });
  });
});
