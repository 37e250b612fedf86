/* Settings: environment variables, or the same names in confab.conf. The environment wins. */
#ifndef CONFAB_BASE_CONFIG_H
#define CONFAB_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* All settings, read and checked. Text is never NULL: a setting that is not given has its default,
 * or "". The table in config.c explains each setting; README and confab.conf(5) have the same
 * table. */
struct config {
	/* the database */
	const char *db_host, *db_socket, *db_user, *db_password, *db_database, *db_tls_ca;
	int64_t db_port;
	int64_t db_deadline; /* microseconds that a request may wait for the database */
	/* the service */
	const char *provider, *public_url, *base_path, *service_secret, *cors_origins;
	const char *brand_name, *brand_color, *brand_logo;
	int64_t workers;
	int64_t worker_max_requests;
	int64_t time_to_start; /* microseconds; a meeting opens so long before its time */
	int64_t token_ttl;     /* microseconds; the default life of a join token */
	int64_t invite_ttl;    /* the same of an invite, from the meeting's time on */
	const char *metrics_file, *recordings_dir, *recordings_host, *host_name;
	const char *media_server;      /* the name of this host's media server */
	int64_t recording_min_free;    /* MiB */
	int64_t recording_idle;        /* microseconds; 0: never */
	int64_t recording_keep_tracks; /* microseconds */
	bool recording_live;
	int64_t recording_live_load; /* percent */
	const char *archive_format;  /* "mp4" or "webm" */
	const char *ffmpeg_dir;
	bool audit_log;
	int64_t retention, audit_retention, archive_retention; /* microseconds; 0: for ever */
	/* bearer tokens */
	const char *jwt_secret, *jwt_public_key_file, *jwt_issuer;
	bool jwt_allow_short_secret, jwt_require_exp;
	/* Janus */
	const char *janus_admin_url, *janus_admin_secret, *janus_admin_key, *janus_token_secret;
	const char *janus_event_user, *janus_event_password;
	const char *janus_dir;
	int64_t janus_room_publishers; /* people who may send at the same time in one room */
	int64_t janus_room_bitrate; /* bits per second of one sender's video, all sizes together */
	const char *turn_urls, *turn_secret;
	int64_t provider_timeout; /* microseconds for one call to the provider */
	/* the signalling gate */
	const char *gate_listen, *gate_control, *gate_janus, *gate_pool_url, *gate_state_dir;
	const char *gate_tls_ca;
	const char *gate_join_key, *gate_secret;
	int64_t gate_rate, gate_burst, gate_trickle_burst;
	int64_t gate_handles;
	int64_t gate_participant_max, gate_attendee_max, gate_nameless_max;
	int64_t gate_message_max, gate_jsep_max, gate_backlog_max; /* bytes */
	int64_t gate_keep;  /* microseconds a connection without its WebSocket is kept */
	int64_t gate_hello; /* microseconds a new connection may stay nameless */
	/* storage of recordings */
	const char *storage_hosts, *aws_access_key, *aws_secret_key, *azure_account_key;
	bool storage_allow_http;
	int64_t
	    storage_stall; /* microseconds without a byte after which a transfer counts as lost */
	int64_t upload_retry; /* microseconds an upload is tried again */
	char *owned;          /* the memory of all text above */
};

/* One row of the settings table. */
enum setting_kind { SETTING_TEXT, SETTING_SECRET, SETTING_INTEGER, SETTING_DURATION, SETTING_FLAG };
struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;            /* of the member of struct config */
	const char *preset;       /* the default as an operator would write it; "" for none */
	int64_t minimum, maximum; /* for integers and durations, in the unit of the setting */
	int64_t unit;             /* for durations: microseconds in one unit of the setting */
	const char *purpose;      /* one line for operators */
};

/* Gives the table of settings; `*count` is its length. */
const struct setting *config_settings(size_t *count);

/* Reads the file that CONFAB_CONF names, or else `preset_file` if it exists. Then reads the
 * environment, which wins over the file. Checks each value. A secret may be given as NAME_FILE, the
 * name of a file: the secret is the first line. On failure the error is one line that names the
 * setting. The caller ends with config_free(). */
bool config_load(struct config *config, const char *preset_file, struct error *error);
void config_free(struct config *config);

#endif
