-- What SPF, DKIM, DMARC and ARC made of received mail. See docs/decisions/0041-verdicts.md.

-- The result of each check with the domain it was made for. Null: the message was not judged, or was sent from here.
alter table messages add column authentication jsonb;
