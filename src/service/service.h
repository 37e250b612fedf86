/* The service: the parts that live as long as the process, and that all use cases work with. */
#ifndef CONFAB_SERVICE_SERVICE_H
#define CONFAB_SERVICE_SERVICE_H

#include <stdbool.h>

#include "base/config.h"
#include "base/http_client.h"
#include "base/shared_result.h"
#include "provider/provider.h"
#include "store/db.h"

/* Which media server it was that called itself so, as looked up last. */
struct emitter {
	char name[MEDIA_SERVER_NAME_MAX + 1];
	char server[MEDIA_SERVER_NAME_MAX + 1];
	int64_t until; /* on the monotonic clock: it may be another one then */
};

struct service {
	struct config config; /* filled in by the caller before service_prepare() */
	struct db *db;
	const struct provider *provider;
	void *provider_state;
	struct http_client *http_client; /* for storage targets */
	struct emitter emitter;
	struct shared_result *health; /* of the last look at the parts, by any worker */
	struct shared_result *gate;   /* the media server whose gate failed last, for any worker */
};

/* Makes the parts from the configuration, without touching a file or a server. The error names the
 * setting that is wrong. service_close() in any case. */
bool service_prepare(struct service *service, struct error *error);

/* The same, and counts in METRICS_FILE from now on. */
bool service_open(struct service *service, struct error *error);

/* Makes the database's handle alone, for work that needs no more. The server may take `limit`
 * microseconds for one statement. */
void service_prepare_database(struct service *service, int64_t limit);

/* Makes the provider alone, for work that needs no more. The error names the setting. */
bool service_prepare_provider(struct service *service, struct error *error);

/* Starts the clock of a request, or of a step of a job: all that follows shares one deadline. */
void service_deadline_start(struct service *service);

/* Frees the parts and the configuration. */
void service_close(struct service *service);

#endif
