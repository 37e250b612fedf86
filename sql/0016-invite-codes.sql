-- Short links: https://HOST/j/LINK#CODE. The code stands for an invite.
--
-- code: SHA-256 of the code; the code itself is nowhere. invite, role, name, created_on and expires_at are what the
-- invite's token says (name NULL: the invite names nobody). The tenant is the meeting's.

CREATE TABLE IF NOT EXISTS invite_codes (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    code BINARY(32) NOT NULL,
    session_id VARBINARY(255) NOT NULL,
    invite VARBINARY(255) NOT NULL,
    role TINYINT UNSIGNED NOT NULL,
    name VARCHAR(255) NULL,
    created_on DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY invite_codes_code (code),
    KEY invite_codes_session (session_id, invite),
    KEY invite_codes_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;
