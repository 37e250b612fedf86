/* What the gate remembers by itself for a day, in a file that survives its restart: who was
 * admitted, who was removed, which meetings have ended. It decides by that when the service cannot
 * be asked. The file holds digests, no names. */
#ifndef CONFAB_GATE_LEDGER_H
#define CONFAB_GATE_LEDGER_H

#include "gate/gate.h"

enum ledger_entry {
	LEDGER_NONE,
	LEDGER_ADMITTED = 'A',
	LEDGER_REMOVED = 'R',
	LEDGER_ENDED = 'E', /* of a meeting as a whole */
};

/* Opens the file in GATE_STATE_DIR. NULL with the reason. */
struct ledger *ledger_open(struct gate *gate, struct error *error);
void ledger_close(struct ledger *ledger);

/* Notes it, on disk too. `attendee`: NULL for LEDGER_ENDED. */
void ledger_note(
    struct ledger *ledger, enum ledger_entry entry, const char *room, const char *attendee);

/* What was noted last of this person, or the end of the meeting. */
enum ledger_entry ledger_find(struct ledger *ledger, const char *room, const char *attendee);

#endif
