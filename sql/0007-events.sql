-- stamped_at: the provider's own time of an opening or an end. joined_at and ended_at are never after the receipt of the
-- event. A repeated event is recognised by stamped_at. NULL: the service itself wrote the row, or the row is older than
-- this column (then joined_at and ended_at are the provider's own time).

ALTER TABLE connections ADD COLUMN stamped_at DATETIME(6) NULL AFTER joined_at;

ALTER TABLE connections ADD UNIQUE KEY connections_stamp (session_id, connection_id, stamped_at);

ALTER TABLE connection_ends ADD COLUMN stamped_at DATETIME(6) NULL AFTER ended_at;

ALTER TABLE connection_ends ADD UNIQUE KEY connection_ends_stamp (session_id, scope, end_key, stamped_at);
