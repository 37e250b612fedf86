-- Nothing reads these columns any more, and the next release drops them: jobs.payload, archives.url, archives.metadata,
-- attendees.ext_id. (archives.storage was one of them, and is in use again: see 0013-archive-files.sql.) Workers of the
-- release before still name some of them. An INSERT may leave out each of them; this statement is for the only one that it
-- could not leave out.

ALTER TABLE jobs MODIFY payload MEDIUMTEXT NULL;
