/* The service: the parts that live as long as the process. All use cases work with them. */
#ifndef CONFAB_SERVICE_SERVICE_H
#define CONFAB_SERVICE_SERVICE_H

#include <stdbool.h>

#include "base/config.h"
#include "base/http_client.h"
#include "base/rate_limit.h"
#include "base/shared_result.h"
#include "provider/provider.h"
#include "store/db.h"

/* The media server of the name that was looked up last (media_servers_place()). */
struct emitter {
	char name[MEDIA_SERVER_NAME_MAX + 1];
	char server[MEDIA_SERVER_NAME_MAX + 1];
	int64_t until; /* on the monotonic clock; look it up again then */
};

struct service {
	struct config config; /* the caller fills it in before service_prepare() */
	struct db *db;
	const struct provider *provider;
	void *provider_state;
	struct http_client *http_client; /* for storage targets */
	struct emitter emitter;
	struct shared_result *health; /* the last health check of any worker */
	struct shared_result *gate;   /* the media server whose gate failed last, for any worker */
	struct rate_limit *wrong_codes; /* of short links, of each network */
};

/* Makes the parts from the configuration. This uses no file and no server. The error names the
 * wrong setting. Call service_close() in any case. */
bool service_prepare(struct service *service, struct error *error);

/* The same, and counts in METRICS_FILE from then on. */
bool service_open(struct service *service, struct error *error);

/* Makes the database handle alone, for work that needs no other part. The server may take `limit`
 * microseconds for one statement. */
void service_prepare_database(struct service *service, int64_t limit);

/* Makes the provider alone, for work that needs no other part. The error names the wrong setting.
 */
bool service_prepare_provider(struct service *service, struct error *error);

/* Starts the deadline of a request, or of one step of a job. */
void service_deadline_start(struct service *service);

/* Frees the parts and the configuration. */
void service_close(struct service *service);

#endif
