-- Domains whose records are looked up; their DKIM keys; addresses that lead to an inbox beside its own.

-- Any tenant may claim a name, and one at most has proven by its records that it is his. While processes of the version before still
-- run, those register no domain: they name the constraint that goes here.
alter table domains drop constraint domains_domain_key;
alter table domains add unique nulls not distinct (domain, organization_id, pod_id);
create unique index domains_verified on domains (domain) where status = 'VERIFIED';

-- `checks`: what was found of each record, as src/domain/tenancy/domains/checks.ts has it. `failed_checks`: in a row, since
-- `failing_since`; of a domain that is not verified yet, since it was last asked for. `trusted_at`: the operator vouches for the domain,
-- whatever its records say. `next_check_at`: null when none is due any more.
alter table domains
  add column checks jsonb not null default '[]',
  add column checked_at timestamptz,
  add column next_check_at timestamptz,
  add column failed_checks integer not null default 0,
  add column failing_since timestamptz,
  add column trusted_at timestamptz;

-- Keys that sign for a domain. `next`: waits until its record is seen. `active`: signs, one for each algorithm. `retiring`: signs no more,
-- and its record stays published until what it signed is out. Their columns of domains stay for the version before, unused.
create table dkim_keys (
  domain_id uuid not null references domains (id) on delete cascade,
  selector text not null,
  organization_id uuid not null,
  pod_id uuid,
  algorithm text not null check (algorithm in ('rsa', 'ed25519')),
  public_key text not null,
  private_key_sealed bytea not null,
  state text not null check (state in ('next', 'active', 'retiring')),
  created_at timestamptz not null,
  state_at timestamptz not null,
  primary key (domain_id, selector)
);
create unique index dkim_keys_active on dkim_keys (domain_id, algorithm) where state = 'active';
select rookery_isolate('dkim_keys', inbox => null);
insert into dkim_keys (domain_id, selector, organization_id, pod_id, algorithm, public_key, private_key_sealed, state, created_at, state_at)
select id, dkim_selector, organization_id, pod_id, 'rsa', dkim_public_key, dkim_private_key_sealed, 'active', created_at, created_at from domains;
alter table domains
  alter column dkim_selector set default '',
  alter column dkim_public_key set default '',
  alter column dkim_private_key_sealed set default '';

-- Those of the names that are verified, whoever has them. Says nothing of whose they are.
create function rookery_verified_domains(names text[]) returns table (domain text) language sql stable security definer
set search_path = public, pg_temp
begin atomic
  select d.domain from domains as d where d.domain = any (names) and d.status = 'VERIFIED';
end;

-- Whether nobody else has a name verified. Until the end of the transaction no other gets it: two that ask at once take turns.
create function rookery_domain_is_free(wanted text, except_id uuid) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1907003, hashtext(wanted));
  return not exists (select from domains as d where d.domain = wanted and d.status = 'VERIFIED' and d.id <> except_id);
end
$$;

-- Domains that an inbox of the pod may send under, of `names`, with the keys that sign for each: those that it may use, and the
-- installation's own, `own`. As rookery_usable_domains, for keys that requests may not read otherwise.
create function rookery_sending_domains(pod uuid, names text[], own text)
returns table (id uuid, domain text, status text, trusted_at timestamptz, subdomains_enabled boolean, checks jsonb, selector text,
  algorithm text, private_key_sealed bytea) language sql stable security definer set search_path = public, pg_temp
begin atomic
  select d.id, d.domain, d.status, d.trusted_at, d.subdomains_enabled, d.checks, k.selector, k.algorithm, k.private_key_sealed
  from domains as d left join dkim_keys as k on k.domain_id = d.id and k.state = 'active'
  where d.domain = any (names) and (rookery_pod() is null or rookery_pod() = pod)
    and ((d.organization_id = rookery_organization() and (d.pod_id is null or d.pod_id = pod)) or d.domain = own);
end;

-- As before, but a domain is somebody's here only when it is verified: by claiming a name nobody may keep others' mail to it here.
create or replace function rookery_ways(pod uuid, names text[], out hosted text[], out suspended_at timestamptz, out reason text)
language sql stable security definer set search_path = public, pg_temp as $$
  select array(select name from unnest(names) as name
    where exists (select from addresses where organization_id = rookery_organization() and split_part(address, '@', 2) = name)
      or exists (select from domains where domain = name and status = 'VERIFIED')), s.suspended_at, s.reason
  from (select 1) as one left join outbound_standing as s on s.pod_id = pod
$$;

-- An address leads to an inbox as its own (`inbox`), as one more name of it (`alias`), or as `*@` the domain whose other mail it takes
-- (`catch_all`). Only the first names the inbox to clients.
alter table addresses
  add column kind text not null default 'inbox' check (kind in ('inbox', 'alias', 'catch_all')),
  add column created_at timestamptz not null default now();

do $$
declare name text;
begin
  foreach name in array array['rookery_verified_domains(text[])', 'rookery_domain_is_free(text, uuid)',
    'rookery_sending_domains(uuid, text[], text)'] loop
    execute format('revoke all on function %s from public', name);
    execute format('grant execute on function %s to rookery_app, rookery_worker', name);
  end loop;
end
$$;
grant create on schema public to rookery_worker;
alter function rookery_verified_domains(text[]) owner to rookery_worker;
alter function rookery_domain_is_free(text, uuid) owner to rookery_worker;
alter function rookery_sending_domains(uuid, text[], text) owner to rookery_worker;
revoke create on schema public from rookery_worker;
