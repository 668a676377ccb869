import { expect, expectTypeOf, test } from "vitest";
import { fromWire, wireWriter } from "./naming.ts";

test("fields of a body get camelCase names, and undefined ones are absent", () => {
  const body: { display_name?: string | undefined; client_id?: string | undefined; map: object } = {
    display_name: "Scout",
    client_id: undefined,
    map: { some_key: 1 },
  };
  const input = fromWire(body);
  expect(input).toStrictEqual({ displayName: "Scout", map: { some_key: 1 } });
  expectTypeOf(input).toEqualTypeOf<{ displayName?: string; clientId?: string; map: object }>();
});

test("fields of a thing get snake_case names, and dates the form of the dialect", () => {
  const thing = { podId: "p", createdAt: new Date(1000), usedAt: null as Date | null, secret: "s" };
  const iso = wireWriter((at) => at.toISOString());
  const unix = wireWriter((at) => at.getTime() / 1000);
  expect(iso(thing, ["podId", "createdAt", "usedAt"])).toStrictEqual({
    pod_id: "p",
    created_at: "1970-01-01T00:00:01.000Z",
    used_at: null,
  });
  const wire = unix(thing, ["createdAt"]);
  expect(wire).toStrictEqual({ created_at: 1 });
  expectTypeOf(wire).toEqualTypeOf<{ created_at: number }>();
});
