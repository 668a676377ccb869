/** What the role of a database may do, checked before migrations and at every start: what is missing is reported as the SQL that grants it. */
import type pg from "pg";
import { EngineSetupError } from "./engines/engine.ts";

/** The roles that row-level security tells apart; see docs/decisions/0001-one-door.md. */
export const ACCESS_ROLES = ["rookery_app", "rookery_worker"] as const;

interface Rights {
  /** Quoted for SQL where it needs to be, as the database's. */
  readonly role: string;
  readonly database: string;
  readonly may_create_roles: boolean;
  /** Schemas of its own: the queue's. */
  readonly may_create_schemas: boolean;
  /** Null: there is no such schema. */
  readonly may_grant_on_public: boolean | null;
}

const rightsQuery = `
select quote_ident(current_user) as role, quote_ident(current_database()) as database,
  rolsuper or rolcreaterole as may_create_roles,
  has_database_privilege(current_database(), 'create') as may_create_schemas,
  has_schema_privilege(to_regnamespace('public'), 'create with grant option')
    and has_schema_privilege(to_regnamespace('public'), 'usage with grant option') as may_grant_on_public
from pg_roles where rolname = current_user`;

interface AccessRole {
  readonly name: string;
  readonly exists: boolean;
  /** Its rights are ours, and we may become it. */
  readonly is_ours: boolean;
  readonly may_grant: boolean;
}

/** Until PostgreSQL 15 CREATEROLE may grant any role; since 16 only those that it made or was given with ADMIN OPTION. */
const accessRolesQuery = `
select name, r.oid is not null as exists, coalesce(pg_has_role(r.oid, 'usage'), false) as is_ours,
  coalesce(pg_has_role(r.oid, 'member with admin option'), false)
    or (current_setting('server_version_num')::int < 160000
      and (select rolcreaterole from pg_roles where rolname = current_user)) as may_grant
from unnest($1::text[]) as name left join pg_roles as r on r.rolname = name order by name`;

/** @throws EngineSetupError when the tables are there and belong to a role whose rights are not ours */
export async function requireOwnTables(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ owner: string; role: string; database: string }>(
    `select quote_ident(pg_get_userbyid(relowner)) as owner, quote_ident(current_user) as role,
      quote_ident(current_database()) as database
     from pg_class where oid = to_regclass('public.migrations') and not pg_has_role(relowner, 'usage')`,
  );
  for (const { owner, role, database } of rows)
    throw new EngineSetupError(
      `The tables in database ${database} belong to the role ${owner}, and DATABASE_URL names ${role}. Name ${owner} there; or run as a superuser, in that database: \`reassign owned by ${owner} to ${role};\``,
    );
}

/**
 * @param migrates true: for the migrations; false: for running on a schema that is up to date
 * @throws EngineSetupError naming what the role lacks and the SQL that gives it
 */
export async function requireRights(client: pg.ClientBase, migrates: boolean): Promise<void> {
  const { rows } = await client.query<Rights>(rightsQuery);
  const [rights] = rows;
  if (rights === undefined) throw new Error("PostgreSQL did not say who the current role is");
  const { role, database } = rights;
  const accessRoles = await client.query<AccessRole>(accessRolesQuery, [ACCESS_ROLES]);
  const statements = migrates
    ? [...missingRoles(rights, accessRoles.rows), ...missingGrants(rights)]
    : memberships(
        role,
        accessRoles.rows.filter(({ is_ours }) => !is_ours),
      );
  if (statements.length === 0) return;
  throw new EngineSetupError(
    `The role ${role} lacks rights that Rookery needs in database ${database}. Run as a superuser, in that database: \`${statements.join("; ")};\``,
  );
}

/** Made by hand, the roles serve as well as those that a migration makes, and CREATEROLE is not needed. */
function missingRoles({ role, may_create_roles }: Rights, accessRoles: readonly AccessRole[]): string[] {
  const absent = may_create_roles ? [] : accessRoles.filter(({ exists }) => !exists);
  const ungranted = accessRoles.filter(({ exists, is_ours, may_grant }) => exists && !is_ours && !may_grant);
  return [
    ...absent.map(({ name }) => `create role ${name} nologin`),
    ...memberships(role, [...absent, ...ungranted]),
  ];
}

const memberships = (role: string, of: readonly AccessRole[]): string[] =>
  of.length === 0 ? [] : [`grant ${of.map(({ name }) => name).join(", ")} to ${role}`];

function missingGrants({ role, database, may_create_schemas, may_grant_on_public }: Rights): string[] {
  return [
    ...(may_create_schemas ? [] : [`grant create on database ${database} to ${role}`]),
    ...(may_grant_on_public === null ? ["create schema public"] : []),
    ...(may_grant_on_public === true ? [] : [`grant all on schema public to ${role} with grant option`]),
  ];
}
