/* The service: opens and closes the parts that all use cases work with. */
#include "service/service.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "provider/turn.h"
#include "service/visit.h"

/* A network may try 60 wrong codes at once, then one a second: a school that opens a deleted
 * meeting's link gets the right answer. The codes need no more: they have 80 bits. */
#define WRONG_CODES_BURST    60
#define WRONG_CODES_INTERVAL SECOND

/* The name of a shared file beside the counters' file; "": none. The next call overwrites it. */
static const char *shared_name(const struct config *config, const char *name)
{
	static char file[4096];

	if (*config->metrics_file == '\0' ||
	    (size_t)snprintf(file, sizeof file, "%s.%s", config->metrics_file, name) >= sizeof file)
		*file = '\0';
	return file;
}

/* Broken shared counters do not stop the service: each process then has its own. */
static void metrics_start(const struct config *config)
{
	struct error error = {0};

	if (metrics_open(config->metrics_file, &error))
		return;
	log_event("warning", "%s; this process counts for itself", error.message);
	error_clear(&error);
	if (!metrics_open("", &error))
		error_clear(&error);
}

static bool service_check(const struct config *config, struct error *error)
{
	enum { SERVICE_SECRET_MIN = 32 };
	size_t base = strlen(config->base_path);

	if (strlen(config->service_secret) < SERVICE_SECRET_MIN)
		return error_set(error, ERROR_INTERNAL, "SERVICE_SECRET: must be at least %d bytes",
		    SERVICE_SECRET_MIN);
	if (base > 0 && (config->base_path[0] != '/' || config->base_path[base - 1] == '/'))
		return error_set(
		    error, ERROR_INTERNAL, "BASE_PATH: must start with / and not end with it");
	if (strncmp(config->public_url, "http://", 7) != 0 &&
	    strncmp(config->public_url, "https://", 8) != 0)
		return error_set(
		    error, ERROR_INTERNAL, "PUBLIC_URL: must start with http:// or https://");
	if (strchr(strstr(config->public_url, "://") + 3, '/') != NULL)
		return error_set(error, ERROR_INTERNAL,
		    "PUBLIC_URL: must be scheme, host and port alone (a path goes into BASE_PATH)");
	return visit_check_settings(config, error) && turn_check(config, error);
}

static bool provider_choose(struct service *service, struct error *error)
{
	service->provider = provider_find(service->config.provider);
	return service->provider != NULL ||
	       error_set(error, ERROR_INTERNAL, "PROVIDER: there is no provider of that name");
}

static bool provider_open(struct service *service, struct error *error)
{
	return service->provider->open(&service->config, &service->provider_state, error);
}

bool service_prepare_provider(struct service *service, struct error *error)
{
	return provider_choose(service, error) && provider_open(service, error);
}

void service_prepare_database(struct service *service, int64_t limit)
{
	service->db = db_new(&service->config);
	db_statement_limit(service->db, limit);
}

bool service_prepare(struct service *service, struct error *error)
{
	if (!provider_choose(service, error) || !service_check(&service->config, error) ||
	    !provider_open(service, error))
		return false;
	service->db = db_new(&service->config);
	service->http_client = http_client_new();
	return true;
}

void service_deadline_start(struct service *service)
{
	db_deadline_start(service->db);
}

bool service_open(struct service *service, struct error *error)
{
	if (!service_prepare(service, error))
		return false;
	metrics_start(&service->config);
	service->health = shared_result_open(shared_name(&service->config, "health"));
	service->gate = shared_result_open(shared_name(&service->config, "gate"));
	service->wrong_codes = rate_limit_open(shared_name(&service->config, "wrong-codes"),
	    WRONG_CODES_BURST, WRONG_CODES_INTERVAL, service->config.service_secret);
	return true;
}

void service_close(struct service *service)
{
	shared_result_close(service->health);
	shared_result_close(service->gate);
	rate_limit_close(service->wrong_codes);
	db_free(service->db);
	http_client_free(service->http_client);
	if (service->provider != NULL && service->provider_state != NULL)
		service->provider->close(service->provider_state);
	metrics_close();
	config_free(&service->config);
}
