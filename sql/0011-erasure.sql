-- What is not kept for ever: meetings that are old enough, and who people were.
--
-- meetings.idle_since: from when on nobody needs the meeting: its end, else when it was deleted, else when the last join
-- token ran out, or its time, or when it was made, whichever is the latest. RETENTION_DAYS counts from then.
-- erasures: a person whose identity was erased from a session. pseudonym stands for both in all tables. It is a digest
-- of the identity under the service's own key: events that come late are recognised by it.

ALTER TABLE meetings ADD COLUMN idle_since DATETIME(3) GENERATED ALWAYS AS (COALESCE(end_time,
    IF(deleted, deleted_on, NULL), GREATEST(COALESCE(token_until, created_on), COALESCE(schedule_time, created_on),
    created_on))) VIRTUAL;

ALTER TABLE meetings ADD KEY meetings_idle (idle_since, id);

CREATE TABLE IF NOT EXISTS erasures (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    session_id VARBINARY(255) NOT NULL,
    pseudonym VARBINARY(64) NOT NULL,
    created_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY erasures_person (session_id, pseudonym)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;
