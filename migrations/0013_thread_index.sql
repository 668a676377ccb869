-- The GUID of an Outlook conversation (Thread-Index), by which an answer that names no known message finds its thread: the newest
-- message of the conversation is looked up (docs/decisions/0019-message-identity.md).
alter table messages add column conversation_id uuid;
create index messages_by_conversation on messages (pod_id, inbox_id, conversation_id, timestamp)
  where conversation_id is not null;
