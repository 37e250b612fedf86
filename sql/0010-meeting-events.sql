-- What happened in each meeting, in order, and for whom.
--
-- seq: from 1 without gaps in each meeting. The transaction that writes an event has locked the meeting's row before,
-- so a reader who has seen an event has seen all before it.
-- cause: what made the event happen. A transaction whose COMMIT was lost runs again, and writes a cause only once. NULL:
-- the event follows from a comparison of rows, which finds nothing the second time.
-- audience: "everybody", "moderators", or a JSON array of attendees.
-- data: JSON, a fixed list of members for each type.

CREATE TABLE IF NOT EXISTS meeting_events (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    session_id VARBINARY(255) NOT NULL,
    seq BIGINT UNSIGNED NOT NULL,
    cause VARBINARY(320) NULL,
    type VARCHAR(32) NOT NULL,
    audience MEDIUMTEXT NOT NULL,
    data MEDIUMTEXT NOT NULL,
    at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY meeting_events_seq (session_id, seq),
    UNIQUE KEY meeting_events_cause (session_id, cause)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;
