-- A second mail under a Message-ID that its inbox holds is stored under an id of its own (docs/decisions/0019-message-identity.md).
alter table messages
  -- SHA-256 of what makes a mail the same mail whatever its trace fields. Null on messages stored before.
  add column content_sha256 bytea,
  -- The Message-ID in its header, where message_id is an id of its own; else null.
  add column sent_message_id text,
  add check (sent_message_id is null or content_sha256 is not null);

-- One message of each content, also when two processes receive it at once; for all but the first of a Message-ID, which
-- messages_by_message_id holds.
create unique index messages_by_sent_id on messages (pod_id, inbox_id, sent_message_id, content_sha256)
  where sent_message_id is not null;
