-- A worker's hold on a job has a number, which each claim raises and each later write of that worker names.
-- `wanted_again` says that the job was put again while a worker had it. Programs of the last release do without
-- both: they compare `version`, which is therefore raised as before.
ALTER TABLE jobs ADD COLUMN lease BIGINT UNSIGNED NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN wanted_again BOOLEAN NOT NULL DEFAULT FALSE;
