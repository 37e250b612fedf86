-- Moderation, recording at will, and lists of meetings.
--
-- meetings.recording_id: the archive that is being recorded, or will be from the first media on; NULL: none.
-- archives.stopped_by_request, archives.deleted_by_request, meetings.edited_by_request: the request that did it (last), so
-- that its second try, after the answer to its COMMIT was lost, knows its own work. For the same reason audit_logs takes
-- each thing that a request does once; of what was written twice before that, the first stays.
-- meetings.starts_on: scheduleTime, else when it was made; lists are in its order.
-- meetings.status: the rule of src/meeting/lifecycle.c once more (1 scheduled, 2 active, 3 ended), so that a list of one
-- status is a range of a key. Both are derived, so that no worker, whatever its age, has to keep them right.

-- attendees.event_payload no longer has connectionId: Janus does as it is told by whoever knows it.

UPDATE attendees SET event_payload = JSON_REMOVE(event_payload, '$.connectionId')
    WHERE event_payload LIKE '%"connectionId"%';

ALTER TABLE meetings ADD COLUMN recording_id VARBINARY(255) NULL AFTER archive_id;

ALTER TABLE archives ADD COLUMN stopped_by_request VARBINARY(64) NULL AFTER stopped_at;

ALTER TABLE archives ADD COLUMN deleted_by_request VARBINARY(64) NULL AFTER stopped_by_request;

ALTER TABLE meetings ADD COLUMN edited_by_request VARBINARY(64) NULL AFTER ended_by_request;

DELETE again FROM audit_logs again
    JOIN (SELECT MIN(id) AS id, request_id, entity, entity_id, action FROM audit_logs
    GROUP BY request_id, entity, entity_id, action HAVING COUNT(*) > 1) kept
    ON again.request_id = kept.request_id AND again.entity = kept.entity AND again.entity_id = kept.entity_id
    AND again.action = kept.action AND again.id > kept.id;

ALTER TABLE audit_logs ADD UNIQUE KEY audit_logs_once (request_id, entity, entity_id, action);

ALTER TABLE meetings ADD COLUMN starts_on DATETIME(3) GENERATED ALWAYS AS (COALESCE(schedule_time, created_on)) VIRTUAL;

UPDATE meetings SET recording_id = archive_id WHERE is_archived AND end_time IS NULL AND deleted = FALSE;

ALTER TABLE meetings ADD KEY meetings_list (deleted, starts_on, id);

ALTER TABLE meetings ADD COLUMN status TINYINT UNSIGNED GENERATED ALWAYS AS (CASE WHEN end_time IS NOT NULL THEN 3
    WHEN is_scheduled AND start_time IS NULL THEN 1 ELSE 2 END) VIRTUAL;

ALTER TABLE meetings ADD KEY meetings_status (deleted, status, starts_on, id);

ALTER TABLE grants ADD KEY grants_banned (session_id, banned_on);
