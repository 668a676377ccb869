import { expect, it } from "vitest";
import { Failure } from "../../../../domain/door/failures.ts";
import { InvalidRequest } from "../../dialect/invalid-request.ts";
import { FLEET_PIECE_WEIGHT } from "../../limits.ts";
import { wantedOf } from "./fleet-document.ts";

const defaults = { inboxes: [{ role: "support", address: "support-{tenant}@rookery.localhost" }] };
const tenantsOf = (count: number, of: (index: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, index) => ({ slug: `tenant-${index}`, ...of(index) }));

/** What comes of the document, and how often others had the event loop meanwhile. */
async function read(document: Record<string, unknown>) {
  let pauses = 0;
  const pause = async (): Promise<void> => void pauses++;
  const outcome = await wantedOf({ document }, pause).catch((error: unknown) => error);
  return { outcome, pauses };
}

it("a document of many tenants is checked in pieces, whether they are many or large", async () => {
  const many = tenantsOf(10_000);
  const { outcome, pauses } = await read({ version: 1, defaults, tenants: many });
  expect(outcome).toMatchObject({ desired: { tenants: many, uses: { keys: false, webhooks: false } } });
  expect(pauses).toBeGreaterThan(10);
  const metadata = { note: "x".repeat(250) };
  const inboxes = Array.from({ length: 50 }, (_, at) => ({
    ...{ role: `r${at}`, address: `r${at}-{tenant}@rookery.localhost`, metadata },
  }));
  const large = tenantsOf(100, () => ({ inboxes }));
  expect((await read({ version: 1, tenants: large })).pauses).toBeGreaterThan(
    JSON.stringify(large).length / FLEET_PIECE_WEIGHT,
  );
});

it("names the place of what is wrong in a later piece, and looks no further than what is told", async () => {
  const wrong = tenantsOf(5000, (index) => (index === 4321 ? { nmae: "Acme" } : {}));
  const { outcome } = await read({ version: 1, defaults, tenants: wrong });
  if (!(outcome instanceof InvalidRequest)) throw new Error("it was taken");
  expect(outcome.issues).toMatchObject([
    { code: "unrecognized_keys", path: ["document", "tenants", 4321], keys: ["nmae"] },
  ]);
  const all = await read({ version: 1, defaults, tenants: tenantsOf(5000, () => ({ nmae: "Acme" })) });
  expect(all.outcome).toBeInstanceOf(InvalidRequest);
  expect(all.pauses).toBeLessThan(2);
});

it("tells what is alike in two pieces, and words that there are not", async () => {
  const twice = tenantsOf(5000, (index) => (index === 4321 ? { slug: "tenant-1" } : {}));
  const { outcome } = await read({ version: 1, defaults, tenants: twice });
  if (!(outcome instanceof Failure)) throw new Error("it was taken");
  expect(JSON.stringify(outcome.details)).toContain('["document","tenants",4321,"slug"]');
  const keys = [{ name: "agent", permissions: { message_raed: true } }];
  const misspelt = tenantsOf(5000, (index) => (index === 4000 ? { keys } : {}));
  const another = (await read({ version: 1, defaults, tenants: misspelt })).outcome;
  if (!(another instanceof Failure)) throw new Error("it was taken");
  expect(JSON.stringify(another.details)).toContain("There is no permission message_raed");
});

it.each([
  ["no list", { version: 1, tenants: { a: 1 } }, ["document", "tenants"]],
  ["absent", { version: 1 }, ["document", "tenants"]],
  ["of another version", { version: 2, tenants: [] }, ["document", "version"]],
])("refuses tenants that are %s as a whole", async (_what, document, path) => {
  const { outcome } = await read(document);
  if (!(outcome instanceof InvalidRequest)) throw new Error("it was taken");
  expect(outcome.issues[0]?.path).toEqual(path);
});
