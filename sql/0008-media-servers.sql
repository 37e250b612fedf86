-- Media servers: each has a row; a meeting is placed on one of them, and a connection is on one.
--
-- media_servers.control_url, .public_url: NULL is what the settings of the host that reads it say (JANUS_ADMIN_URL, and
-- /rtc beside PUBLIC_URL): so it is on one machine.
-- media_servers.state: active, draining (takes no new meetings) or lost (does not answer).
-- media_servers.epoch: when the server last started, in microseconds. What it was told before, it has forgotten.
-- media_servers.named: an event has come from a server that calls itself by this name. Until then the events of an only
-- server are taken for its own however it calls itself (its configuration may be older than this); from then on not: a
-- second server may have been started before it was added.
-- media_servers.load_permille: how busy it is, to be compared with the others.
-- media_servers.failures: calls of control_url that failed, one after the other.
--
-- meetings.server: NULL until the first token is asked for.
-- connections.server, and connection_ends.end_key of the scopes 3 (a room) and 4 (a server): the server's name.
--
-- What is older than this has no server (in end_key: ''). A running meeting or a connection without one is on the first
-- server, the one with the least id: there was only one. An end with '' covers all servers, as it did.

CREATE TABLE IF NOT EXISTS media_servers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    name VARBINARY(64) NOT NULL,
    provider VARCHAR(16) NOT NULL,
    control_url VARCHAR(255) NULL,
    public_url VARCHAR(255) NULL,
    state VARCHAR(16) NOT NULL DEFAULT 'active',
    epoch BIGINT NOT NULL DEFAULT 0,
    named BOOLEAN NOT NULL DEFAULT FALSE,
    load_permille BIGINT UNSIGNED NOT NULL DEFAULT 0,
    failures INT UNSIGNED NOT NULL DEFAULT 0,
    heartbeat DATETIME(3) NULL,
    created_on DATETIME(3) NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY media_servers_name (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

ALTER TABLE meetings ADD COLUMN server VARBINARY(64) NULL;

ALTER TABLE connections ADD COLUMN server VARBINARY(64) NULL;
