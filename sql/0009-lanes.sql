-- Lanes: slow jobs do not hold up quick ones.
--
-- jobs.lane: which process of a host runs the job (store/job_kinds.c). Programs of the last release name no lane when
-- they add a job; it runs in the lane control then, where every kind works too. They claim jobs of every lane.
-- jobs.subject: what the job is about. Together with the kind it is the job's key. NULL: the job is from a program of
-- the last release, which puts both into dedup, "kind:subject". The next release drops dedup, and the key jobs_due.

ALTER TABLE jobs ADD COLUMN lane VARCHAR(16) NOT NULL DEFAULT 'control' AFTER version;

ALTER TABLE jobs ADD COLUMN subject VARBINARY(255) NULL AFTER kind;

ALTER TABLE jobs MODIFY dedup VARBINARY(300) NOT NULL;

UPDATE jobs SET lane = 'media' WHERE kind = 'recording-delete';

UPDATE jobs SET lane = 'upkeep' WHERE kind = 'expire';

UPDATE jobs SET subject = '' WHERE subject IS NULL AND dedup = kind;

UPDATE jobs SET subject = SUBSTRING(dedup, LENGTH(kind) + 2)
    WHERE subject IS NULL AND LEFT(dedup, LENGTH(kind) + 1) = CONCAT(kind, ':');

ALTER TABLE jobs ADD KEY jobs_lane (lane, due);

ALTER TABLE jobs ADD UNIQUE KEY jobs_kind_subject (kind, subject);
