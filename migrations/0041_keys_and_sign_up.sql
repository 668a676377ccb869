-- A domain that only sends: no MX record of ours, and no mail is taken for it.
alter table domains add column inbound_enabled boolean not null default true;

-- Those of the names that are verified and only send, whoever has them: mail to them is for other servers.
create function rookery_send_only_domains(names text[]) returns table (domain text) language sql stable security definer
set search_path = public, pg_temp
begin atomic
  select d.domain from domains as d where d.domain = any (names) and d.status = 'VERIFIED' and not d.inbound_enabled;
end;
revoke all on function rookery_send_only_domains(text[]) from public;
grant execute on function rookery_send_only_domains(text[]) to rookery_app, rookery_worker;
grant create on schema public to rookery_worker;
alter function rookery_send_only_domains(text[]) owner to rookery_worker;
revoke create on schema public from rookery_worker;
