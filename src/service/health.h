/* Health: are the parts of the service well? */
#ifndef CONFAB_SERVICE_HEALTH_H
#define CONFAB_SERVICE_HEALTH_H

#include "service/service.h"

enum {
	PART_MESSAGE_MAX = ERROR_MESSAGE_MAX,
};

/* What was found out; "" for a part that is well. */
struct health {
	char database[PART_MESSAGE_MAX];
	char provider[PART_MESSAGE_MAX];
	enum software_state software;
	bool recordings_low;
};
/* What the last look found, by any worker, or a new look. False: another worker is looking, for the
 * first time since long. */
bool health_find(struct service *service, struct arena *arena, struct health *health);

#endif
