-- Moderation, recording at will, and lists of meetings.
--
-- meetings.recording_id: the archive that is being recorded, or will be from the first media on; NULL: none.
-- meetings.starts_on: scheduleTime, else when it was made; lists are in its order. Its default serves rows that older
-- workers add while this is being applied.

ALTER TABLE meetings ADD COLUMN recording_id VARBINARY(255) NULL AFTER archive_id;

ALTER TABLE meetings ADD COLUMN starts_on DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) AFTER schedule_time;

UPDATE meetings SET starts_on = COALESCE(schedule_time, created_on);

UPDATE meetings SET recording_id = archive_id WHERE is_archived AND end_time IS NULL AND deleted = FALSE;

ALTER TABLE meetings ADD KEY meetings_list (deleted, starts_on, id);

ALTER TABLE meetings ADD KEY meetings_open (deleted, end_time, starts_on, id);

ALTER TABLE grants ADD KEY grants_banned (session_id, banned_on);
