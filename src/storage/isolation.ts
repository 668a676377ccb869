/**
 * What keeps tenants apart in the database (row-level security, policies, grants, roles) as statements that would make it. They
 * are generated into `isolation-statements.ts`, and every start compares the catalogs with them: one switched off by hand, or
 * lost in a restore, would show in nothing else.
 */
import type pg from "pg";
import { type Engine, EngineSetupError } from "./engines/engine.ts";
import { ISOLATION } from "./isolation-statements.ts";
import { onConnection } from "./line.ts";
import { ACCESS_ROLES } from "./rights.ts";

interface Found {
  /** Table, view, function or role. */
  readonly object: string;
  readonly statement: string;
  readonly undo: string;
}

const roles = `array[${ACCESS_ROLES.map((name) => `'${name}'`).join(", ")}]`;

/**
 * One row for each statement: of policies with the functions that they ask, of functions that run with their owner's rights, whatever the policies say to
 * who calls them, and of roles with what they are members of, as the policies of a role hold for its members too. Grants to others than our roles and
 * PUBLIC are the operator's. A body that PostgreSQL keeps parsed is left out where no policy asks it: each version writes it back in its own way.
 */
const statementsQuery = `
with ours as (
  select oid, relname, relkind, relrowsecurity, relforcerowsecurity, reloptions, coalesce(relacl, acldefault('r', relowner)) as acl
  from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
), callable as (
  select oid, format('%I(%s)', proname, pg_get_function_identity_arguments(oid)) as name, prosecdef as with_its_own_rights,
    coalesce(proacl, acldefault('f', proowner)) as acl, pg_get_userbyid(proowner) as owner, prosqlbody is null as has_text,
    coalesce((select string_agg(format(' set %s to %s', split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)), '' order by one)
      from unnest(proconfig) as one), '') as settings,
    exists (select from pg_depend as d where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid and d.classid = 'pg_policy'::regclass) as is_asked
  from pg_proc as p where pronamespace = 'public'::regnamespace and proname like 'rookery%'
), granted as (
  select relname::text as object, format('%I', relname) as target, a.* from ours, aclexplode(acl) as a
  union all select name, 'function ' || name, a.* from callable, aclexplode(acl) as a
), holders as (
  select object, target, case grantee when 0 then 'public' else pg_get_userbyid(grantee) end as holder,
    string_agg(lower(privilege_type), ', ' order by privilege_type) as privileges
  from granted where grantee = 0 or pg_get_userbyid(grantee) = any (${roles}) group by 1, 2, 3
)
select relname::text as object, format('alter table %I enable row level security;', relname) as statement,
  format('alter table %I disable row level security;', relname) as undo from ours where relrowsecurity
union all
select relname, format('alter table %I force row level security;', relname),
  format('alter table %I no force row level security;', relname) from ours where relforcerowsecurity
union all
select tablename, format('create policy %I on %I as %s for %s to %s%s%s;', policyname, tablename, lower(permissive), lower(cmd),
  array_to_string(roles, ', '), ' using (' || qual || ')', ' with check (' || with_check || ')'),
  format('drop policy %I on %I;', policyname, tablename) from pg_policies where schemaname = 'public'
union all
select object, format('grant %s on %s to %I;', privileges, target, holder), format('revoke all on %s from %I;', target, holder)
from holders
union all
select relname, format('grant %s (%I) on %I to %I;', lower(privilege_type), attname, relname, case grantee when 0 then 'public' else pg_get_userbyid(grantee) end),
  format('revoke all (%I) on %I from %I;', attname, relname, case grantee when 0 then 'public' else pg_get_userbyid(grantee) end)
from ours join pg_attribute on attrelid = ours.oid cross join aclexplode(attacl)
where grantee = 0 or pg_get_userbyid(grantee) = any (${roles})
union all
select relname, format('alter view %I set (%s);', relname, option), '' from ours cross join unnest(reloptions) as option where relkind = 'v'
union all
select name, case when is_asked or has_text then pg_get_functiondef(oid) || ';' else format('alter function %s security definer reset all%s;', name, settings) end,
  case when with_its_own_rights then format('alter function %s security invoker;', name) else '' end
from callable where is_asked or with_its_own_rights
union all
select name, format('grant create on schema public to %1$I; alter function %2$s owner to %1$I; revoke create on schema public from %1$I;', owner, name),
  format('alter function %s owner to current_user;', name)
from callable where with_its_own_rights and owner = any (${roles})
union all
select rolname, format('alter role %I nosuperuser nobypassrls;', rolname), '' from pg_roles
where rolname = any (${roles}) and not rolsuper and not rolbypassrls
union all
select distinct pg_get_userbyid(member)::text, format('grant %I to %I;', pg_get_userbyid(roleid), pg_get_userbyid(member)),
  format('revoke %I from %I;', pg_get_userbyid(roleid), pg_get_userbyid(member))
from pg_auth_members where pg_get_userbyid(member) = any (${roles})
order by 1, 2`;

/** @returns the text of isolation-statements.ts, of a database that was just migrated */
export async function describeIsolation(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<Found>(statementsQuery);
  const objects = Map.groupBy(rows, ({ object }) => object);
  const entries = [...objects].map(([object, found]) => {
    const lines = found.map(({ statement }) => `    ${JSON.stringify(statement)},`);
    return `  ${JSON.stringify(object)}: [\n${lines.join("\n")}\n  ],`;
  });
  return [
    "// Generated by `npm run generate` from the migrated schema. Do not edit.",
    "/** By table, view, function and role, the statements that isolate it: see isolation.ts. */",
    `export const ISOLATION: Readonly<Record<string, readonly string[]>> = {\n${entries.join("\n")}\n};\n`,
  ].join("\n");
}

/** An object that is not isolated as this version makes it. */
export interface IsolationFault {
  readonly object: string;
  /** SQL for the owner of the tables. */
  readonly repair: string;
}

/** Compares the database with what this version's migrations make, in one query. @returns none when all is well */
export const findIsolationFaults = (engine: Engine): Promise<IsolationFault[]> =>
  onConnection(engine, async (client) => {
    const { rows } = await client.query<Found>(statementsQuery);
    const found = Map.groupBy(rows, ({ object }) => object);
    return Object.entries(ISOLATION).flatMap(([object, wanted]) => {
      const there = found.get(object) ?? [];
      const extra = there.filter(({ statement }) => !wanted.includes(statement));
      const missing = wanted.filter((statement) => !there.some((one) => one.statement === statement));
      const repair = [...extra.map(({ undo }) => undo), ...missing].join(" ");
      return repair === "" ? [] : [{ object, repair }];
    });
  });

/** Of the faults, which are named in a refusal: one repair shows how the others look. */
const MAX_FAULTS_SHOWN = 3;

export function isolationSentence(faults: readonly IsolationFault[]): string {
  const shown = faults.slice(0, MAX_FAULTS_SHOWN);
  const more = faults.length > shown.length ? ` (and ${faults.length - shown.length} more)` : "";
  return `Row-level security is not what this version set up for ${shown.map(({ object }) => object).join(", ")}${more}: a tenant could see another's mail. To restore it, run in that database as the owner of the tables: ${shown.map(({ repair }) => repair).join(" ")}`;
}

/** @throws EngineSetupError naming the objects that are not isolated, and the SQL that isolates them */
export async function requireIsolation(engine: Engine): Promise<void> {
  const faults = await findIsolationFaults(engine);
  if (faults.length > 0) throw new EngineSetupError(isolationSentence(faults));
}
