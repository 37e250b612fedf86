-- The waiting room.
--
-- meetings.access: open, waitingRoom (who is new waits until a moderator admits them) or locked (nobody new).
-- grants.waiting_since: the person waits for a moderator since then; NULL: they do not. It counts for all roles.
-- grants.invite: the id of the invite that names nobody, with which a guest came. While the guest is banned, each
-- new person with this invite waits, in an open meeting as well.

ALTER TABLE meetings ADD COLUMN access VARCHAR(16) NOT NULL DEFAULT 'open';

ALTER TABLE grants ADD COLUMN waiting_since DATETIME(3) NULL;

ALTER TABLE grants ADD COLUMN invite VARBINARY(255) NULL;

ALTER TABLE grants ADD KEY grants_waiting (session_id, waiting_since);
