import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { type Engine, EngineSetupError } from "./engines/engine.ts";
import { openExternal } from "./engines/external.ts";
import { findIsolationFaults, requireIsolation } from "./isolation.ts";

let database: TestDatabase;
let engine: Engine;
let owner: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  engine = await openExternal(database.url);
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

it("a database as the migrations make it is isolated, with tables of somebody else's beside ours", async () => {
  await owner.query(
    "create table notes_of_the_operator (id integer); grant select on notes_of_the_operator to public",
  );
  await requireIsolation(engine);
});

describe("a start is refused, and the SQL that it names is what it takes,", () => {
  it.each([
    ["messages", "alter table messages disable row level security"],
    ["threads", "alter table threads no force row level security"],
    ["events", "drop policy scope on events"],
    ["attachments", "alter policy scope on attachments using (true)"],
    ["addresses", "alter policy scope on addresses to public"],
    ["pods", "create policy everything on pods using (true)"],
    ["blobs", "grant select on blobs to rookery_app"],
    ["api_keys", "grant select on api_keys to public"],
    ["inboxes", "revoke update on inboxes from rookery_app"],
    ["installation", "grant all on installation to rookery_app"],
    [
      "rookery_in_scope(organization uuid, pod uuid, inbox uuid)",
      "create or replace function rookery_in_scope(organization uuid, pod uuid, inbox uuid) returns boolean language sql stable as 'select true'",
    ],
    ["rookery_sweep_homes()", "grant execute on function rookery_sweep_homes() to public"],
    ["installation", "grant select (root_key_sha256) on installation to rookery_app"],
    ["blobs", "grant update (content), select (content) on blobs to public"],
    ["rookery_blob_references", "alter view rookery_blob_references reset (security_invoker)"],
    ["rookery_held()", "alter function rookery_held() reset search_path"],
    ["rookery_held()", "alter function rookery_held() security invoker"],
    ["rookery_held()", "alter function rookery_held() owner to current_user"],
    [
      "rookery_blobs(pod uuid, hashes bytea[])",
      "grant create on schema public to rookery_worker; alter function rookery_blobs(uuid, bytea[]) owner to rookery_worker; revoke create on schema public from rookery_worker",
    ],
    [
      "rookery_window_ends(counts integer[], part bigint, seconds integer, most bigint)",
      "alter function rookery_window_ends(integer[], bigint, integer, bigint) security definer",
    ],
    [
      "rookery_domain_is_free(wanted text, except_id uuid)",
      "create or replace function rookery_domain_is_free(wanted text, except_id uuid) returns boolean language sql as 'select true'",
    ],
    [
      "rookery_verified_domains(names text[])",
      "alter function rookery_verified_domains(text[]) set search_path to pg_temp",
    ],
  ])("when %s is changed: %s", async (object, change) => {
    await owner.query(change);
    const refusal: unknown = await requireIsolation(engine).catch((error: unknown) => error);
    if (!(refusal instanceof EngineSetupError)) throw new Error("not refused");
    expect(refusal.message).toContain(`not what this version set up for ${object}: `);
    await owner.query(refusal.message.slice(refusal.message.indexOf("owner of the tables: ") + 21));
    expect(await findIsolationFaults(engine)).toEqual([]);
  });
});
