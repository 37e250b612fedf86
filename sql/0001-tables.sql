-- The tables of a first installation: meetings, who was in them, recordings, jobs.
--
-- Each statement can run again, and two processes can run it at once. Identifiers that are compared are VARBINARY:
-- for utf8mb4_bin 'x' and 'x ' are equal. Ids may have gaps and are not ordered in time.

CREATE TABLE IF NOT EXISTS meetings (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    meeting_link VARBINARY(32) NOT NULL,
    session_id VARBINARY(255) NOT NULL,
    provider VARCHAR(16) NOT NULL,
    is_scheduled BOOLEAN NOT NULL DEFAULT FALSE,
    schedule_time DATETIME(3) NULL,
    is_archived BOOLEAN NOT NULL DEFAULT FALSE,
    end_to_end_encryption BOOLEAN NOT NULL DEFAULT FALSE,
    archive_id VARBINARY(255) NULL,
    upload_target VARCHAR(255) NULL,
    start_time DATETIME(3) NULL,
    end_time DATETIME(3) NULL,
    token_until DATETIME(3) NULL,
    ended_by_request VARBINARY(64) NULL,
    ext_id VARCHAR(255) NULL,
    ext_metadata MEDIUMTEXT NULL,
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    deleted_on DATETIME(3) NULL,
    deleted_by VARBINARY(255) NULL,
    created_on DATETIME(3) NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    created_by VARBINARY(255) NOT NULL,
    modified_by VARBINARY(255) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY meetings_link (meeting_link),
    UNIQUE KEY meetings_session (session_id),
    KEY meetings_schedule (deleted, schedule_time),
    KEY meetings_running (end_time, token_until)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS attendees (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    session_id VARBINARY(255) NOT NULL,
    attendee VARBINARY(1000) NOT NULL,
    name VARCHAR(255) NULL,
    role TINYINT UNSIGNED NOT NULL,
    joined_on DATETIME(6) NOT NULL,
    left_on DATETIME(6) NULL,
    is_active BOOLEAN NOT NULL,
    open_since DATETIME(6) NULL,
    closed_us BIGINT NOT NULL DEFAULT 0,
    devices INT UNSIGNED NOT NULL DEFAULT 0,
    event_payload MEDIUMTEXT NULL,
    ext_id VARCHAR(255) NULL,
    created_on DATETIME(3) NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY attendees_attendee (session_id, attendee)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

-- One row for each opening. A connection id can be opened again (a Janus handle leaves the room and joins again), so the
-- time of the opening is part of the key.
CREATE TABLE IF NOT EXISTS connections (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    session_id VARBINARY(255) NOT NULL,
    connection_id VARBINARY(255) NOT NULL,
    device VARBINARY(255) NOT NULL,
    participant VARBINARY(255) NOT NULL,
    attendee VARBINARY(1000) NOT NULL,
    role TINYINT UNSIGNED NOT NULL,
    event VARCHAR(32) NOT NULL,
    joined_at DATETIME(6) NOT NULL,
    left_at DATETIME(6) NULL,
    left_event VARCHAR(32) NULL,
    created_on DATETIME(3) NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY connections_opening (session_id, connection_id, joined_at),
    KEY connections_participant (session_id, participant),
    KEY connections_attendee (session_id, attendee(255)),
    KEY connections_open (left_at, joined_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

-- One row for each end. session_id is '' when everything ended (scope 4).
CREATE TABLE IF NOT EXISTS connection_ends (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    session_id VARBINARY(255) NOT NULL,
    scope TINYINT UNSIGNED NOT NULL,
    end_key VARBINARY(255) NOT NULL,
    ended_at DATETIME(6) NOT NULL,
    event VARCHAR(32) NOT NULL,
    created_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY connection_ends_fact (session_id, scope, end_key, ended_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS grants (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    session_id VARBINARY(255) NOT NULL,
    attendee VARBINARY(1000) NOT NULL,
    role TINYINT UNSIGNED NOT NULL,
    name VARCHAR(255) NULL,
    room_epoch BIGINT NULL,
    banned_on DATETIME(3) NULL,
    created_on DATETIME(3) NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY grants_grant (session_id, attendee, role)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS archives (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    archive_id VARBINARY(255) NOT NULL,
    session_id VARBINARY(255) NOT NULL,
    name VARCHAR(255) NULL,
    status VARCHAR(16) NOT NULL,
    host VARCHAR(255) NULL,
    created_at DATETIME(6) NOT NULL,
    stopped_at DATETIME(6) NULL,
    duration BIGINT UNSIGNED NOT NULL DEFAULT 0,
    size BIGINT UNSIGNED NOT NULL DEFAULT 0,
    url TEXT NULL,
    reason VARCHAR(255) NULL,
    metadata MEDIUMTEXT NULL,
    storage MEDIUMTEXT NULL,
    created_on DATETIME(3) NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY archives_archive (archive_id),
    KEY archives_session (session_id),
    KEY archives_status (status, created_on),
    KEY archives_created (created_on)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS jobs (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    kind VARCHAR(32) NOT NULL,
    dedup VARBINARY(255) NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    host VARCHAR(255) NULL,
    due DATETIME(3) NOT NULL,
    attempts INT UNSIGNED NOT NULL DEFAULT 0,
    leased_until DATETIME(3) NULL,
    leased_by VARCHAR(255) NULL,
    last_error VARCHAR(500) NULL,
    created_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY jobs_dedup (dedup),
    KEY jobs_due (due)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS settings (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    name VARBINARY(64) NOT NULL,
    value MEDIUMTEXT NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY settings_name (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS audit_logs (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    entity VARCHAR(32) NOT NULL,
    entity_id VARBINARY(255) NOT NULL,
    action VARCHAR(32) NOT NULL,
    actor VARBINARY(255) NOT NULL,
    request_id VARBINARY(64) NOT NULL,
    acted_at DATETIME(3) NOT NULL,
    before_value MEDIUMTEXT NULL,
    after_value MEDIUMTEXT NULL,
    PRIMARY KEY (id),
    KEY audit_logs_entity (entity, entity_id),
    KEY audit_logs_time (acted_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS idempotency (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    principal VARBINARY(255) NOT NULL,
    idempotency_key VARBINARY(255) NOT NULL,
    body_hash BINARY(32) NOT NULL,
    meeting_link VARBINARY(32) NOT NULL,
    session_id VARBINARY(255) NULL,
    request_id VARBINARY(64) NOT NULL,
    done BOOLEAN NOT NULL DEFAULT FALSE,
    leased_until DATETIME(3) NOT NULL,
    created_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY idempotency_key (principal, idempotency_key),
    KEY idempotency_created (created_on)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;
