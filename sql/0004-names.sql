-- Verified names, and how names look.
--
-- grants.verified, attendees.verified: the name comes from an invite with a name, or from a token of the API that is not
-- bound to a meeting. The person did not choose it.
-- grants.name_shape, grants.name_folded: how the name looks (base/visible_text.h), as digests in hex; NULL: unknown.

ALTER TABLE grants ADD COLUMN verified BOOLEAN NOT NULL DEFAULT FALSE AFTER name;

ALTER TABLE grants ADD COLUMN name_shape VARBINARY(32) NULL AFTER verified;

ALTER TABLE grants ADD COLUMN name_folded VARBINARY(32) NULL AFTER name_shape;

ALTER TABLE attendees ADD COLUMN verified BOOLEAN NOT NULL DEFAULT FALSE AFTER name;

ALTER TABLE grants ADD KEY grants_verified (session_id, verified);
