-- Moderation, recording at will, and lists of meetings.
--
-- meetings.recording_id: the archive that is being recorded, or will be from the first media on; NULL: none.
-- archives.stopped_by_request: the request that stopped it, if one did, so that its second try knows its own work.
-- meetings.starts_on: scheduleTime, else when it was made; lists are in its order.
-- meetings.status: the rule of src/meeting/lifecycle.c once more (1 scheduled, 2 active, 3 ended), so that a list of one
-- status is a range of a key. Both are derived, so that no worker, whatever its age, has to keep them right.

-- attendees.event_payload no longer has connectionId: Janus does as it is told by whoever knows it.

UPDATE attendees SET event_payload = JSON_REMOVE(event_payload, '$.connectionId')
    WHERE event_payload LIKE '%"connectionId"%';

ALTER TABLE meetings ADD COLUMN recording_id VARBINARY(255) NULL AFTER archive_id;

ALTER TABLE archives ADD COLUMN stopped_by_request VARBINARY(64) NULL AFTER stopped_at;

ALTER TABLE meetings ADD COLUMN starts_on DATETIME(3) GENERATED ALWAYS AS (COALESCE(schedule_time, created_on)) VIRTUAL;

UPDATE meetings SET recording_id = archive_id WHERE is_archived AND end_time IS NULL AND deleted = FALSE;

ALTER TABLE meetings ADD KEY meetings_list (deleted, starts_on, id);

ALTER TABLE meetings ADD COLUMN status TINYINT UNSIGNED GENERATED ALWAYS AS (CASE WHEN end_time IS NOT NULL THEN 3
    WHEN is_scheduled AND start_time IS NULL THEN 1 ELSE 2 END) VIRTUAL;

ALTER TABLE meetings ADD KEY meetings_status (deleted, status, starts_on, id);

ALTER TABLE grants ADD KEY grants_banned (session_id, banned_on);
