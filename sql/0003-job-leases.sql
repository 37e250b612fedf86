-- jobs.lease: each claim raises this number, and each later write of the worker names it. jobs.wanted_again: the job was
-- queued again while a worker had it. Programs of the release before compare `version` instead, so it is raised too.
ALTER TABLE jobs ADD COLUMN lease BIGINT UNSIGNED NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN wanted_again BOOLEAN NOT NULL DEFAULT FALSE;
