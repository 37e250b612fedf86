/* Health: do the parts of the service work? */
#ifndef CONFAB_SERVICE_HEALTH_H
#define CONFAB_SERVICE_HEALTH_H

#include "service/service.h"

enum {
	PART_MESSAGE_MAX = ERROR_MESSAGE_MAX,
};

/* The error of each part; "" for a part that works. */
struct health {
	char database[PART_MESSAGE_MAX];
	char provider[PART_MESSAGE_MAX];
	enum software_state software;
	bool recordings_low;
};
/* Gives the result of the last check by any worker, or checks now. False if there is no recent
 * result and another worker is checking. */
bool health_find(struct service *service, struct arena *arena, struct health *health);

/* The free bytes for recordings; -1: this host does not keep recordings. */
int64_t recordings_free_bytes(const struct service *service);

#endif
