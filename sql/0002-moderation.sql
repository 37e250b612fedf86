-- Moderation, recording on demand, and lists of meetings.
--
-- meetings.recording_id: the archive that is recorded now, or from the first media on; NULL: none.
-- archives.stopped_by_request, archives.deleted_by_request, meetings.edited_by_request: the last request that did it. When
-- the answer to its COMMIT was lost, the second try recognises its own work. For the same reason audit_logs has each
-- action of a request once; of older repeated rows the first stays.
-- meetings.starts_on: scheduleTime, else the time of creation. Lists are in this order.
-- meetings.status: the rule of src/meeting/lifecycle.c (1 scheduled, 2 active, 3 ended), so that a list of one status is a
-- range of a key. The database computes both columns, so that older workers need not write them.

-- attendees.event_payload no longer has connectionId: anybody who knows it can give orders to Janus.

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
