-- Nothing reads these columns any more, and the next release drops them: jobs.payload, archives.url, archives.metadata,
-- archives.storage, attendees.ext_id. Workers of the release before still name some of them. An INSERT may leave out each
-- of them; this statement is for the only one that it could not leave out.

ALTER TABLE jobs MODIFY payload MEDIUMTEXT NULL;
