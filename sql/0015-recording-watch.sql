-- Only while an archive is being recorded, and nothing of it is written yet:
-- silent_since: media comes at least since then. NULL: none comes, or nobody has looked yet.
-- silent_bytes: what the media server had received when somebody looked last.

ALTER TABLE archives
    ADD COLUMN silent_since DATETIME(6) NULL,
    ADD COLUMN silent_bytes BIGINT NULL;
