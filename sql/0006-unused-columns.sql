-- Columns that nothing reads any more, and that the next release drops: jobs.payload, archives.url, archives.metadata,
-- archives.storage, attendees.ext_id. Workers of the last release still name some of them, so they stay until then; each
-- may be left out of an INSERT (the others could be before).

ALTER TABLE jobs MODIFY payload MEDIUMTEXT NULL;
