import { randomBytes } from "node:crypto";
import type pg from "pg";
import { sha256 } from "../../src/lib/hash.ts";

/** A second organization, made where no API can make one. @returns its root key */
export async function insertOrganization(database: pg.Client): Promise<string> {
  const secret = `am_us_${randomBytes(32).toString("hex")}`;
  const id = "0190a000-0000-7000-8000-000000000001";
  await database.query("insert into organizations values ($1, 'Foreign', now(), now())", [id]);
  await database.query(
    "insert into pods (id, organization_id, name, created_at, updated_at) values ($1, $1, 'Default Pod', now(), now())",
    [id],
  );
  await database.query(
    "insert into api_keys (id, organization_id, name, prefix, secret_sha256, created_at, updated_at) values ($1, $1, 'root', 'am_us_', $2, now(), now())",
    [id, sha256(secret)],
  );
  return secret;
}
