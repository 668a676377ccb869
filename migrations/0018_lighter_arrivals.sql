-- Less work for each mail that arrives.

-- That a message's inbox exists follows from its thread: a message lies in its thread's inbox, and a thread cannot outlive that. The key
-- was looked up for each message, and a deleted inbox takes its threads along, and they their messages.
alter table messages drop constraint messages_pod_id_inbox_id_fkey;
