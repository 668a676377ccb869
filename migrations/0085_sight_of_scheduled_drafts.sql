-- Labels of messages that the key did not see which scheduled a draft: what it forwards is passed on only if that key might still read it. Those
-- that were scheduled before saw everything, as far as anybody knows. See docs/decisions/0117-what-outlives-a-key.md.
alter table drafts add column unseen text[] not null default '{}';
