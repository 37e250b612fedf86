/* Settings: environment variables, or the same names in a confab.conf; the environment wins. */
#ifndef CONFAB_BASE_CONFIG_H
#define CONFAB_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Every setting, read and checked. Text is never NULL: an absent setting is "" (or its default).
 * The table in config.c says what each is for; README and confab.conf(5) have the same table. */
struct config {
	/* database */
	const char *db_host, *db_socket, *db_user, *db_password, *db_database, *db_tls_ca;
	int64_t db_port;
	int64_t db_deadline; /* microseconds a request may spend on retries */
	/* the service */
	const char *provider, *public_url, *base_path, *service_secret, *cors_origins;
	int64_t workers;
	int64_t worker_max_requests;
	int64_t time_to_start; /* microseconds before its time at which a meeting opens */
	int64_t token_ttl;     /* microseconds a join token lives by default */
	int64_t
	    invite_ttl; /* microseconds an invite lives by default, from the meeting's time on */
	const char *metrics_file, *recordings_dir, *recordings_host, *host_name;
	int64_t recording_min_free; /* MiB */
	bool audit_log;
	int64_t retention, audit_retention; /* microseconds; 0: for ever */
	/* bearer tokens */
	const char *jwt_secret, *jwt_public_key_file, *jwt_issuer;
	bool jwt_allow_short_secret, jwt_require_exp;
	/* Janus */
	const char *janus_admin_url, *janus_admin_secret, *janus_admin_key, *janus_token_secret;
	const char *janus_event_user, *janus_event_password;
	const char *janus_dir;
	int64_t janus_room_publishers; /* most people who send at once in a room */
	int64_t janus_room_bitrate;    /* bits a second for one sender's video */
	const char *turn_urls, *turn_secret;
	int64_t provider_timeout; /* microseconds one call to the provider may take */
	/* recordings' storage */
	const char *storage_hosts, *aws_access_key, *aws_secret_key, *azure_account_key;
	bool storage_allow_http;
	char *owned; /* the text all of the above points into */
};

/* One row of the settings table. */
enum setting_kind { SETTING_TEXT, SETTING_SECRET, SETTING_INTEGER, SETTING_DURATION, SETTING_FLAG };
struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;            /* of the member in struct config */
	const char *preset;       /* the default, as it would be written; "" for none */
	int64_t minimum, maximum; /* of integers and durations, in the written unit */
	int64_t unit;             /* microseconds of one written unit, for durations */
	const char *purpose;      /* one line for people */
};

/* The table itself; `*count` gets its length. */
const struct setting *config_settings(size_t *count);

/* Reads the file named by CONFAB_CONF (or `preset_file` if that exists), then the environment over
 * it, and checks each value by itself. Any secret may be given as NAME_FILE, whose first line it
 * then is. On failure one line that names the setting. config_free() when done. */
bool config_load(struct config *config, const char *preset_file, struct error *error);
void config_free(struct config *config);

#endif
