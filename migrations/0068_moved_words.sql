-- Words that move with an inbox are appended to the index's pending list, and merged into it by who next indexes mail, or by autovacuum: merged in the
-- move itself, as from 4 MB on, they take most of its time, while its threads are locked. 16 MB: the words of a batch (MOVE_BATCH) of
-- mails of 750 words. Searches read the list through, 2 ms a MB. Whoever replaces the function says this again.
alter function rookery_move_mail(uuid, uuid, uuid[], integer, bigint) set gin_pending_list_limit = '16MB';
