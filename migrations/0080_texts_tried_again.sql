-- Documents whose text could not be taken out in time are tried again: docs/decisions/0106-texts-tried-again.md. Null: what was found is final.
alter table blob_texts add column attempts integer not null default 1;
alter table blob_texts add column again_at timestamptz;
