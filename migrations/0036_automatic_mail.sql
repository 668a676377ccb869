-- Mail of programs, and threads in which programs answer each other. See docs/decisions/0044-automatic-mail.md.

-- Why a received message is taken for a program's; null: it is not, or was stored before this was looked at.
alter table messages add column automatic text;

-- What an inbox sends in a thread is counted with each reply: by this index in as many steps as there may be, whatever else came in.
create index messages_sent_in_thread on messages (pod_id, thread_id, timestamp) where direction = 'outbound';

-- When sends in the thread were last refused because there were too many; null: never.
alter table threads add column loop_cut_at timestamptz;

