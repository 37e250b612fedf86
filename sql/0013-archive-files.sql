-- The files of a recording, and their objects in a remote storage.
--
-- path: the file's name in the archive's folder. kind: composed, poster, thumbnails, chapters, track.
-- local_copy: the host of the archive (archives.host) has the file.
-- object: the object's name, written before the first byte is sent: so what is deleted is known. NULL: none.
-- upload_id: an upload in parts that has begun and not finished.
-- sha256: of the file that is the object; uploaded_at: when the object was compared with the file.
-- fault, fault_text, faulty_since: why the last try failed, and since when tries fail. given_up: nothing tries any more.
--
-- archives.storage, which is older: the storage target of the archive as JSON, as it was when the recording began; NULL:
-- its files stay on its host.

CREATE TABLE IF NOT EXISTS archive_files (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    archive_id VARBINARY(255) NOT NULL,
    path VARBINARY(255) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    content_type VARCHAR(100) NOT NULL,
    size BIGINT UNSIGNED NOT NULL,
    local_copy BOOLEAN NOT NULL DEFAULT TRUE,
    object VARBINARY(600) NULL,
    upload_id VARBINARY(2048) NULL,
    sha256 VARBINARY(64) NULL,
    uploaded_at DATETIME(3) NULL,
    fault VARCHAR(16) NULL,
    fault_text VARCHAR(500) NULL,
    faulty_since DATETIME(3) NULL,
    given_up BOOLEAN NOT NULL DEFAULT FALSE,
    created_on DATETIME(3) NOT NULL,
    modified_on DATETIME(3) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY archive_files_path (archive_id, path),
    KEY archive_files_faulty (faulty_since)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;
