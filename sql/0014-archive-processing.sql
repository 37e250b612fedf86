-- What is made of a recording, and how far that is.
--
-- output_mode: composed (everybody in one file) or individual (a file for each person and stretch).
-- progress: percent, while the archive is processing.
-- tracks: JSON array, one object for each person and stretch: file, attendee, screen, from and to (microseconds after
-- created_at), audio, video, sizes, orientations, pictures, size. NULL: not read yet, or removed.
-- failures: tries to process it that failed, since the last one that did something.
-- width, height: of the composed picture. strip: JSON object of its thumbnails: interval (ms), columns, rows, count,
-- width, height.

ALTER TABLE archives
    ADD COLUMN output_mode VARCHAR(16) NOT NULL DEFAULT 'composed',
    ADD COLUMN progress TINYINT UNSIGNED NULL,
    ADD COLUMN tracks MEDIUMTEXT NULL,
    ADD COLUMN failures TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN width SMALLINT UNSIGNED NULL,
    ADD COLUMN height SMALLINT UNSIGNED NULL,
    ADD COLUMN strip VARCHAR(255) NULL;
