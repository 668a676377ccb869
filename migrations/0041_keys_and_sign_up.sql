-- Public keys that are registered beside bearer keys, in the same lists. Such a row has no secret, and lets nobody in.
alter table api_keys
  alter column secret_sha256 drop not null,
  add column public_key jsonb,
  add column client_id text,
  add column created_by uuid,
  add constraint api_keys_have_one_kind check ((secret_sha256 is null) = (public_key is not null));
create index api_keys_by_client_id on api_keys (organization_id, client_id) where client_id is not null;
alter table client_ids drop constraint client_ids_kind_check;
alter table client_ids add constraint client_ids_kind_check check (kind in ('pod', 'inbox', 'domain', 'webhook', 'organization_domain',
  'organization_webhook', 'draft', 'public_key', 'organization_public_key'));

-- A domain that only sends: no MX record of ours, and no mail is taken for it.
alter table domains add column inbound_enabled boolean not null default true;

-- Organizations that agents made by signing up. Until the code that was mailed to its human comes back, `unverified_since` bounds what
-- its keys may do and whom its inbox may write to.
alter table organizations add column unverified_since timestamptz;

-- One row for each of them. `human_email`: lower-case; null until somebody names one. `code_hmac`: of the code, under the seal key;
-- `code_mailed_at`: null while it waits to be mailed. `codes`: made on `codes_on`; `sent`: recipients written to on `sent_on` (UTC).
-- `network`: of the client that signed up, by which sign-ups are bounded.
create table sign_ups (
  organization_id uuid primary key references organizations (id),
  inbox_id uuid not null,
  key_id uuid not null,
  human_email text collate "C",
  humans_replaced integer not null default 0,
  code_hmac text,
  code_expires_at timestamptz,
  code_mailed_at timestamptz,
  code_tries integer not null default 0,
  codes integer not null default 0,
  codes_on date,
  sent integer not null default 0,
  sent_on date,
  verified_at timestamptz,
  source text,
  referrer text,
  network text,
  created_at timestamptz not null
);
create unique index sign_ups_by_human on sign_ups (human_email) where human_email is not null;
create index sign_ups_by_network on sign_ups (network, created_at);
select rookery_isolate('sign_ups', pod => null, inbox => null);

-- Makes the organization of the session, which is not there yet.
create function rookery_found_organization(called text, at timestamptz) returns void language sql security definer
set search_path = public, pg_temp
begin atomic
  insert into organizations (id, name, unverified_since, created_at, updated_at) values (rookery_organization(), called, at, at, at);
end;

-- Lifts the bounds of the session's organization.
create function rookery_verify_organization(at timestamptz) returns void language sql security definer
set search_path = public, pg_temp
begin atomic
  update organizations set unverified_since = null, updated_at = at where id = rookery_organization();
end;

-- Whether another organization's agent has named the human. Until the end of the transaction no other does: two that ask at once take
-- turns.
create function rookery_human_is_known(email text) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1907005, hashtext(email));
  return exists (select from sign_ups as s where s.human_email = email collate "C" and s.organization_id <> rookery_organization());
end
$$;

do $$
declare name text;
begin
  grant create on schema public to rookery_worker;
  foreach name in array array['rookery_found_organization(text, timestamptz)',
    'rookery_verify_organization(timestamptz)', 'rookery_human_is_known(text)'] loop
    execute format('revoke all on function %s from public', name);
    execute format('grant execute on function %s to rookery_app, rookery_worker', name);
    execute format('alter function %s owner to rookery_worker', name);
  end loop;
  revoke create on schema public from rookery_worker;
end
$$;

-- As before, but a verified domain that only sends is not hosted here, whoever has it: mail to it is for other servers.
create or replace function rookery_ways(pod uuid, inbox uuid, names text[], out hosted text[], out suspended text, out reason text)
language sql stable security definer set search_path = public, pg_temp as $$
  select array(select wanted.host from unnest(names) as wanted (host)
    where (exists (select from addresses as a where a.organization_id = rookery_organization() and split_part(a.address, '@', 2) = wanted.host)
      or exists (select from domains as d where d.domain = wanted.host and d.status = 'VERIFIED'))
      and not exists (select from domains as d where d.domain = wanted.host and d.status = 'VERIFIED' and not d.inbound_enabled)),
    case when s.suspended_at is not null then 'pod' when i.suspended_until > now() then 'inbox' end,
    case when s.suspended_at is not null then s.reason when i.suspended_until > now() then i.reason end
  from (select 1) as one left join outbound_standing as s on s.pod_id = pod
  left join outbound_inbox_standing as i on i.pod_id = pod and i.inbox_id = inbox
$$;
